"""Symmetries of real images applied at random: mirroring and quarter turns.

They are part of the data, not of the augmentation: the generator learns them.
"""

import jax
import jax.numpy as jnp

from gan.latents import item_keys


def random_symmetries(key: jax.Array, images: jax.Array, items: jax.Array, *, kind: str) -> jax.Array:
    """Images [N, H, W, C] of any dtype, each in a symmetry drawn from its item's key.

    Args:
        key: of the stream.
        images: square where `kind` is "eight".
        items: numbers of the items, [N].
        kind: "none", "mirror" (left-right or not) or "eight" (all symmetries of a square).
    """
    if kind == "none":
        return images
    bits = jax.vmap(lambda k: jax.random.bits(k, dtype=jnp.uint8))(item_keys(key, items))

    def choose(bit: int, changed: jax.Array, same: jax.Array) -> jax.Array:
        return jnp.where((bits & bit > 0)[:, None, None, None], changed, same)

    images = choose(1, images[:, :, ::-1], images)
    if kind == "eight":
        images = choose(2, images[:, ::-1], images)
        images = choose(4, images.swapaxes(1, 2), images)
    return images
