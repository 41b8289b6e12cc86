"""Frechet distance between two sets of features."""

import numpy as np


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
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    mean = np.square(a.mean(0) - b.mean(0)).sum()
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(mean + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)
