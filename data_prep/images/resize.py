"""Resize images: area means to shrink, bicubic to enlarge."""

import functools

import numpy as np
import scipy
from PIL import Image


def resize(image: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """Resize uint8 [H, W, C] to [height_px, width_px, C].

    A shrinking axis takes the mean of the covered area, a growing one a cubic interpolation. Colours of RGBA
    images are weighted by alpha.
    """
    if height_px > image.shape[0] or width_px > image.shape[1]:
        image = _enlarge(image, max(height_px, image.shape[0]), max(width_px, image.shape[1]))
    if image.shape[:2] == (height_px, width_px):
        return image
    if image.shape[2] < 4:
        return _round(_area_means(image, height_px, width_px))
    opaque = image[..., 3:].astype(np.uint32)
    means = _area_means(np.concatenate([image[..., :3] * opaque, opaque], axis=2), height_px, width_px)
    colors = means[..., :3] / np.maximum(means[..., 3:], 1e-9)
    return _round(np.concatenate([colors, means[..., 3:]], axis=2))


def center_square(image: np.ndarray) -> np.ndarray:
    """Crop [H, W, C] to the largest central square; of an odd margin the larger part is cut at the end."""
    side = min(image.shape[:2])
    y, x = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[y : y + side, x : x + side]


def _enlarge(image: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    source = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    larger = np.asarray(source.resize((width_px, height_px), Image.Resampling.BICUBIC))
    return larger.reshape(height_px, width_px, image.shape[2])


def _area_means(image: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """Integers [H, W, C] -> float64 means; sums are exact, so their order does not matter."""
    height, width = image.shape[:2]
    if height % height_px == 0 and width % width_px == 0:
        rows = _sum(image.reshape(height_px, height // height_px, -1), np.uint32)
        sums = _sum(rows.reshape(height_px, width_px, width // width_px, -1).swapaxes(1, 2), np.uint64)
        return sums / (height // height_px * (width // width_px))
    rows = _coverage(height, height_px) @ image.reshape(height, -1).astype(np.float64)
    columns = rows.reshape(height_px, width, -1).swapaxes(0, 1).reshape(width, -1)
    sums = (_coverage(width, width_px) @ columns).reshape(width_px, height_px, -1).swapaxes(0, 1)
    return sums / (height * width)


def _sum(values: np.ndarray, dtype: type[np.unsignedinteger]) -> np.ndarray:
    """values.sum(1), slice by slice: whole-array additions are faster than NumPy's short inner loops."""
    total = values[:, 0].astype(dtype)
    for k in range(1, values.shape[1]):
        total += values[:, k]
    return total


@functools.lru_cache(maxsize=16)
def _coverage(size: int, smaller: int) -> "scipy.sparse.csr_array":  # loaded on first use
    """Overlap of each of `size` pixels with each of `smaller` ones: integers [smaller, size].

    The unit is 1 / smaller of a pixel.
    """
    edges = np.arange(smaller + 1) * size
    first, last = edges[:-1] // smaller, -(-edges[1:] // smaller)
    counts = last - first
    starts = np.concatenate([[0], np.cumsum(counts)])
    pixels = np.arange(starts[-1]) - np.repeat(starts[:-1] - first, counts)
    low = np.maximum(pixels * smaller, np.repeat(edges[:-1], counts))
    high = np.minimum((pixels + 1) * smaller, np.repeat(edges[1:], counts))
    return scipy.sparse.csr_array(((high - low).astype(np.float64), pixels, starts), shape=(smaller, size))


def _round(values: np.ndarray) -> np.ndarray:
    return np.floor(values + 0.5).astype(np.uint8)
