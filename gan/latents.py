"""Latents: random draws per item or per seed, and normalisation."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def draw(key: jax.Array, items: jax.Array, *, z_dim: int) -> jax.Array:
    """Draw z ~ N(0, I) for each item of [N] from its own key: [N, z_dim] float32."""
    return jax.vmap(lambda k: jax.random.normal(k, (z_dim,)))(item_keys(key, items))


def item_keys(key: jax.Array, items: jax.Array) -> jax.Array:
    """One key per item: fold_in(key, item), [N]; independent of batch size and device."""
    return jax.vmap(lambda item: jax.random.fold_in(key, item))(items)


def numbered(first: jax.Array | int, count: int) -> jax.Array:
    """The items first .. first + count - 1: uint32 [count]."""
    return jnp.asarray(first, jnp.uint32) + jnp.arange(count, dtype=jnp.uint32)


def from_seeds(seeds: Sequence[int], *, z_dim: int) -> jax.Array:
    """z [N, z_dim] float32, one per seed; a seed has the same latent in every command."""
    keys = jnp.asarray(seeds, jnp.uint32)
    return jax.vmap(lambda s: jax.random.normal(jax.random.key(s), (z_dim,)))(keys)


def normalize(z: jax.Array) -> jax.Array:
    """Pixel norm: z / sqrt(mean z^2 + 1e-8) over the last axis, so that |z|^2 = Z.

    Source: Karras et al. 2018, section 4.2.
    """
    return z * jax.lax.rsqrt(jnp.mean(jnp.square(z), axis=-1, keepdims=True) + 1e-8)
