"""Latents: drawn by item, named by seed, normalised."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def draw(key: jax.Array, first: jax.Array | int, count: int, *, z_dim: int) -> jax.Array:
    """z ~ N(0, I) for items first .. first + count - 1, each from its own key: [count, z_dim] float32.

    Item i gets fold_in(key, i), whatever batch or device it lands in.
    """
    items = jnp.asarray(first, jnp.uint32) + jnp.arange(count, dtype=jnp.uint32)
    return jax.vmap(lambda i: jax.random.normal(jax.random.fold_in(key, i), (z_dim,)))(items)


def from_seeds(seeds: Sequence[int], *, z_dim: int) -> jax.Array:
    """z [N, z_dim] float32, one per seed: seed 17 means the same latent in every command."""
    keys = jnp.asarray(seeds, jnp.uint32)
    return jax.vmap(lambda s: jax.random.normal(jax.random.key(s), (z_dim,)))(keys)


def normalize(z: jax.Array) -> jax.Array:
    """Pixel norm: z / sqrt(mean z^2 + 1e-8) over the last axis, so that |z|^2 = Z.

    Source: Karras et al. 2018, section 4.2.
    """
    return z * jax.lax.rsqrt(jnp.mean(jnp.square(z), axis=-1, keepdims=True) + 1e-8)
