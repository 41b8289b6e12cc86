"""Ink on paper, at a coarse scale that loses no stroke: which cells hold ink, less ruled lines. Pure.

A cell is `factor` x `factor` px and holds ink if any of its pixels does, so a hairline is seen at any scale.
"""

import dataclasses

import numpy as np
import scipy

SAMPLES = 200_000  # pixels from which paper and ink are judged
CONTRAST = 0.2  # of the way from paper to the darkest ink: what is beyond is ink
NOISE_SIGMAS = 6  # or so many times the grain of the paper, if that is more
THIN_CELLS = 3  # ruled lines and scratches are no wider
MAX_SLOPE = 0.09  # of a ruled line or scratch against the page, 5 degrees
MIN_COVERAGE = 0.85  # of the page's height (width) that a scratch or ruled line marks
MIN_BORDER = 0.5  # the same near the sheet's sides, where ruled borders fade
BORDER = 0.08  # of the sheet's width (height): what is near its sides
MIN_BARE = 0.25  # of it that shows the line alone, outside of drawings
BARE_CELLS = 8  # where nothing else stands this near, a line shows alone
MAX_RULES = 12  # per direction


@dataclasses.dataclass(frozen=True)
class InkLevels:
    """Lightness of paper and of what counts as ink on it."""

    paper: int
    threshold: int  # ink is darker


def ink_levels(gray: np.ndarray, *, mask: np.ndarray | None = None, factor: int = 1) -> InkLevels:
    """Judge paper and ink by the page's own histogram.

    Paper is the commonest lightness in the lighter half; ink is what is darker than the paper by a fifth of
    the distance to the darkest pixels, and by six times the paper's grain.

    Args:
        gray: uint8 [H, W], dark on light.
        mask: bool [ceil(H / factor), ceil(W / factor)], where the sheet lies; None: everywhere.
        factor: cells of the mask are so many pixels wide.
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
    shares = np.cumsum(counts) / counts.sum()
    darkest = int(np.searchsorted(shares, 0.002))
    near = counts * (np.abs(levels - paper) < 40)
    spread = np.cumsum(np.bincount(np.abs(levels - paper), weights=near))
    sigma = 1.4826 * float(np.searchsorted(spread, spread[-1] / 2))
    margin = max(CONTRAST * (paper - darkest), NOISE_SIGMAS * sigma, 12)
    return InkLevels(paper, max(0, round(paper - margin)))


def ink_cells(gray: np.ndarray, threshold: int, factor: int) -> np.ndarray:
    """uint8 [H, W] -> bool [ceil(H / factor), ceil(W / factor)]: cells with any pixel below `threshold`."""
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
    """Ink cells less straight thin lines that cross the whole sheet: scratches, ruled borders.

    Args:
        ink: bool [h, w].
        sheet: bool [h, w], where the sheet lies.

    Returns:
        bool [h, w]. Where a line runs through a drawing, cells of thicker ink stay.
    """
    upright = _without_upright_rules(ink, sheet)
    return _without_upright_rules(upright.T, sheet.T).T


def _without_upright_rules(ink: np.ndarray, sheet: np.ndarray) -> np.ndarray:
    rows = np.flatnonzero(sheet.any(axis=1))
    inset = len(rows) // 12  # borders stand off the sheet's edge
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
    bare[:, 1:] &= ~thin[:, :-1]  # each run by its first cell
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
    """The line x = line_x + slope * y with the most points within two cells: their count, (line_x, slope)."""
    best, line = 0, (0.0, 0.0)
    for slope in np.linspace(-MAX_SLOPE, MAX_SLOPE, 61):
        at = np.bincount(((x - slope * y) / 2 + reach).astype(np.int64), minlength=width // 2 + 2 * reach)
        pairs = at[:-1] + at[1:]
        if (most := int(pairs.max())) > best:
            best, line = most, ((float(pairs.argmax()) + 1 - reach) * 2, float(slope))
    return best, line
