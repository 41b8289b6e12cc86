"""Precision and recall of generated images, by nearest neighbours of features."""

import numpy as np

from gan.metrics.neighbours import blocks, nearest

K = 3


def precision_recall(reals: np.ndarray, fakes: np.ndarray, *, k: int = K) -> tuple[float, float]:
    """Fractions of generated features in the manifold of real ones, and of real ones in that of generated.

    The manifold of a set is the union of balls around its rows, with the distance to the row's k-th neighbour
    as radius. Precision measures quality, recall variety. Both increase with the size of the sets: compare at
    equal sizes.

    Args:
        reals, fakes: features [N, D] and [M, D], N and M above k; distances are taken in float64.
        k: rank of the neighbour.

    Returns:
        (precision, recall), each 0 to 1.

    Source: Kynkäänniemi et al. 2019, equations 1 and 2.
    """
    return covered(fakes, reals, k=k), covered(reals, fakes, k=k)


def covered(points: np.ndarray, manifold: np.ndarray, *, k: int) -> float:
    """Fraction of rows of `points` [N, D] in a ball of `manifold` [M, D]."""
    squared_radii = nearest(manifold, manifold, k=k + 1)[0][:, k]  # the row itself is the first
    inside = np.zeros(len(points), bool)
    for rows, balls, squared in blocks(points, manifold):
        inside[rows] |= (squared <= squared_radii[None, balls]).any(axis=1)
    return float(inside.mean())
