"""Plain implementations of the operations of fill in NumPy and SciPy, one image at a time."""

from collections.abc import Iterator

import numpy as np
from scipy import ndimage


def label(paper: np.ndarray) -> np.ndarray:
    """Regions of bool [H, W], renumbered by their first pixel in row-major order."""
    labels, count = ndimage.label(paper)
    values, first = np.unique(labels, return_index=True)
    order = values[np.argsort(first)]
    rank = np.zeros(count + 1, np.int32)
    rank[order[order > 0]] = np.arange(1, count + 1)
    return rank[labels]


def label_torus(paper: np.ndarray) -> np.ndarray:
    """Regions of bool [H, W] on a torus: those of 3 x 3 copies, joined where copies are at one place."""
    height, width = paper.shape
    copies = label(np.tile(paper, (3, 3))).reshape(3, height, 3, width).transpose(0, 2, 1, 3)
    groups = np.arange(copies.max() + 1)
    for pixel in copies.reshape(9, -1).T:
        least = groups[pixel].min()
        for k in pixel:
            groups[groups == groups[k]] = least
    values, first = np.unique(groups[copies[0, 0]], return_index=True)
    order = values[np.argsort(first)]
    rank = np.zeros(len(groups), np.int32)
    rank[order[order > 0]] = np.arange(1, (order > 0).sum() + 1)
    return rank[groups[copies[0, 0]]]


def middle(repeated: np.ndarray) -> np.ndarray:
    """The middle one of 3 x 3 copies: [3 H, 3 W, ...] -> [H, W, ...]."""
    height, width = repeated.shape[0] // 3, repeated.shape[1] // 3
    return repeated[height : 2 * height, width : 2 * width]


def nearest(labels: np.ndarray) -> np.ndarray:
    """The squared distance to every region in turn; the first of the least wins."""
    count = int(labels.max())
    if count == 0:
        return labels
    square = [
        np.rint(ndimage.distance_transform_edt(labels != k) ** 2).astype(int) for k in range(1, count + 1)
    ]
    return (np.argmin(square, axis=0) + 1).astype(np.int32)


def squared_to(labels: np.ndarray, found: np.ndarray) -> np.ndarray:
    """The squared distance from each pixel to the region it was given."""
    square = np.zeros(labels.shape, int)
    for k in np.unique(found):
        square[found == k] = np.rint(ndimage.distance_transform_edt(labels != k)[found == k] ** 2)
    return square


def luminance(image: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 1 or 3] -> int [H, W]."""
    if image.shape[-1] == 1:
        return image[..., 0].astype(int)
    r, g, b = np.moveaxis(image.astype(int), -1, 0)
    return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16


def means(labels: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """The mean of an image over each region, rounded half up: uint8 [K + 1, 3], row 0 black."""
    table = np.zeros((labels.max() + 1, 3), np.uint8)
    for k in range(1, len(table)):
        table[k] = np.floor(photo[labels == k].mean(axis=0) + 0.5)
    return table


def blend(image: np.ndarray) -> np.ndarray:
    """3 x 3 mean of uint8 [H, W, C], rounded down, the edge repeated."""
    height, width, _ = image.shape
    padded = np.pad(image.astype(int), ((1, 1), (1, 1), (0, 0)), mode="edge")
    total = sum(padded[y : y + height, x : x + width] for y in range(3) for x in range(3))
    return (total // 9).astype(np.uint8)


def fill(image: np.ndarray, colors: np.ndarray, *, threshold: int = 160, blended: bool = False) -> np.ndarray:
    """The whole of it, with the colour of label k in row k of uint8 [K + 1, 3]."""
    filled = colors[nearest(label(luminance(image) > threshold))]
    return blend(filled) if blended else filled


def partners(first: np.ndarray, second: np.ndarray, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """For each label of `first` the label of `second` over most of its pixels, and on how many."""
    label, px = np.zeros((2, capacity + 1), int)
    for k in range(1, capacity + 1):
        others = second[(first == k) & (second > 0)]
        if others.size:
            count = np.bincount(others)
            label[k], px[k] = count.argmax(), count.max()
    return label, px


def persisting(before: np.ndarray, now: np.ndarray) -> Iterator[np.ndarray]:
    """For each two regions that cover more than half of each other, where both are: bool [H, W]."""
    for k in range(1, now.max() + 1):
        for j in np.unique(before[(before > 0) & (now == k)]):
            shared = (before == j) & (now == k)
            if 2 * shared.sum() > max((before == j).sum(), (now == k).sum()):
                yield shared
