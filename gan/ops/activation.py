"""The networks' nonlinearity, and its limits."""

import jax
import jax.numpy as jnp

GAIN = 2.0**0.5


def leaky_relu(x: jax.Array) -> jax.Array:
    """Leaky ReLU of slope 0.2, times sqrt 2 so that unit variance stays near one. Any shape, any float dtype.

    Written as one maximum: its derivative is a step, its second derivative zero.
    """
    return jnp.maximum(x, 0.2 * x) * GAIN


def clamped(x: jax.Array, limit: float | None) -> jax.Array:
    """x cut off beyond -limit and limit, which keeps low precision finite; None leaves it as it is."""
    return x if limit is None else jnp.clip(x, -limit, limit)
