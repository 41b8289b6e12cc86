"""How long does it take to find the specimens of a page, and to cut them?

A drawn page of 3300 x 4800 px with 36 specimens, dust, a scratch and the scanner bed, in memory, one core.
Baseline: threshold, label at full resolution, boxes by size; one Pillow crop and resize per specimen. Both
find all 36; the baseline works only on a clean page, which is what it gets. Median and best of N.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from data_prep.specimens.detect import find_specimens
from data_prep.specimens.tiles import specimen_tiles

WIDTH_PX, HEIGHT_PX, ROWS, COLS = 3300, 4800, 9, 4
CROP_PX, TILE_PX = 384, 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    repeats = parser.parse_args().repeats
    print("| page | find, s: median | best | plain, s: median | best |")
    print("| --- | --- | --- | --- | --- |")
    for name, dirty in (("clean", False), ("bed, dust, scratch", True)):
        page = draw_page(dirty=dirty)
        found, plain = find_specimens(page), find_plainly(page)
        assert len(found) == ROWS * COLS, len(found)
        assert dirty or len(plain) == ROWS * COLS, len(plain)
        ours = seconds(lambda page=page: find_specimens(page), repeats)  # type: ignore[misc]
        theirs = seconds(lambda page=page: find_plainly(page), repeats)  # type: ignore[misc]
        numbers = [f"{f(times):.3f}" for times in (ours, theirs) for f in (statistics.median, min)]
        note = "" if len(plain) == ROWS * COLS else f" (finds {len(plain)})"
        print(f"| {name} | {' | '.join(numbers)}{note} |", flush=True)
    page = draw_page(dirty=False)
    found = find_specimens(page)
    options = {"name": "page", "crop_px": CROP_PX, "tile_px": TILE_PX}

    def cut() -> None:
        list(specimen_tiles(page, found.boxes_px, found.centers_px, **options))  # type: ignore[arg-type]

    def cut_plainly() -> None:
        for x, y in found.centers_px:
            half = CROP_PX / 2
            crop = Image.fromarray(page[..., 0]).crop((x - half, y - half, x + half, y + half))
            np.asarray(crop.resize((TILE_PX, TILE_PX), Image.Resampling.BOX))

    rates = [ROWS * COLS / min(seconds(way, repeats)) for way in (cut, cut_plainly)]
    print(f"\ntiles of {CROP_PX} to {TILE_PX} px: {rates[0]:.0f}/s; plainly {rates[1]:.0f}/s")


def draw_page(*, dirty: bool) -> np.ndarray:
    """uint8 [H, W, 1]: stars of lines with rings, on paper with grain."""
    rng = np.random.default_rng(0)
    image = Image.new("L", (WIDTH_PX, HEIGHT_PX), 30 if dirty else 238)
    draw = ImageDraw.Draw(image)
    margin = 90 if dirty else 0
    draw.rectangle([margin, margin, WIDTH_PX - margin, HEIGHT_PX - margin], fill=238)
    for row in range(ROWS):
        for col in range(COLS):
            x = (col + 0.5) * WIDTH_PX / COLS + rng.uniform(-30, 30)
            y = (row + 0.5) * HEIGHT_PX / ROWS + rng.uniform(-30, 30)
            radius, rays = rng.uniform(110, 180), int(rng.integers(5, 12))
            for fraction in (1, 0.7, 0.35):
                r = radius * fraction
                draw.ellipse([x - r, y - r, x + r, y + r], outline=25, width=4)
            for ray in range(rays):
                turn = 2 * math.pi * ray / rays
                draw.line(
                    [(x, y), (x + radius * math.cos(turn), y + radius * math.sin(turn))], fill=25, width=4
                )
    if dirty:
        draw.line([(1100, 0), (1130, HEIGHT_PX)], fill=60, width=3)
        for x, y in rng.uniform((0, 0), (WIDTH_PX, HEIGHT_PX), (200, 2)):
            draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=50)
    grain = rng.normal(0, 3, (HEIGHT_PX, WIDTH_PX))
    return np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8)[..., None]


def find_plainly(page: np.ndarray) -> list[tuple[slice, ...]]:
    """Boxes of connected ink at full resolution of at least 50 px."""
    labels, _ = ndimage.label(page[..., 0] < 160, np.ones((3, 3)))
    return [
        box
        for box in ndimage.find_objects(labels)
        if min(box[0].stop - box[0].start, box[1].stop - box[1].start) >= 50
    ]


def seconds(way: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each of `repeats` runs, after one warm-up."""
    way()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        way()
        taken.append(time.perf_counter() - start)
    return taken


if __name__ == "__main__":
    main()
