"""Noise of the drawn strength; rectangles of half the size, wherever they fall."""

import jax
import numpy as np
import pytest
from scipy.stats import kstest

from gan.augment import corrupt


def noises(p, shape=(8, 8, 3), count=2000):
    u = jax.random.uniform(jax.random.key(0), (count, corrupt.NOISE_UNIFORMS))
    keys = jax.random.split(jax.random.key(2), count)
    draw = jax.vmap(lambda key, u: corrupt.noise(key, corrupt.draw_strength(u, p), shape=shape))
    return np.asarray(jax.jit(draw)(keys, u))


def holes(p, height, width, count=2000):
    u = jax.random.uniform(jax.random.key(1), (count, corrupt.CUTOUT_UNIFORMS))
    draw = jax.vmap(lambda u: corrupt.draw_cutout(u, p, height=height, width=width))
    return np.asarray(jax.jit(draw)(u))[..., 0]


@pytest.mark.parametrize("p", [0.0, 0.4, 1.0])
def test_shares(p):
    bound = 4 * (p * (1 - p) / 2000) ** 0.5
    assert abs(noises(p).any((1, 2, 3)).mean() - p) <= bound
    assert abs((holes(p, 16, 16) == 0).any((1, 2)).mean() - p) <= bound


def test_noise_is_normal_of_half_normal_strength():
    noise = noises(1.0, (16, 16, 3))
    strength = noise.std((1, 2, 3))
    assert kstest(strength, "halfnorm", (0, 0.1)).pvalue > 1e-3
    assert kstest((noise / strength[:, None, None, None])[:20].ravel(), "norm").pvalue > 1e-3


def test_alpha_gets_no_noise():
    noise = noises(1.0, (4, 4, 4), count=10)
    assert not noise[..., 3].any()
    assert noise[..., :3].all()


def test_holes_are_rectangles_of_half_the_size():
    kept = holes(1.0, 16, 32)
    rows, columns = (kept == 0).any(2), (kept == 0).any(1)
    np.testing.assert_array_equal(kept == 0, rows[:, :, None] & columns[:, None, :])
    inside = ~(rows[:, 0] | rows[:, -1] | columns[:, 0] | columns[:, -1])  # not cut by the border
    assert abs(inside.mean() - 1 / 4) < 0.06
    assert np.isin(rows[inside].sum(1), (7, 8, 9)).all()
    assert np.isin(columns[inside].sum(1), (15, 16, 17)).all()
    assert rows.sum(1).min() >= 4
    for axis in (rows, columns):  # uniform centres: the middle is hit half of the time
        assert abs(axis[:, axis.shape[1] // 2].mean() - 0.5) < 0.05
