"""Leaky ReLU with its gain."""

import jax
import jax.numpy as jnp
import numpy as np

from gan.ops.activation import clamped, leaky_relu


def test_slopes_on_both_sides():
    x = jnp.linspace(-3, 3, 101)
    np.testing.assert_allclose(leaky_relu(x), np.where(x > 0, x, 0.2 * x) * np.sqrt(2), rtol=1e-6)
    slopes = jax.vmap(jax.grad(leaky_relu))(x[jnp.abs(x) > 0.01])
    np.testing.assert_allclose(np.unique(np.round(slopes, 5)), np.round([0.2 * 2**0.5, 2**0.5], 5))


def test_clamped_cuts_off_both_ends():
    x = jnp.linspace(-3, 3, 7)
    np.testing.assert_array_equal(clamped(x, 2.0), np.clip(x, -2, 2))
    np.testing.assert_array_equal(clamped(x, None), x)
