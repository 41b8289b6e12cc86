"""How fast are canvases and flights, and how much memory does a page of 10,000 x 10,000 px take?

An untrained network of preset demo. In turns in one process: 512 images of 64 px, and a canvas of 1920 x
1080, px per second of wall and of CPU time; then frames of 1280 x 720 px that are each drawn whole, of a
straight flight, and of one that turns and zooms. Last, in a process of its own, a page of 10,000 x 10,000
px written as PNG or, with --suffix .tif, as TIFF, with the peak of its resident memory. --page-px 2000 for
a smaller page, --flights-only for the flights.

    python benchmarks/canvas.py
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np

from animate.flight import Flight
from animate.flight_config import FlightConfig
from configs.gan.demo import CONFIG
from data_prep.progress import no_progress
from gan.canvas.pages import iter_strips
from gan.canvas.samples import write_samples
from gan.canvas.size import CanvasSize
from gan.families import build
from gan.sample import Generator, sample_images

ROUNDS, IMAGES = 3, 512
CELL_PX = 8  # of the preset
SIZE_PX = (1080, 1920)
FRAMES = 30  # of a flight: a second, in which a column of tiles comes into view
FLIGHTS = {
    "straight, 200 px/s": FlightConfig(pan=200.0),
    "turns by 10 degrees, zoom 1.2": FlightConfig(pan=200.0, turn=10.0, zoom=1.2),
}


def untrained() -> Generator:
    """The generator of preset demo with initial weights."""
    family = build(CONFIG, (64, 64, 1))
    return Generator(family, jax.jit(family.init_generator)(jax.random.key(0)), "untrained", nimg=0)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU time of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def speed_row() -> str:
    """Mpx/s of images and of a canvas, and the ratios, as a row."""
    generator = untrained()
    z = jax.random.normal(jax.random.key(1), (IMAGES, generator.z_dim))
    size = CanvasSize(*SIZE_PX, CELL_PX)

    def images() -> None:
        for _ in sample_images(generator.family, generator.params, z):
            pass

    def canvas() -> None:
        for _ in iter_strips(generator, 0, size):
            pass

    for warm_up in (images, canvas):
        warm_up()
    times = np.array([[seconds(images), seconds(canvas)] for _ in range(ROUNDS)]).min(axis=0)
    px = np.array([IMAGES * 64 * 64, SIZE_PX[0] * SIZE_PX[1]])
    wall, cpu = (px[:, None] / times / 1e6).T
    return (
        f"| {wall[0]:.3f} | {wall[1]:.3f} | {wall[1] / wall[0]:.2f} "
        f"| {cpu[0]:.3f} | {cpu[1]:.3f} | {cpu[1] / cpu[0]:.2f} |"
    )


def flight_rows() -> list[str]:
    """Frames/s and Mpx/s of canvases of 1280 x 720 px, one per frame, and of flights, as rows."""
    generator, size = untrained(), CanvasSize(720, 1280, CELL_PX)

    def canvas() -> None:
        for _ in iter_strips(generator, 0, size):
            pass

    def flown(config: FlightConfig) -> tuple[float, float]:
        flight = Flight(generator, config, seed=0)
        flight.frame(0)  # draws the whole view; the other frames draw what comes into it
        return seconds(lambda: list(flight.frames(range(1, 1 + FRAMES))))

    canvas()
    rates = {"every frame drawn whole": 1 / np.min([seconds(canvas) for _ in range(ROUNDS)], axis=0)}
    for name, config in FLIGHTS.items():
        rates[name] = FRAMES / np.min([flown(config) for _ in range(2)], axis=0)
    px, whole = size.height_px * size.width_px / 1e6, rates["every frame drawn whole"][1]
    return [
        f"| {name} | {wall:.2f} | {wall * px:.2f} | {cpu:.2f} | {cpu / whole:.1f} |"
        for name, (wall, cpu) in rates.items()
    ]


def page(side_px: int, suffix: str) -> str:
    """Seconds, peak memory and size of a page, as a row."""
    started, size = time.perf_counter(), CanvasSize(side_px, side_px, CELL_PX)
    with tempfile.TemporaryDirectory() as folder:
        write_samples(
            untrained(),
            [0],
            Path(folder),
            size=size,
            tileable=False,
            truncation=1.0,
            suffix=suffix,
            grid=False,
            progress=no_progress,
        )
        written = sum(path.stat().st_size for path in Path(folder).iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # KB on Linux
    return f"| {size} | {time.perf_counter() - started:.0f} | {peak:.2f} | {written / 1e6:.0f} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page-px", type=int, default=10_000)
    parser.add_argument("--suffix", default=".png", choices=(".png", ".tif"))
    parser.add_argument("--page-only", action="store_true")
    parser.add_argument("--flights-only", action="store_true")
    options = parser.parse_args()
    if options.page_only:
        print(page(options.page_px, options.suffix))
        return 0
    device = jax.devices()[0]
    print(f"{device.platform} ({device.device_kind}), {os.cpu_count()} cores, jax {jax.__version__}\n")
    if not options.flights_only:
        print("| 64 px images, Mpx/s | canvas 1920x1080 | ratio | 64 px, per CPU second | canvas | ratio |")
        print("| --- | --- | --- | --- | --- | --- |")
        print(speed_row(), flush=True)
    print("\n| 1280 x 720 px | frames/s | Mpx/s | frames per CPU second | to drawing each |")
    print("| --- | --- | --- | --- | --- |")
    print("\n".join(flight_rows()), flush=True)
    if options.flights_only:
        return 0
    print("\n| page | s | peak memory, GB | file, MB |\n| --- | --- | --- | --- |", flush=True)
    words = [sys.executable, __file__, "--page-only", "--page-px", str(options.page_px)]
    words += ["--suffix", options.suffix]
    return subprocess.run(words).returncode


if __name__ == "__main__":
    sys.exit(main())
