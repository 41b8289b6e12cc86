"""Tones of a scanned page: paper to white, ink to black, specks to paper. Pure.

Pages are uint8 [H, W, C], C = 1 or 3, dark on light.
"""

import numpy as np
import scipy

from data_prep.pages.sheet import luma

PAPER_SIGMAS, LEAST_BELOW = 2.0, 4.0  # how far the white point lies below the paper; white paper is clipped
INK_SHARE = 0.25  # of the dark pixels that become black
FAINT_SHARE = 1 / 8  # of the way from paper to ink; what is darker is drawn, and ties faint lines together
FRINGE_PX = 1  # around a speck, where it fades into the paper


def find_levels(page: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ink black and paper white point of each channel, float64 [C] each.

    White: the most frequent value of the lighter half, the paper, less twice the spread above it, or less
    4 where that is more. Black: the lower quartile of what is darker than half of white, the ink; 0 without.
    """
    black, white = [], []
    for channel in np.moveaxis(page, -1, 0):
        counts = np.bincount(channel.ravel(), minlength=256)
        paper = 128 + int(counts[128:].argmax())
        above, values = counts[paper:], np.arange(256 - paper)
        spread = float(np.sqrt((above * values**2).sum() / max(1, above.sum())))
        white.append(max(129.0, paper - max(PAPER_SIGMAS * spread, LEAST_BELOW)))
        dark = np.cumsum(counts[: int(white[-1] / 2)])
        black.append(float(np.searchsorted(dark, dark[-1] * INK_SHARE)) if dark[-1] else 0.0)
    return np.array(black), np.array(white)


def stretch(page: np.ndarray, black: np.ndarray, white: np.ndarray) -> np.ndarray:
    """Scale values so that `black` becomes 0 and `white` 255, [C] each with white above black; clipped."""
    values = (np.arange(256) - black[:, None]) / (white - black)[:, None] * 255  # [C, 256]
    table = np.floor(np.clip(values, 0, 255) + 0.5).astype(np.uint8)
    return np.stack([table[c][page[..., c]] for c in range(page.shape[2])], axis=-1)


def despeckle(page: np.ndarray, max_area_px: int) -> np.ndarray:
    """Fill specks with the paper around them.

    A speck is an 8-connected piece of at most `max_area_px` pixels, all that is visibly darker than the
    paper counted; so a line that is faint in places stays whole, but single dots of stippling go. The
    fringe of a speck is filled too, except next to other ink.
    """
    gray = luma(page)
    black, white = find_levels(gray[..., None])
    ink = gray < white[0] - (white[0] - black[0]) * FAINT_SHARE
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
    """A copy whose `filled` pixels are means of the `clean` ones around, or of all where there is none."""
    result = page.copy()
    reach_px = 31
    share = scipy.ndimage.uniform_filter(clean.astype(np.float32), reach_px)[filled]
    for c in range(page.shape[2]):
        channel = page[..., c]
        everywhere = channel[clean].mean() if clean.any() else 255.0
        around = scipy.ndimage.uniform_filter(np.where(clean, channel, 0).astype(np.float32), reach_px)[
            filled
        ]
        mean = np.where(share > 1e-3, around / np.maximum(share, 1e-3), everywhere)
        result[filled, c] = np.floor(np.clip(mean, 0, 255) + 0.5).astype(np.uint8)
    return result
