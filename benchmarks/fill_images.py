"""How many drawings per second does fill colour, compared with SciPy and OpenCV?

Batches of 8 drawn webs of cells, grayscale; every implementation goes from the drawing to RGB colours,
image by image. SciPy: label, exact distance transform with indices, colours by indexing; the same pixels as
ours, except ties. OpenCV: connectedComponents for the count, distanceTransformWithLabels (5 x 5,
approximate) for the labels, colours by indexing. The three run in turns; minimum and median of the rounds
in ms per image, ratios of the minima. The second table times the stages by running the fill up to each of
them.

    taskset -c 0 python benchmarks/fill_images.py   one core
    python benchmarks/fill_images.py --pages DIR    crops of scans instead of drawn webs
    python benchmarks/fill_images.py --cores        one core compared with all of them

With --cores, the fill alone: restricted to one core; on all of them with the batch in one call (as far as
XLA parallelises it); and as fill_blob does it, with a part of the batch for each core. Ratios are to one
core.
"""

import argparse
import contextlib
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy import ndimage
from scipy.spatial import cKDTree

from data_prep.images import list_images, read_image
from fill import bitmap, pipeline
from fill.blend import blend
from fill.components import label_regions
from fill.config import BlobConfig
from fill.lines import nearest_region
from fill.palette import draw_colors, from_hex, paint
from fill.parallel import over_cores, reuse_freed_memory
from fill.pipeline import fill_blob

SIZES_PX = (256, 512, 1024)
BATCH = 8
THRESHOLD = BlobConfig().fixed_threshold
PALETTE = from_hex(["#0f2a3d", "#2f7f86", "#f3ead3", "#e08e45", "#c2452d", "#7a1f2b"])


