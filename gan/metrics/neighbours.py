"""Nearest neighbours among rows of features: squared Euclidean distances, in blocks, float64."""

from collections.abc import Iterator

import numpy as np

BLOCK = 2048  # rows of each side at a time: 32 MiB of distances


def nearest(queries: np.ndarray, rows: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k rows nearest to each query.

    Args:
        queries: [Q, D], any real dtype.
        rows: [N, D], N >= k.
        k: number of neighbours.

    Returns:
        (squared distances [Q, k] float64, nearest first; indices into rows [Q, k] int64).
    """
    assert len(rows) >= k, (len(rows), k)
    squared = np.full((len(queries), k), np.inf)
    index = np.full((len(queries), k), -1)
    for q, n, distances in blocks(queries, rows):
        columns = np.broadcast_to(np.arange(n.start, n.stop), distances.shape)
        squared[q], index[q] = closest(
            np.concatenate([squared[q], distances], axis=1), np.concatenate([index[q], columns], axis=1), k=k
        )
    return squared, index


def closest(squared: np.ndarray, index: np.ndarray, *, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The k smallest of each row of `squared` [Q, N], sorted, and the entries of `index` [Q, N] there."""
    some = np.argpartition(squared, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(
        some, np.argsort(np.take_along_axis(squared, some, 1), axis=1, kind="stable"), 1
    )
    return np.take_along_axis(squared, order, 1), np.take_along_axis(index, order, 1)


def blocks(a: np.ndarray, b: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """(rows of a, rows of b, squared distances between them [A, B] float64), for all pairs.

    Distances are right to about 1e-15 of the squared lengths of the rows; none is negative.
    """
    for i in range(0, len(a), BLOCK):
        x = np.asarray(a[i : i + BLOCK], np.float64)
        for j in range(0, len(b), BLOCK):
            y = np.asarray(b[j : j + BLOCK], np.float64)
            squared = np.square(x).sum(1)[:, None] + np.square(y).sum(1)[None, :] - 2 * (x @ y.T)
            yield slice(i, i + len(x)), slice(j, j + len(y)), np.maximum(squared, 0)
