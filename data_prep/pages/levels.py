"""Adjust the tones of a scanned page: paper to white, ink to black, specks to paper. Pure.

Pages are uint8 [H, W, C], C = 1 or 3, dark on light.
"""

import numpy as np
import scipy

from data_prep.pages.sheet import luma

PAPER_SIGMAS, LEAST_BELOW = 2.0, 4.0  # distance of the white point below the paper level
INK_FRACTION = 0.25  # of the dark pixels that become black
FEW = 0.0005  # fraction of the pixels; fewer dark ones are specks on a page of faint ink
FAINT_SIGMAS, LEAST_CONTRAST = 6.0, 12.0  # distance from paper to faint ink
FAINT_FRACTION = 1 / 8  # of the distance from paper to ink; darker pixels count as ink and join faint lines
FRINGE_PX = 1  # width of the soft edge around a speck


def find_levels(page: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the black point (ink) and white point (paper) of each channel, float64 [C] each.

    White: the most frequent value of the lighter half (the paper) minus two standard deviations of the values
    above it, at least 4. Black: the lower quartile of the values below half of white (the ink). If hardly any
    are, the ink is faint: the lower quartile of the values below the middle of paper and darkest pixels, or 0
    if these are no darker than grain.
    """
    levels = [_channel_levels(np.bincount(c.ravel(), minlength=256)) for c in np.moveaxis(page, -1, 0)]
    return np.array([black for black, _ in levels]), np.array([white for _, white in levels])


def _channel_levels(counts: np.ndarray) -> tuple[float, float]:
    """Black and white point of a histogram, int [256]."""
    total, values = counts.sum(), np.arange(256)
    lighter = 128 if 2 * counts[128:].sum() >= total else 0  # 0: gray paper
    paper = lighter + int(counts[lighter:].argmax())
    above = counts[paper:]
    deviation = float(np.sqrt((above * values[: 256 - paper] ** 2).sum() / max(1, above.sum())))
    white = max(1.0, paper - max(PAPER_SIGMAS * deviation, LEAST_BELOW))
    if lighter:
        white = max(129.0, white)
    dark = np.cumsum(counts[: int(white / 2)])
    if not len(dark) or dark[-1] < FEW * total:
        darkest = int(np.searchsorted(np.cumsum(counts), FEW * total))
        if paper - darkest < max(FAINT_SIGMAS * deviation, LEAST_CONTRAST):
            return 0.0, white
        dark = np.cumsum(counts[: (paper + darkest) // 2])
    return float(np.searchsorted(dark, dark[-1] * INK_FRACTION)), white


def stretch(page: np.ndarray, black: np.ndarray, white: np.ndarray) -> np.ndarray:
    """Scale values so that `black` becomes 0 and `white` 255, [C] each with white above black; clipped."""
    values = (np.arange(256) - black[:, None]) / (white - black)[:, None] * 255  # [C, 256]
    table = np.floor(np.clip(values, 0, 255) + 0.5).astype(np.uint8)
    return np.stack([table[c][page[..., c]] for c in range(page.shape[2])], axis=-1)


def despeckle(page: np.ndarray, max_area_px: int) -> np.ndarray:
    """Fill specks with the surrounding paper.

    A speck is an 8-connected component of at most `max_area_px` pixels. All pixels visibly darker than the
    paper count, so a partly faint line stays whole, but isolated dots of stippling are removed. The soft edge
    of a speck is also filled, except next to other ink.
    """
    gray = luma(page)
    black, white = find_levels(gray[..., None])
    ink = gray < white[0] - (white[0] - black[0]) * FAINT_FRACTION
    pieces, count = scipy.ndimage.label(ink, structure=np.ones((3, 3), bool))
    if not count:
        return page
    small = np.bincount(pieces.ravel()) <= max_area_px
    small[0] = False
    specks = small[pieces]
    if not specks.any():
        return page
    near = np.ones((2 * FRINGE_PX + 1,) * 2, bool)
    lines = ink & ~specks
    filled = scipy.ndimage.binary_dilation(specks, near) & ~scipy.ndimage.binary_dilation(
        lines, np.ones((3, 3), bool)
    )
    filled |= specks
    clean = ~(filled | scipy.ndimage.binary_dilation(lines, near))
    return _fill(page, filled, clean)


def _fill(page: np.ndarray, filled: np.ndarray, clean: np.ndarray) -> np.ndarray:
    """Copy with `filled` pixels replaced by the mean of nearby `clean` pixels, or of all if none is near."""
    result = page.copy()
    reach_px = 31
    fraction = scipy.ndimage.uniform_filter(clean.astype(np.float32), reach_px)[filled]
    for c in range(page.shape[2]):
        channel = page[..., c]
        everywhere = channel[clean].mean() if clean.any() else 255.0
        around = scipy.ndimage.uniform_filter(np.where(clean, channel, 0).astype(np.float32), reach_px)[
            filled
        ]
        mean = np.where(fraction > 1e-3, around / np.maximum(fraction, 1e-3), everywhere)
        result[filled, c] = np.floor(np.clip(mean, 0, 255) + 0.5).astype(np.uint8)
    return result
