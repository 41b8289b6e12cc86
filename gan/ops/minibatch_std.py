"""Minibatch standard deviation: a channel with the standard deviation within the batch."""

import math

import jax
import jax.numpy as jnp


def minibatch_std(x: jax.Array, *, group_size: int, strided: bool = False) -> jax.Array:
    """Append a channel with the mean standard deviation within groups of items.

    Args:
        x: [N, H, W, C], any float dtype; statistics are computed in float32.
        group_size: items per group; lowered to the largest common divisor with N.
        strided: of M groups, item i belongs to group i mod M. Otherwise groups are contiguous rows, so that a
            batch sharded into blocks of whole groups needs no communication.

    Returns:
        [N, H, W, C + 1]; the last channel holds, per group, the mean over positions and channels of
        the standard deviation over the group.

    Source: Karras et al. 2018 (progressive growing), section 3.
    """
    n, h, w, c = x.shape
    size = math.gcd(n, group_size)
    split = (size, n // size) if strided else (n // size, size)
    groups = x.astype(jnp.float32).reshape(*split, h, w, c)  # [M, G, H, W, C]; strided: [G, M, H, W, C]
    deviation = jnp.sqrt(groups.var(axis=0 if strided else 1) + 1e-8).mean(axis=(1, 2, 3))  # [M]
    each = jnp.tile(deviation, size) if strided else jnp.repeat(deviation, size)
    plane = each.astype(x.dtype).reshape(n, 1, 1, 1)
    return jnp.concatenate([x, jnp.broadcast_to(plane, (n, h, w, 1))], axis=-1)
