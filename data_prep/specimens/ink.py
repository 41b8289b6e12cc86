"""Detect ink on a coarse grid of cells, and remove ruled lines. Pure.

A cell is `factor` x `factor` px and is ink if any of its pixels is, so hairlines are found at any scale.
"""

import dataclasses

import numpy as np
import scipy

SAMPLES = 200_000  # pixels from which the levels are estimated
CONTRAST = 0.2  # ink threshold, as a fraction of the distance from paper to the darkest ink
NOISE_SIGMAS = 6  # minimum of the threshold, in standard deviations of the paper
THIN_CELLS = 3  # maximum width of ruled lines and scratches
MAX_SLOPE = 0.09  # of a ruled line or scratch relative to the page, 5 degrees
MIN_COVERAGE = 0.85  # fraction of the page height (width) covered by a ruled line or scratch
MIN_BORDER = 0.5  # the same near the sides of the sheet, where ruled borders fade
BORDER = 0.08  # width of the area near the sides, as a fraction of the sheet width (height)
MIN_BARE = 0.25  # fraction on which the line is isolated, outside of drawings
BARE_CELLS = 8  # distance within which an isolated line has no other ink
MAX_RULES = 12  # per direction


@dataclasses.dataclass(frozen=True)
class InkLevels:
    """Lightness of the paper, and the ink threshold."""

    paper: int
    threshold: int  # ink is darker


def ink_levels(gray: np.ndarray, *, mask: np.ndarray | None = None, factor: int = 1) -> InkLevels:
    """Estimate the levels of paper and ink from the histogram of the page.

    Paper is the most frequent lightness in the lighter half. Ink is darker than the paper by a fifth of the
    distance to the darkest pixels, and by six standard deviations of the paper.

    Args:
        gray: uint8 [H, W], dark on light.
        mask: bool [ceil(H / factor), ceil(W / factor)], where the sheet is; None: everywhere.
        factor: side of a mask cell in px.
    """
    stride = max(1, round((gray.size / SAMPLES) ** 0.5))
    sample = gray[::stride, ::stride]
    if mask is not None:
        rows, cols = (np.arange(0, size, stride) // factor for size in gray.shape)
        sample = sample[mask[rows[:, None], cols]]
    counts = np.bincount(sample.ravel(), minlength=256)
    if not counts.any():
        return InkLevels(255, 0)
    levels = np.arange(256)
    middle = (levels[counts > 0][0] + levels[counts > 0][-1]) / 2
    smooth = scipy.ndimage.gaussian_filter1d(counts.astype(np.float64), 1.5) * (levels >= middle)
    paper = int(smooth.argmax())
    cumulative = np.cumsum(counts) / counts.sum()
    darkest = int(np.searchsorted(cumulative, 0.002))
    near = counts * (np.abs(levels - paper) < 40)
    deviations = np.cumsum(np.bincount(np.abs(levels - paper), weights=near))
    sigma = 1.4826 * float(np.searchsorted(deviations, deviations[-1] / 2))
    margin = max(CONTRAST * (paper - darkest), NOISE_SIGMAS * sigma, 12)
    return InkLevels(paper, max(0, round(paper - margin)))


def ink_cells(gray: np.ndarray, threshold: int, factor: int) -> np.ndarray:
    """Cells with any pixel below `threshold`: uint8 [H, W] -> bool [ceil(H / factor), ceil(W / factor)]."""
    dark = gray < threshold
    if factor == 1:
        return dark
    height, width = dark.shape
    padded = np.zeros((-(-height // factor) * factor, -(-width // factor) * factor), bool)
    padded[:height, :width] = dark
    rows = padded[0::factor].copy()
    for i in range(1, factor):
        rows |= padded[i::factor]
    cells = rows[:, 0::factor].copy()
    for i in range(1, factor):
        cells |= rows[:, i::factor]
    return cells


def without_rules(ink: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    """Remove straight thin lines that cross the whole sheet: scratches and ruled borders.

    Args:
        ink: bool [h, w].
        sheet: bool [h, w], where the sheet is.

    Returns:
        bool [h, w]. Where a line crosses a drawing, cells of thicker ink stay.
    """
    upright = _without_upright_rules(ink, sheet)
    return _without_upright_rules(upright.T, sheet.T).T


def _without_upright_rules(ink: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero(sheet.any(axis=1))
    inset = len(rows) // 12  # borders are away from the edge of the sheet
    rows = rows[inset : len(rows) - inset]
    if len(rows) < 20:
        return ink
    columns = np.flatnonzero(sheet.any(axis=0))
    borders = columns[0], columns[-1]
    every, width, middle = np.arange(ink.shape[0]), ink.shape[1], ink.shape[0] / 2
    cells = ink.view(np.uint8)
    wide = scipy.ndimage.minimum_filter1d(cells, THIN_CELLS + 1, axis=1, origin=-1, mode="constant")
    wide = scipy.ndimage.maximum_filter1d(wide, THIN_CELLS + 1, axis=1, mode="constant")
    thin = ink & (wide == 0)
    around = scipy.ndimage.uniform_filter1d(
        cells.astype(np.float32), 2 * BARE_CELLS + 1, axis=1, mode="constant"
    )
    bare = thin & (around * (2 * BARE_CELLS + 1) < THIN_CELLS + 0.5)
    bare[:, 1:] &= ~thin[:, :-1]  # the first cell of each run
    for _ in range(MAX_RULES):
        y, x = np.nonzero(bare[rows])
        y = rows[y]
        if len(y) < MIN_BARE * len(rows):
            break
        marks, (line_x, slope) = _best_line(x, y - middle, width, round(MAX_SLOPE * middle) + 4)
        if marks < MIN_BARE * len(rows):
            break
        at_border = min(line_x - borders[0], borders[1] - line_x) < BORDER * (borders[1] - borders[0])
        across = np.rint(line_x + slope * (every - middle)).astype(np.int64)[:, None]
        near = np.clip(across + np.arange(-THIN_CELLS, THIN_CELLS + 2), 0, width - 1)
        if ink[every[:, None], near][rows].any(axis=1).mean() >= (MIN_BORDER if at_border else MIN_COVERAGE):
            band = np.zeros_like(thin)
            band[every[:, None], near] = True
            ink = ink & ~(thin & band)
        bare[every[:, None], near] = False
    return ink


def _best_line(x: np.ndarray, y: np.ndarray, width: int, reach: int) -> tuple[int, tuple[float, float]]:
    """Find the line x = line_x + slope * y with most points within two cells: count, (line_x, slope)."""
    best, line = 0, (0.0, 0.0)
    for slope in np.linspace(-MAX_SLOPE, MAX_SLOPE, 61):
        at = np.bincount(((x - slope * y) / 2 + reach).astype(np.int64), minlength=width // 2 + 2 * reach)
        pairs = at[:-1] + at[1:]
        if (most := int(pairs.max())) > best:
            best, line = most, ((float(pairs.argmax()) + 1 - reach) * 2, float(slope))
    return best, line
