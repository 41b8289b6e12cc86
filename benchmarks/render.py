"""Does a video take longer than the slower of generating and encoding, and than writing PNG files first?

Untrained networks of family progan (weights do not affect speed), bezier paths, H.264 at crf 18. Generating
ends with uint8 frames on the host; encoding starts from them. Rounds of the four are interleaved after a
warm-up; the best of each is reported. On a CPU both halves share the cores, so a video cannot be much
faster than one half after the other. Baseline: all frames are written as PNG, in as many threads as there
are cores, then ffmpeg encodes them. Time of paths: 100,000 frames of 512 dimensions, best of 5 after a
warm-up.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np

from animate.config import BezierConfig, PathConfig, PeriodConfig, PhaseConfig, VideoConfig
from animate.paths import PATHS
from animate.paths.path import LatentPath, make_path
from animate.render import render
from animate.video import make_video
from data_prep.video.codec import write_video
from data_prep.video.ffmpeg import finish
from gan.config import ProganConfig, TrainConfig
from gan.families import build
from gan.sample import Generator

ROUNDS = 3
ON_CPU = [
    (64, 2048, 64, 600),
    (256, 8192, 64, 96),
    (1024, 16384, 128, 12),
]  # px, channel_base, channel_max, frames
ON_GPU = [(256, 32768, 512, 1500), (512, 32768, 512, 900), (1024, 32768, 512, 450)]


def untrained(size_px: int, channel_base: int, channel_max: int) -> Generator:
    """A generator with initial weights."""
    network = ProganConfig(channel_base=channel_base, channel_max=channel_max)
    family = build(TrainConfig(network=network), (size_px, size_px, 1))
    return Generator(family, jax.jit(family.init_generator)(jax.random.key(0)), "untrained", nimg=0)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def video_row(size_px: int, channel_base: int, channel_max: int, count: int, folder: Path) -> str:
    """Frames/s of both halves and of the video, as a row."""
    generator = untrained(size_px, channel_base, channel_max)
    latent_path = make_path("bezier", BezierConfig(frames=count, latent_size=generator.z_dim), seed=0)
    frames = np.concatenate(list(render(generator, latent_path.latents)))
    work: list[Callable[[], object]] = [
        lambda: [None for _ in render(generator, latent_path.latents)],
        lambda: write_video(frames, folder / "half.mp4", fps=latent_path.fps),
        lambda: make_video(generator, latent_path, VideoConfig(folder / "whole.mp4", overwrite=True)),
        lambda: via_png_files(generator, latent_path, folder),
    ]
    for warm_up in work:
        warm_up()
    rounds = [[seconds(part) for part in work] for _ in range(ROUNDS)]
    drawing, encoding, whole, files = (count / np.min(rounds, axis=0)).tolist()
    in_turn = 1 / (1 / drawing + 1 / encoding)
    return (
        f"| {size_px} px, base {channel_base}, at most {channel_max} channels | {count} | {drawing:.1f} "
        f"| {encoding:.1f} | {whole:.1f} | {whole / min(drawing, encoding):.2f} | {whole / in_turn:.2f} "
        f"| {files:.1f} | {whole / files:.2f} |"
    )


def via_png_files(generator: Generator, latent_path: LatentPath, folder: Path) -> None:
    """Render to numbered PNG files, then encode them with ffmpeg."""
    make_video(generator, latent_path, VideoConfig(folder / "frames", overwrite=True))
    source = ["-framerate", str(latent_path.fps), "-i", str(folder / "frames" / "%06d.png")]
    out = ["-c:v", "libx264", "-preset", "medium", "-crf", "18", "-pix_fmt", "yuv420p", "-y"]
    finish([*source, *out, str(folder / "files.mp4")], folder / "files.mp4")


def path_row(style: str, config: PathConfig) -> str:
    """Milliseconds of a path, as a row."""

    def draw() -> None:
        PATHS[style][1](jax.random.key(0), config).block_until_ready()

    draw()
    best = min(seconds(draw) for _ in range(5))
    return f"| {style} | {best * 1e3:.0f} ms |"


def main() -> int:
    device = jax.devices()[0]
    print(f"{device.platform} ({device.device_kind}), {os.cpu_count()} cores, jax {jax.__version__}\n")
    print(
        "| network | frames | generating alone, frames/s | encoding alone | video "
        "| video / slower half | video / in sequence | via PNG | video / via PNG |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for network in ON_CPU if device.platform == "cpu" else ON_GPU:
            print(video_row(*network, Path(folder)), flush=True)
    print("\n| path, 100,000 x 512 | time |\n| --- | --- |")
    long: dict[str, Any] = {"frames": 100_000, "latent_size": 512}
    for style, config in [
        ("bezier", BezierConfig(**long)),
        ("phase", PhaseConfig(**long)),
        ("period", PeriodConfig(**long)),
    ]:
        print(path_row(style, config), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
