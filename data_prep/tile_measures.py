"""Numbers that tell blank and blurred tiles from drawings. Pure.

Ink is what is darker than a threshold midway between paper and ink (`ink_threshold`), so a share of 0 is
bare paper and 1 is all ink. Sharpness is the energy of the Laplacian, a common measure of focus (Subbarao,
Choi, Nikzad 1993, "Focusing techniques"), over that of the gradient, so that faint lines are as sharp as
strong ones and few as sharp as many.
"""

import numpy as np

MIN_CONTRAST = 32  # between the means of paper and ink; less is grain
USUAL_THRESHOLD = 160  # where there is too little contrast: above is paper, as filling takes it


def ink_threshold(histogram: np.ndarray) -> int:
    """The lightness above which pixels are paper: Otsu 1979, the split midway between the means it parts.

    Args:
        histogram: int [256], how many pixels have each lightness.
    """
    counts = histogram.astype(np.float64)
    levels = np.arange(256)
    below = np.cumsum(counts)
    above = below[-1] - below
    sum_below = np.cumsum(counts * levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        contrast = (sum_below[-1] - sum_below) / above - sum_below / below
    variance = np.nan_to_num(below * above * contrast**2)
    best = np.flatnonzero(variance >= variance.max() * (1 - 1e-12))
    threshold = int(best.mean())  # the middle, where no pixel lies between
    return threshold if np.nan_to_num(contrast[best[0]]) >= MIN_CONTRAST else USUAL_THRESHOLD


def ink_share(gray: np.ndarray, threshold: int) -> float:
    """Share of the pixels of uint8 [H, W] that are ink: at most `threshold`."""
    return np.count_nonzero(gray <= threshold) / gray.size


def bareness(shares: np.ndarray) -> np.ndarray:
    """The smaller of ink and paper, 0 to 1/2: next to nothing where a tile is blank, be it white or black."""
    return np.minimum(shares, 1 - shares)


def sharpness(gray: np.ndarray) -> float:
    """Energy of the Laplacian over the energy of the gradient of uint8 [H, W], 0 to 8; 0 for an even area.

    A clean step between paper and ink has about 2; blurred by a Gaussian, it falls with 1 / sigma**2.
    """
    values = gray.astype(np.int16)
    right, down = np.diff(values, axis=1), np.diff(values, axis=0)
    gradient = _energy(right) + _energy(down)
    if not gradient:
        return 0.0
    # The Laplacian is the divergence of the differences, none of which leads over the border.
    laplacian = np.zeros_like(values)
    laplacian[:, :-1] += right
    laplacian[:, 1:] -= right
    laplacian[:-1] += down
    laplacian[1:] -= down
    return _energy(laplacian) / gradient


def _energy(values: np.ndarray) -> int:
    """Sum of squares, exact."""
    return int(np.square(values.ravel(), dtype=np.int32).sum(dtype=np.int64))
