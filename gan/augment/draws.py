"""Randomness of augmentation: a key per item, a gate per transform."""

import jax
import jax.numpy as jnp

Scalar = jax.Array | float


def item_keys(key: jax.Array, first: jax.Array | int, count: int) -> jax.Array:
    """Keys of items first .. first + count - 1, key [count]: fold_in(key, item)."""
    items = jnp.asarray(first, jnp.uint32) + jnp.arange(count, dtype=jnp.uint32)
    return jax.vmap(jax.random.fold_in, (None, 0))(key, items)


def gated(gate: jax.Array, p: Scalar, value: jax.Array, neutral: float | int) -> jax.Array:
    """`value` with probability p, else `neutral`.

    Args:
        gate: uniform on [0, 1), one for this transform: never below p = 0, always below p = 1.
        p: probability.
        value: drawn for the case that the transform is applied; `neutral` leaves images as they are.
    """
    return jnp.where(gate < p, value, jnp.asarray(neutral, value.dtype))


def log_normal(normal: jax.Array, sigma_octaves: float) -> jax.Array:
    """2^(sigma * normal): the paper's Lognormal(0, (sigma ln 2)^2)."""
    return jnp.exp2(normal * sigma_octaves)
