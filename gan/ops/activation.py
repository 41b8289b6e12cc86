"""Nonlinearity of the networks, and clamping."""

import jax
import jax.numpy as jnp

GAIN = 2.0**0.5


def leaky_relu(x: jax.Array) -> jax.Array:
    """Leaky ReLU of slope 0.2, times sqrt 2 to preserve unit variance. Any shape, any float dtype.

    Written as one maximum: its derivative is a step, its second derivative zero.
    """
    return jnp.maximum(x, 0.2 * x) * GAIN


def clamped(x: jax.Array, limit: float | None) -> jax.Array:
    """Clip x to [-limit, limit], which avoids overflow in low precision; None: identity."""
    return x if limit is None else jnp.clip(x, -limit, limit)
