"""Kernel distance against the double sum of its definition."""

import numpy as np

from gan.metrics.kid import kernel_distance, squared_mmd


def plain_mmd(x, y):
    """Sums over pairs, one by one."""
    kernel = lambda a, b: (float(a @ b) / len(a) + 1) ** 3  # noqa: E731
    n, m = len(x), len(y)
    xx = sum(kernel(x[i], x[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(kernel(y[i], y[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    xy = sum(kernel(a, b) for a in x for b in y) / (n * m)
    return xx + yy - 2 * xy


def test_one_subset_is_the_double_sum():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(13, 5)).astype(np.float32), rng.normal(0.4, 1.5, size=(13, 5))
    np.testing.assert_allclose(squared_mmd(x, y), plain_mmd(x.astype(float), y), rtol=1e-10)
    mean, std = kernel_distance(
        x, y, subset=50, subsets=3
    )  # the sets are smaller: each subset is all of them
    np.testing.assert_allclose(mean, plain_mmd(x.astype(float), y), rtol=1e-10)
    assert std < 1e-12


def test_no_bias_and_a_known_expectation():
    """k of normals has a closed mean: E k(x, y) for N(a, I), N(b, I) in one dimension is E (xy + 1)^3."""
    rng = np.random.default_rng(1)
    a, b = 0.0, 0.7
    expected = sum(_mean_kernel(p, q) * s for p, q, s in ((a, a, 1), (b, b, 1), (a, b, -2)))
    x, y, z = (rng.normal(mean, 1, size=(40_000, 1)) for mean in (a, b, a))
    different = kernel_distance(x, y, subset=100, subsets=200)
    same = kernel_distance(x, z, subset=100, subsets=200)
    assert abs(different[0] - expected) < 5 * different[1] / 200**0.5
    assert abs(same[0]) < 5 * same[1] / 200**0.5
    assert min(kernel_distance(x, z, subset=100, subsets=1, seed=s)[0] for s in range(10)) < 0


def _mean_kernel(p, q):
    """E (xy + 1)^3 for independent x ~ N(p, 1), y ~ N(q, 1), from the moments of normals."""
    moments = lambda m: (1, m, m * m + 1, m**3 + 3 * m)  # noqa: E731
    return sum(c * u * v for c, u, v in zip((1, 3, 3, 1), moments(p), moments(q), strict=True))


def test_same_seed_same_rows():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(60, 4)), rng.normal(size=(70, 4))
    first = kernel_distance(x, y, subset=20, subsets=5, seed=3)
    assert kernel_distance(x, y, subset=20, subsets=5, seed=3) == first
    assert kernel_distance(x, y, subset=20, subsets=5, seed=4) != first
