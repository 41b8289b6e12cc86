"""Frechet distance of normals with known moments."""

import numpy as np
import scipy.linalg

from gan.metrics.frechet import frechet_distance, moments, moments_distance


def test_known_normals():
    """Independent axes: sum of (mean difference)^2 + (std difference)^2."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(200_000, 3))
    base = (base - base.mean(0)) / base.std(0, ddof=1)
    base = base @ np.linalg.inv(np.linalg.cholesky(np.cov(base, rowvar=False))).T  # exactly white
    a, b = base * [1, 2, 3], base * [2, 2, 1] + [1, 0, 0]
    np.testing.assert_allclose(frechet_distance(a, b), 1 + (1 + 0 + 4), rtol=1e-4)


def test_zero_for_equal_sets_and_symmetric():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(500, 8)), rng.normal(size=(500, 8)) @ rng.normal(size=(8, 8))
    assert abs(frechet_distance(a, a)) < 1e-6
    np.testing.assert_allclose(frechet_distance(a, b), frechet_distance(b, a), rtol=1e-8)


def test_does_not_change_when_both_sets_are_rotated():
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(400, 5)), 2 * rng.normal(size=(400, 5)) + 1
    rotation, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    np.testing.assert_allclose(
        frechet_distance(a @ rotation, b @ rotation), frechet_distance(a, b), rtol=1e-8
    )


def test_moments_are_enough_and_the_root_is_the_matrix_root():
    """Covariances that do not commute, against the unsymmetric formula through SciPy's root."""
    rng = np.random.default_rng(3)
    a, b = (rng.normal(size=(500, 6)) @ rng.normal(size=(6, 6)) + shift for shift in (0, 0.5))
    root = np.real(scipy.linalg.sqrtm(np.cov(a, rowvar=False) @ np.cov(b, rowvar=False)))
    mean = np.square(a.mean(0) - b.mean(0)).sum()
    expected = mean + np.trace(np.cov(a, rowvar=False) + np.cov(b, rowvar=False) - 2 * root)
    np.testing.assert_allclose(moments_distance(moments(a), moments(b)), expected, rtol=1e-8)
    assert moments_distance(moments(a), moments(b)) == frechet_distance(a, b)
