"""Path lengths of generators whose derivative is known."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.latents import normalize
from gan.metrics.ppl import path_lengths, perceptual_path_length, slerp

MATRIX = np.random.default_rng(0).normal(size=(6, 12)).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Linear:
    """Images are linear in w; w = z, times the truncation, in `num_ws` copies."""

    num_ws: int
    dtype: Any = jnp.float32
    z_dim: int = 6

    def map(self, params, z, *, labels, truncation):
        scale = jnp.ones(len(z)) if labels is None else 1.0 + labels.astype(jnp.float32)
        return jnp.repeat((truncation * scale[:, None] * z)[:, None], self.num_ws, axis=1)

    def synthesize(self, params, w, *, noise):
        return (
            (w[:, 0].astype(self.dtype) @ params.astype(self.dtype)).astype(jnp.float32).reshape(-1, 2, 2, 3)
        )


def extract(params, images):
    return params * images.reshape(len(images), -1)


def run(family, keys, **options):
    fixed = jax.jit(lambda keys: path_lengths(keys, family, jnp.asarray(MATRIX), extract, 2.0, **options))
    return np.asarray(fixed(keys))


@pytest.fixture
def keys():
    return jax.random.split(jax.random.key(0), 50)


def ends(keys):
    """The pairs of latents that the keys stand for, and t: [N, Z], [N, Z], [N]."""
    z, t = [], []
    for key in keys:
        z_key, t_key = jax.random.split(key)
        z.append(jax.random.normal(z_key, (2, 6)))
        t.append(float(jax.random.uniform(t_key)))
    return np.stack(z)[:, 0], np.stack(z)[:, 1], np.asarray(t)


@pytest.mark.parametrize("sampling", ["full", "end"])
@pytest.mark.slow_cases("full")
def test_straight_lines_in_w(keys, sampling):
    """A linear picture changes evenly: |2 (b - a) M|^2 wherever it is measured."""
    a, b, _ = ends(keys)
    expected = np.square(2 * (b - a) @ MATRIX).sum(1)
    lengths = run(Linear(8), keys, sampling=sampling, epsilon=1e-2)
    np.testing.assert_allclose(lengths, expected, rtol=1e-3)
    np.testing.assert_allclose(run(Linear(8), keys, epsilon=1e-2, truncation=0.5), expected / 4, rtol=1e-3)


def test_great_circles_in_z(keys):
    """Without a mapping network the derivative is that of the circle at t, of speed |a| angle."""
    a, b, t = (jnp.asarray(x) for x in ends(keys))
    a, b = normalize(a), normalize(b)
    middle = t + 0.5e-2  # of the step: the quotient is the derivative there, to second order
    velocity = jax.jvp(lambda t: slerp(a, b, t), (middle,), (jnp.ones_like(t),))[1]
    angle = np.arccos(np.sum(a * b, axis=1) / 6)
    np.testing.assert_allclose(np.linalg.norm(velocity, axis=1), 6**0.5 * angle, rtol=1e-4)
    expected = np.square(2 * np.asarray(velocity) @ MATRIX).sum(1)
    np.testing.assert_allclose(run(Linear(1), keys, epsilon=1e-2), expected, rtol=1e-3)


def test_labels_reach_the_mapping(keys):
    plain = run(Linear(8), keys, epsilon=1e-2)
    doubled = run(Linear(8), keys, epsilon=1e-2, labels=jnp.ones(50, jnp.int32))
    np.testing.assert_allclose(doubled, 4 * plain, rtol=1e-3)


def test_a_bfloat16_family_is_measured_in_float32(keys):
    """In bfloat16 a step of 1e-4 would be nothing or a jump."""
    np.testing.assert_array_equal(run(Linear(8, jnp.bfloat16), keys), run(Linear(8), keys))
    np.testing.assert_allclose(
        run(Linear(8), keys).mean(), run(Linear(8), keys, epsilon=1e-2).mean(), rtol=0.02
    )


def test_a_pair_does_not_depend_on_its_batch(keys):
    np.testing.assert_allclose(
        run(Linear(8), keys[10:13], epsilon=1e-2), run(Linear(8), keys, epsilon=1e-2)[10:13], rtol=1e-3
    )


def test_slerp_ends_and_middle():
    a, b = jnp.array([[3.0, 0, 0]]), jnp.array([[0, 3.0, 0]])
    for t, expected in ((0.0, a), (1.0, b), (0.5, (a + b) / 2**0.5)):
        np.testing.assert_allclose(slerp(a, b, jnp.array([t])), expected, atol=1e-6)


def test_outliers_are_left_out():
    lengths = np.concatenate([np.full(98, 2.0), [0.0, 1e9]])
    assert perceptual_path_length(lengths) == 2.0
    assert perceptual_path_length(np.array([1.0, 3.0])) == 2.0
    with pytest.raises(ValueError, match="discarded"):
        perceptual_path_length(np.zeros(4), discard=0.5)
