"""Codes of frames and pages: area means of the grey image on a grid."""

import numpy as np

from data_prep.images import with_mode


def area_means(image: np.ndarray, *, side: int) -> np.ndarray:
    """Mean of an image over each cell of a `side` x `side` grid that covers it, scaled to [-1, 1].

    Args:
        image: uint8 [H, W, C]; colours are converted to grey. The grid is stretched to the image.
        side: n, cells along each axis. A pixel on the border of cells counts in each by its part in it.

    Returns: float32 [n, n]; row 0 is the top, column 0 the left.
    """
    gray = with_mode(image, "gray")[..., 0].astype(np.float64)
    rows, columns = (_weights(length, side) for length in gray.shape)
    means = rows @ gray @ columns.T
    return (means / 127.5 - 1).astype(np.float32)


def _weights(length: int, side: int) -> np.ndarray:
    """float64 [side, length]: the weight of each pixel in the mean over each of `side` equal intervals."""
    edges = np.linspace(0, length, side + 1)
    pixel = np.arange(length)
    begin = np.maximum(edges[:-1, None], pixel[None])
    end = np.minimum(edges[1:, None], pixel[None] + 1)
    overlap = np.clip(end - begin, 0, None)
    return overlap / overlap.sum(axis=1, keepdims=True)