def draw_web(size_px: int, seed: int, *, cell_px: int = 64, line_px: float = 4.0) -> np.ndarray:
    """Cells of uneven size between wobbly antialiased lines: uint8 [size_px, size_px, 1]."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(0, size_px, ((size_px // cell_px) ** 2, 2))
    at = np.moveaxis(np.indices((size_px, size_px), float), 0, -1)
    for axis in (0, 1):
        noise = ndimage.gaussian_filter(rng.normal(size=(size_px, size_px)), cell_px / 4)
        at[..., axis] += noise / noise.std() * cell_px / 16
    distance, cell = cKDTree(centers).query(at, k=2)
    apart = np.linalg.norm(centers[cell[..., 0]] - centers[cell[..., 1]], axis=-1)
    to_border = (distance[..., 1] ** 2 - distance[..., 0] ** 2) / (2 * apart)
    return (np.clip(to_border - line_px / 2 + 0.5, 0, 1) * 255).astype(np.uint8)[..., None]


def cut_pages(folder: Path, size_px: int) -> np.ndarray:
    """The centres of the first pages: uint8 [BATCH, size_px, size_px, 1]."""
    pages = (read_image(path, mode="gray") for path in list_images(folder)[:BATCH])
    cuts = []
    for page in pages:
        y, x = (side // 2 - size_px // 2 for side in page.shape[:2])
        cuts.append(page[y : y + size_px, x : x + size_px])
    return np.stack([cuts[i % len(cuts)] for i in range(BATCH)])


def with_scipy(images: np.ndarray) -> list[np.ndarray]:
    """Label, exact distance transform, lookup."""
    filled = []
    for image in images[..., 0]:
        labels, count = ndimage.label(image > THRESHOLD)
        y, x = ndimage.distance_transform_edt(labels == 0, return_distances=False, return_indices=True)
        filled.append(_random_colors(count)[labels[y, x]])
    return filled


def with_opencv(images: np.ndarray) -> list[np.ndarray]:
    """connectedComponents, distanceTransformWithLabels, lookup."""
    filled = []
    for image in images[..., 0]:
        paper = (image > THRESHOLD).view(np.uint8)
        count, _ = cv2.connectedComponents(paper, connectivity=4)
        _, labels = cv2.distanceTransformWithLabels(1 - paper, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP)
        filled.append(_random_colors(count)[labels])
    return filled


def _random_colors(count: int) -> np.ndarray:
    return PALETTE[0, np.random.default_rng(0).integers(0, PALETTE.shape[1], count + 1)]


def stages(images: np.ndarray, key: jax.Array) -> dict[str, Callable[[], object]]:
    """The fill, up to each stage; each returns one number per image."""

    def chain(image: jax.Array, until: int) -> jax.Array:
        paper = bitmap.paper(image, threshold=THRESHOLD)
        if until == 0:
            return jnp.sum(paper, dtype=jnp.int32)
        labels = label_regions(paper)
        if until == 1:
            return jnp.max(labels)
        colors = draw_colors(key, jnp.asarray(PALETTE), count=4095)
        nearest = nearest_region(labels)
        if until == 2:
            return jnp.max(nearest)
        filled = lax.optimization_barrier(paint(nearest, colors))
        if until == 3:
            return jnp.max(filled).astype(jnp.int32)
        return jnp.max(blend(filled)).astype(jnp.int32)

    def up_to(stage: int) -> Callable[[], jax.Array]:
        run = jax.jit(lambda images: lax.map(lambda image: chain(image, stage), images))
        return lambda: run(images)

    return {name: up_to(i) for i, name in enumerate(("paper", "regions", "lines", "colours", "blend"))}


def take_turns(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Milliseconds per image of each contender in each round, after one warm-up round."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            jax.block_until_ready(run())
            if turn:
                times[name].append((time.perf_counter() - start) * 1e3 / BATCH)
    return times


def contenders(images: np.ndarray, key: jax.Array) -> dict[str, Callable[[], object]]:
    """Functions from drawings on the host to colours on the host."""
    return {
        "inkloop": lambda: np.asarray(fill_blob(key, images, PALETTE, BlobConfig())),
        "blended": lambda: np.asarray(fill_blob(key, images, PALETTE, BlobConfig(blend=True))),
        "SciPy": lambda: with_scipy(images),
        "OpenCV": lambda: with_opencv(images),
    }


def compare_cores(images: np.ndarray, key: jax.Array, rounds: int) -> str:
    """A row: milliseconds per image on one core and on all, and the gain."""
    ids = np.arange(BATCH, dtype=np.uint32)

    def fill(parts: int | None) -> np.ndarray:
        return np.asarray(
            over_cores(
                lambda images, ids: pipeline._fill_batch(key, images, ids, PALETTE, BlobConfig()),
                images,
                ids,
                parts=parts,
            )
        )

    best = {
        name: min(times)
        for name, times in take_turns(
            {
                "one": lambda: restricted_to_one_core(lambda: fill(1)),
                "whole": lambda: fill(1),
                "parts": lambda: fill(None),
            },
            rounds,
        ).items()
    }
    gains = (best["one"] / best[name] for name in ("whole", "parts"))
    return " | ".join([*(f"{ms:.2f}" for ms in best.values()), *(f"{gain:.2f}" for gain in gains)])


def restricted_to_one_core(run: Callable[[], object]) -> object:
    """Run with all threads of this process on one core."""
    allowed = os.sched_getaffinity(0)

    def hold(cores: set[int]) -> None:
        # read again: threads started meanwhile are restricted too
        for thread in os.listdir("/proc/self/task"):
            with contextlib.suppress(ProcessLookupError):  # the thread has ended
                os.sched_setaffinity(int(thread), cores)

    try:
        hold({min(allowed)})
        return run()
    finally:
        hold(allowed)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=Path, help="folder of scans, each at least 1024 px on a side")
    parser.add_argument("--cores", action="store_true", help="one core compared with all of them")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cv2.setNumThreads(cores)
    reuse_freed_memory()
    device = jax.devices()[0].device_kind
    print(f"{cores} CPU cores ({platform.machine()}), jax on {device}, batches of {BATCH}, ms per image\n")
    key = jax.random.key(0)
    drawings = {size_px: draw(size_px, arguments.pages) for size_px in SIZES_PX}
    if arguments.cores:
        print_cores(drawings, key, arguments.rounds)
    else:
        print_contenders(drawings, key, arguments.rounds)


def draw(size_px: int, pages: Path | None) -> np.ndarray:
    """uint8 [BATCH, size_px, size_px, 1]."""
    if pages is not None:
        return cut_pages(pages, size_px)
    return np.stack([draw_web(size_px, seed) for seed in range(BATCH)])


def print_cores(drawings: dict[int, np.ndarray], key: jax.Array, rounds: int) -> None:
    """One core compared with all of them."""
    print("| px | one core | all, in one piece | all, in parts | ratio | ratio, in parts |")
    print("| --- " * 6 + "|")
    for size_px, images in drawings.items():
        print(f"| {size_px} | {compare_cores(images, key, rounds)} |", flush=True)


def print_contenders(drawings: dict[int, np.ndarray], key: jax.Array, rounds: int) -> None:
    """The fill compared with SciPy and OpenCV, and its stages."""
    names = ["px", "images/s", "inkloop, min / median", "blended", "SciPy", "OpenCV"]
    print(f"| {' | '.join([*names, 'SciPy ratio', 'OpenCV ratio'])} |")
    print("|---|---|---|---|---|---|---|---|")
    profile = []
    for size_px, images in drawings.items():
        times = take_turns(contenders(images, key), rounds)
        best = {name: min(taken) for name, taken in times.items()}
        shown = [f"{best[name]:.1f} / {statistics.median(taken):.1f}" for name, taken in times.items()]
        ratios = [f"{best[name] / best['inkloop']:.2f}" for name in ("SciPy", "OpenCV")]
        print(f"| {size_px} | {1e3 / best['inkloop']:.0f} | {' | '.join(shown + ratios)} |", flush=True)
        reached = [min(taken) for taken in take_turns(stages(images, key), rounds).values()]
        profile.append(f"| {size_px} | {' | '.join(f'{step:.1f}' for step in np.diff([0.0, *reached]))} |")
    print("\n| px | paper | regions | lines | colours | blend |\n|---|---|---|---|---|---|")
    print("\n".join(profile))


if __name__ == "__main__":
    main()
