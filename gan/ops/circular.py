"""Operations on a torus: circular padding around operations that pad with zeros."""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def circular(op: Callable[[jax.Array], jax.Array], x: jax.Array, *, pad: int, scale: int = 1) -> jax.Array:
    """Apply `op` as if opposite edges of its input met.

    Args:
        op: [N, h, w, C] -> [N, scale h, scale w, C'], stationary in the interior of its input.
        x: [N, H, W, C], periodic along H and W.
        pad: pixels of x by which the influence of `op`'s own borders reaches inwards: 1 for a 3x3
            convolution, also with resample="up" (`gan.layers.Conv`), and for `gan.ops.resample.upsample`.
        scale: size of the result over the size of x.

    Returns: [N, scale H, scale W, C'].
    """
    wrapped = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="wrap")
    margin, height, width = pad * scale, x.shape[1] * scale, x.shape[2] * scale
    return op(wrapped)[:, margin : margin + height, margin : margin + width]
