"""How much does colouring a video cost per frame, compared with filling each frame independently?

Moving gray webs as on the sample pages, on the default device. Tracking (labels, overlaps with the previous
frame, matching on the host) and colouring are measured in turns with the plain fill of the same frames; ms
per frame, minimum of the rounds. `labels` and `overlap` time the two device stages of tracking separately;
overlaps are computed in both directions.
"""

import argparse
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images.resize import resize
from examples.draw_pages import draw_hand, draw_web
from fill.config import BlobConfig, VideoConfig
from fill.overlap import partners_both_ways
from fill.palette import from_hex
from fill.parallel import reuse_freed_memory
from fill.pipeline import fill_blob
from fill.regions import find_regions, table_capacity
from fill.video.recolor import color, track

FRAMES = 24
BATCH = 8
PALETTE = from_hex(["#0f2a3d", "#2f7f86", "#f3ead3", "#e08e45", "#c2452d", "#7a1f2b"])


def main() -> None:
    """Print a row per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    reuse_freed_memory()
    print(f"{jax.devices()[0].device_kind}, {FRAMES} frames, batches of {BATCH}\n")
    cells = ["px", "tracks", "follow, ms", "colour", "both", "fill alone", "ratio", "labels", "overlap"]
    print(f"| {' | '.join(cells)} |\n{'| --- ' * len(cells)}|")
    rng = np.random.default_rng(0)
    ink = draw_web(rng, draw_hand(rng), 2048, 2048, scale=1.0)
    page = (255 * (1 - np.clip(ink, 0, 1))).astype(np.uint8)[..., None]
    for size in options.sizes:
        print(row(resize(page, size, size), options.rounds), flush=True)


def row(web: np.ndarray, rounds: int) -> str:
    """Measure videos of one size; `web` uint8 [H, W, 1] is the drawing that moves."""
    gray = web[..., :1]
    sway = [round(4 * np.sin(2 * np.pi * i / FRAMES)) for i in range(FRAMES)]
    frames = [np.roll(gray, shift, axis=0) for shift in sway]
    stack = jnp.asarray(np.stack(frames))
    config, key = VideoConfig(), jax.random.key(0)
    tracking = track(lambda: iter(frames), PALETTE, config, batch=BATCH)
    labels = find_regions(stack[:2], config)
    capacity = table_capacity(int(jnp.max(labels)))
    overlap = jax.jit(partners_both_ways, static_argnames="capacity")

    def alone() -> list[np.ndarray]:
        parts = (stack[i : i + BATCH] for i in range(0, FRAMES, BATCH))
        return [np.asarray(fill_blob(key, part, PALETTE, BlobConfig())) for part in parts]

    best = fastest(
        {
            "follow": lambda: track(lambda: iter(frames), PALETTE, config, batch=BATCH),
            "color": lambda: list(color(lambda: iter(frames), tracking, config, batch=BATCH)),
            "alone": alone,
            "labels": lambda: [find_regions(stack[i : i + 1], config) for i in range(FRAMES)],
            "overlap": lambda: [overlap(labels[0], labels[1], capacity=capacity) for _ in range(FRAMES)],
        },
        rounds,
    )
    both = best["follow"] + best["color"]
    shown = [best["follow"], best["color"], both, best["alone"]]
    cells = [f"{web.shape[0]}", f"{len(tracking.colors) - 1}", *(f"{cell:.1f}" for cell in shown)]
    cells += [f"{both / best['alone']:.2f}", f"{best['labels']:.1f}", f"{best['overlap']:.1f}"]
    return f"| {' | '.join(cells)} |"


def fastest(rivals: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Milliseconds per frame of each, minimum of the rounds, after one warm-up round."""
    times: dict[str, list[float]] = {name: [] for name in rivals}
    for turn in range(rounds + 1):
        for name, run in rivals.items():
            begun = time.perf_counter()
            jax.block_until_ready(run())
            if turn:
                times[name].append((time.perf_counter() - begun) * 1e3 / FRAMES)
    return {name: min(taken) for name, taken in times.items()}


if __name__ == "__main__":
    main()
