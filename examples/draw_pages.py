"""Draw sample pages: ink webs of closed cells with irregular pen lines, scanned on a dark bed.

    python examples/draw_pages.py --out PAGES

Deterministic in the seed. Lengths are px at 300 dpi and scale with `dpi`.
"""

import dataclasses
import math
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tyro
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.spatial import Voronoi, cKDTree

from data_prep.images import write_image
from data_prep.pages.adjustments import NAME, Adjustment, write_adjustments
from data_prep.pages.grid import cell_px
from data_prep.progress import Progress, no_progress, progress


@dataclasses.dataclass(frozen=True)
class Hand:
    """Parameters of one drawn and scanned page; lengths in px at 300 dpi."""

    cell_px: float  # mean diameter of a cell
    pen_px: float  # mean width of a line
    ink_rgb: tuple[float, float, float]
    paper_rgb: tuple[float, float, float]
    margins_px: tuple[float, float, float, float]  # width of the scanner bed left, top, right, bottom


def draw_pages(
    folder: Path,
    *,
    count: int = 4,
    seed: int = 0,
    dpi: float = 300,
    size_in: tuple[float, float] = (8.5, 11.0),
    progress: Progress = no_progress,
) -> tuple[int, int]:
    """Write 01.png, 02.png, ... and an adjustments.json that places the grid inside the paper.

    Args:
        folder: output folder.
        count: number of pages.
        seed: random seed; page i does not depend on `count`.
        dpi: resolution of the scans.
        size_in: (width, height) of the scans.
        progress: opens a progress bar.

    Returns:
        (rows, cols): cells of the grid that fit on the paper of every page.
    """
    height_px, width_px = round(size_in[1] * dpi), round(size_in[0] * dpi)
    hands = [draw_hand(np.random.default_rng([seed, i, 0])) for i in range(count)]
    cell, scale = cell_px(dpi), dpi / 300
    spans = [  # size of the paper in cells
        ((height_px - (top + bottom) * scale) / cell, (width_px - (left + right) * scale) / cell)
        for left, top, right, bottom in (hand.margins_px for hand in hands)
    ]
    rows, cols = (math.floor(min(side)) for side in zip(*spans, strict=True))
    names = [f"{i + 1:02d}.png" for i in range(count)]
    write_adjustments(
        folder / NAME,
        {
            name: Adjustment(
                (
                    round(hand.margins_px[0] * scale / cell + (span[1] - cols) / 2, 3),
                    round(hand.margins_px[1] * scale / cell + (span[0] - rows) / 2, 3),
                )
            )
            for name, hand, span in zip(names, hands, spans, strict=True)
        },
    )
    with progress(count, unit="page", label="draw") as bar:
        for i, (name, hand) in enumerate(zip(names, hands, strict=True)):
            rng = np.random.default_rng([seed, i, 1])
            write_image(
                folder / name, draw_page(rng, hand, height_px, width_px, scale=scale), dpi=dpi, png_level=1
            )
            bar.update()
    return rows, cols


def draw_hand(rng: np.random.Generator) -> Hand:
    """Draw random page parameters: pen, ink, paper and margins."""
    tint = rng.uniform(-1, 2.5)
    return Hand(
        cell_px=rng.uniform(86, 98),
        pen_px=rng.uniform(8.5, 10),
        ink_rgb=(30 + tint, 28, 36 - tint),
        paper_rgb=(244 + tint / 2, 238, 225 - tint),
        margins_px=tuple(rng.uniform(62, 104, 4)),
    )


