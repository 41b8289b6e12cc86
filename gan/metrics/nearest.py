"""Nearest training images of generated images, to detect copies."""

from collections.abc import Iterable

import numpy as np

from data_prep.images.resize import resize
from gan.metrics.neighbours import blocks, closest, nearest

SMALL_PX, LARGE_PX = 96, 256  # smaller images are enlarged by pixel repetition, larger ones reduced
GAP_PX = 8  # between groups; images are 2 px apart
GRAY = 128  # colour of the gaps


def closeness(reals: np.ndarray, fakes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance of generated images to real ones, relative to distances between real ones.

    Args:
        reals, fakes: features [N, D] and [M, D], N > 1.

    Returns:
        (ratio [M] float64: distance to the nearest real image over that one's distance to its own nearest,
        about 1 for a new drawing, near 0 for a copy; index of that real image [M]).
    """
    squared, index = nearest(fakes, reals, k=1)
    own = nearest(reals[index[:, 0]], reals, k=2)[0][:, 1]  # the image itself is the first
    tiny = np.finfo(np.float64).tiny
    return np.sqrt(squared[:, 0] / np.maximum(own, tiny)), index[:, 0]


def nearest_pixels(
    images: np.ndarray, reals: Iterable[np.ndarray], *, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """The k real images nearest to each image in the mean square of their pixels.

    Args:
        images: uint8 [Q, H, W, C].
        reals: batches uint8 [N, H, W, C], read once; at least k in all.

    Returns: (root mean squares [Q, k], in grey levels, nearest first; indices of the real images [Q, k]).
    """
    flat = images.reshape(len(images), -1).astype(np.float64)
    rows = max(1, 2**23 // flat.shape[1])  # real images at a time: 64 MiB
    squared = np.full((len(images), k), np.inf)
    index = np.full((len(images), k), -1)
    first = 0
    for batch in reals:
        for part in np.split(batch.reshape(len(batch), -1), range(rows, len(batch), rows)):
            for q, n, distances in blocks(flat, part):
                columns = np.broadcast_to(first + np.arange(n.start, n.stop), distances.shape)
                squared[q], index[q] = closest(
                    np.concatenate([squared[q], distances], axis=1),
                    np.concatenate([index[q], columns], axis=1),
                    k=k,
                )
            first += len(part)
    return np.sqrt(squared / flat.shape[1]), index


def picked(reals: Iterable[np.ndarray], index: np.ndarray) -> np.ndarray:
    """Images at `index` (any shape) of the concatenation of batches [N, H, W, C]."""
    requested = set(index.ravel().tolist())
    found: dict[int, np.ndarray] = {}
    first = 0
    for batch in reals:
        found |= {i: batch[i - first] for i in range(first, first + len(batch)) if i in requested}
        first += len(batch)
    return np.stack([found[i] for i in index.ravel().tolist()]).reshape(*index.shape, *batch.shape[1:])


def sheet(*columns: np.ndarray) -> np.ndarray:
    """Arrange groups of images [rows, n, H, W, C] uint8 side by side with gaps: [H', W', C] uint8."""
    parts: list[np.ndarray] = []
    for images in columns:
        tiles = np.stack([[_framed(image) for image in row] for row in images])
        rows, n, height, width, c = tiles.shape
        # [rows, n, h, w, c] -> [rows, h, n, w, c]
        strip = tiles.swapaxes(1, 2).reshape(rows * height, n * width, c)
        parts += [np.full((rows * height, GAP_PX, c), GRAY, np.uint8), strip]
    return np.concatenate(parts[1:], axis=1)


def _framed(image: np.ndarray) -> np.ndarray:
    """An image resized for the sheet, with a 1 px border."""
    height, width = image.shape[:2]
    times = max(1, SMALL_PX // max(height, width))
    scale = min(1.0, LARGE_PX / max(height, width))
    if scale < 1:
        image = resize(image, max(1, round(height * scale)), max(1, round(width * scale)))
    return np.pad(image.repeat(times, 0).repeat(times, 1), ((1, 1), (1, 1), (0, 0)), constant_values=GRAY)
