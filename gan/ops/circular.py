"""Operations on a torus: images whose opposite edges meet, along both axes."""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def wrapped(x: jax.Array, *, before: int, after: int) -> jax.Array:
    """Continue periodic images at both ends of an axis: [N, H, W, C] -> [N, H + before + after, ..., C]."""
    width = (before, after)
    return jnp.pad(x, ((0, 0), width, width, (0, 0)), mode="wrap")


def folded(x: jax.Array) -> jax.Array:
    """Add the last row to the first and the last column to the first: [N, H + 1, W + 1, C] -> [N, H, W, C].

    The transpose of `wrapped` with after = 1. After a transposed convolution with a 3x3 kernel at stride 2,
    which extends a pixel beyond twice the size, the result is that of a periodic input.
    """
    x = x[:, :-1].at[:, 0].add(x[:, -1])
    return x[:, :, :-1].at[:, :, 0].add(x[:, :, -1])


def circular(op: Callable[[jax.Array], jax.Array], x: jax.Array, *, pad: int, scale: int = 1) -> jax.Array:
    """Apply `op` as if opposite edges of its input met.

    Args:
        op: [N, h, w, C] -> [N, scale h, scale w, C'], stationary in the interior of its input.
        x: [N, H, W, C], periodic along H and W.
        pad: pixels of x by which the influence of `op`'s own borders reaches inwards: 1 for
            `gan.ops.resample.upsample`.
        scale: size of the result over the size of x.

    Returns: [N, scale H, scale W, C'].
    """
    margin, height, width = pad * scale, x.shape[1] * scale, x.shape[2] * scale
    return op(wrapped(x, before=pad, after=pad))[:, margin : margin + height, margin : margin + width]