def draw_page(
    rng: np.random.Generator, hand: Hand, height_px: int, width_px: int, *, scale: float
) -> np.ndarray:
    """Draw one scan: uint8 [height_px, width_px, 3]."""
    ink = draw_web(rng, hand, height_px, width_px, scale=scale)
    shape = (height_px, width_px)
    # Ink density varies along the lines and with the grain of the paper.
    ink *= np.clip(
        0.93 + 0.05 * smooth_noise(rng, shape, 260 * scale) + 0.05 * smooth_noise(rng, shape, 9 * scale), 0, 1
    )
    paper, shadow = lay_paper(hand, height_px, width_px, scale=scale)
    tone = 1 + 0.007 * smooth_noise(rng, shape, 500 * scale) + 0.004 * smooth_noise(rng, shape, 40 * scale)
    grain = gaussian_filter(rng.standard_normal(shape, np.float32), 0.6)
    bed = (38 + 1.5 * smooth_noise(rng, shape, 300 * scale)) * (1 - 0.55 * shadow)
    page = np.empty((height_px, width_px, 3), np.uint8)
    for channel in range(3):
        sheet = hand.paper_rgb[channel] * tone
        sheet += ink * (hand.ink_rgb[channel] - sheet)
        value = bed + paper * (sheet - bed) + grain * (1.2 + 2.2 * paper)
        page[..., channel] = np.clip(value + 0.5, 0, 255)
    return page


def draw_web(
    rng: np.random.Generator, hand: Hand, height_px: int, width_px: int, *, scale: float
) -> np.ndarray:
    """Draw the ink of a web of closed cells: float32 [height_px, width_px] in [0, 1]."""
    points, radii = trace_edges(rng, hand, height_px, width_px, scale=scale)
    ink = np.zeros((height_px, width_px), np.float32)
    stamp_discs(ink, points, radii)
    # Blur, then increase contrast: rounds the joints of lines like surface tension.
    blur_px = 0.3 * hand.pen_px * scale
    hardness = 0.55 * hand.pen_px * scale / 2.0
    return np.clip((gaussian_filter(ink, blur_px) - 0.47) * hardness + 0.5, 0, 1)


