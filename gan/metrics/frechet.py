"""Frechet distance between two sets of features, or between their moments."""

from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """Moments of a set of features: mean [D] and covariance [D, D], float64."""

    mean: np.ndarray
    covariance: np.ndarray


def moments(features: np.ndarray) -> Moments:
    """Mean and unbiased covariance of features [N, D], any real dtype, N > 1; computed in float64."""
    features = np.asarray(features, np.float64)
    return Moments(features.mean(0), np.cov(features, rowvar=False))


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """|mean_a - mean_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) between normal fits to two sets.

    Args:
        a, b: features [N, D] and [M, D], any real dtype; computed in float64. N and M should exceed D,
            and be equal where two distances are compared: small sets are biased upwards.

    Returns:
        The squared distance, >= 0 up to rounding; 0 for equal sets.

    Source: Dowson and Landau 1982; Heusel et al. 2017, equation 6. The trace of the root is taken from
    the symmetric form (A^(1/2) C_b A^(1/2))^(1/2), A = C_a, whose eigenvalues are real.
    """
    return moments_distance(moments(a), moments(b))


def moments_distance(a: Moments, b: Moments) -> float:
    """`frechet_distance` from the moments of two sets."""
    mean = np.square(a.mean - b.mean).sum()
    values, vectors = np.linalg.eigh(a.covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b.covariance @ root), 0)).sum()
    return float(mean + np.trace(a.covariance) + np.trace(b.covariance) - 2 * cross)