def trace_edges(
    rng: np.random.Generator, hand: Hand, height_px: int, width_px: int, *, scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sample pen strokes: points float [N, 2] (x, y) px, at most about two pixels apart, and radii [N] px."""
    diameter = hand.cell_px * scale
    low, high = np.array([-2, -2]) * diameter, np.array([width_px, height_px]) + 2 * diameter
    web = Voronoi(scatter_cells(rng, low, high, diameter))
    vertices = web.vertices
    edges = np.array([pair for pair in web.ridge_vertices if -1 not in pair])
    start, end = vertices[edges[:, 0]], vertices[edges[:, 1]]
    inside = ((np.maximum(start, end) > low) & (np.minimum(start, end) < high)).all(1)
    start, end = start[inside], end[inside]

    length = np.linalg.norm(end - start, axis=1)
    steps = np.maximum(2, np.ceil(length / (0.35 * hand.pen_px * scale / 2)).astype(int))
    edge = np.repeat(np.arange(len(steps)), steps)
    first = np.repeat(np.cumsum(steps) - steps, steps)
    t = (np.arange(len(edge)) - first) / (steps[edge] - 1)  # 0..1 along each edge
    along = end - start
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    bow = rng.normal(0, 0.09, len(steps))  # curvature of edges
    points = start[edge] + t[:, None] * along[edge] + (4 * t * (1 - t) * bow[edge])[:, None] * across[edge]

    # Irregular lines: one smooth displacement field for all edges, so joints stay connected.
    shape = (height_px, width_px)
    for wave_px, reach_px in ((150 * scale, 7 * scale), (26 * scale, 1.1 * scale)):
        shift = [look_up(smooth_noise(rng, shape, wave_px), points) for _ in range(2)]
        points = points + reach_px * np.stack(shift, 1)
    pressure = 1 + 0.11 * look_up(smooth_noise(rng, shape, 400 * scale), points)
    pressure += 0.10 * look_up(smooth_noise(rng, shape, 34 * scale), points)
    pressure *= rng.normal(1, 0.08, len(steps))[edge] * (
        1 - 0.14 * np.sin(np.pi * t)
    )  # thinner between joints
    return points, 0.5 * hand.pen_px * scale * np.clip(pressure, 0.6, 1.5)


def scatter_cells(rng: np.random.Generator, low: np.ndarray, high: np.ndarray, diameter: float) -> np.ndarray:
    """Centres of cells, float [N, 2] in the box: random, then relaxed in two steps (Lloyd 1982)."""
    count = int(np.prod(high - low) / (0.78 * diameter**2))
    candidates = rng.uniform(low, high, (3 * count, 2))
    crowd = np.sin(candidates / (9 * diameter) + rng.uniform(0, 2 * np.pi, 2)).sum(
        1
    )  # varies the density of cells
    centers = candidates[np.argsort(rng.random(3 * count) - 0.09 * crowd)[:count]]
    samples = rng.uniform(low, high, (40 * count, 2))
    for pull in (1.0, 0.7):
        owner = cKDTree(centers).query(samples)[1]
        weight = np.bincount(owner, minlength=count)[:, None]
        total = np.stack([np.bincount(owner, samples[:, axis], count) for axis in range(2)], 1)
        centers = np.where(weight > 0, centers + pull * (total / np.maximum(weight, 1) - centers), centers)
    return centers


def stamp_discs(ink: np.ndarray, points: np.ndarray, radii: np.ndarray) -> None:
    """Draw antialiased discs into `ink`, in place."""
    reach = math.ceil(radii.max() + 1)
    near = (points > -reach).all(1) & (points < np.array(ink.shape[::-1]) + reach).all(1)
    points, radii = points[near], radii[near]
    offsets = np.mgrid[-reach : reach + 1, -reach : reach + 1].reshape(2, -1)
    canvas = np.zeros((ink.shape[0] + 4 * reach, ink.shape[1] + 4 * reach), np.float32)
    corner = np.floor(points).astype(int)
    for dy, dx in offsets.T:
        x, y = corner[:, 0] + dx, corner[:, 1] + dy
        coverage = radii + 0.5 - np.hypot(x + 0.5 - points[:, 0], y + 0.5 - points[:, 1])
        hit = coverage > 0
        place = (y[hit] + 2 * reach) * canvas.shape[1] + x[hit] + 2 * reach
        np.maximum.at(canvas.reshape(-1), place, np.minimum(coverage[hit], 1).astype(np.float32))
    ink[:] = canvas[2 * reach : -2 * reach, 2 * reach : -2 * reach]


def lay_paper(hand: Hand, height_px: int, width_px: int, *, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Mask of the sheet, and its shadow on the bed: float32 [height_px, width_px] in [0, 1]."""
    left, top, right, bottom = (margin * scale for margin in hand.margins_px)
    x, y = np.arange(width_px, dtype=np.float32) + 0.5, np.arange(height_px, dtype=np.float32) + 0.5
    from_x = np.minimum(x - left, width_px - right - x)
    from_y = np.minimum(y - top, height_px - bottom - y)
    inside = np.minimum(from_y[:, None], from_x)  # px from the nearest edge, negative on the bed
    return np.clip(inside / (1.6 * scale) + 0.5, 0, 1), np.exp(np.minimum(inside, 0) / (14 * scale))


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], wave_px: float) -> np.ndarray:
    """Smooth random float32 [H, W], standard deviation about 1, wavelength about `wave_px`."""
    knots = [max(4, math.ceil(side / wave_px) + 3) for side in shape]
    values = Image.fromarray(rng.normal(0, 1.4, knots).astype(np.float32))
    return np.asarray(values.resize(shape[::-1], Image.Resampling.BICUBIC))


def look_up(field: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Values of a field [H, W] at points [N, 2] (x, y), nearest pixel, clamped to the edge."""
    x = np.clip(points[:, 0].astype(int), 0, field.shape[1] - 1)
    y = np.clip(points[:, 1].astype(int), 0, field.shape[0] - 1)
    return field[y, x]


def run(out: Path, count: int = 4, seed: int = 0, dpi: float = 300) -> None:
    """Draw sample pages that resemble scans of ink drawings.

    Args:
        out: Output folder.
        count: Number of pages.
        seed: Random seed.
        dpi: Resolution of the scans.
    """
    rows, cols = draw_pages(out, count=count, seed=seed, dpi=dpi, progress=progress)
    print(f"{out}  {count} pages; cut them with --dpi {dpi:g} --rows {rows} --cols {cols}")


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    tyro.cli(run, args=args)
    return 0


if __name__ == "__main__":
    sys.exit(main())
