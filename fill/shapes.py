"""One colour per region, laid onto its pixels."""

import jax
import jax.numpy as jnp
from jax import lax


@jax.jit
def paint(labels: jax.Array, colors: jax.Array) -> jax.Array:
    """Look up the colour of every pixel's label.

    Args:
        labels: int32 [..., H, W] in 0..K.
        colors: uint8 [..., K + 1, 3], with the leading axes of `labels`.

    Returns:
        uint8 [..., H, W, 3].
    """
    assert colors.dtype == jnp.uint8, colors.dtype
    assert colors.shape[-1] == 3, colors.shape
    assert colors.shape[:-2] == labels.shape[:-2], (colors.shape, labels.shape)
    words = lax.bitcast_convert_type(_pad_channel(colors), jnp.uint32)  # [..., K + 1]: one load per pixel
    flat = labels.reshape(*labels.shape[:-2], -1)
    pixels = jnp.take_along_axis(words, flat, axis=-1, mode="promise_in_bounds").reshape(labels.shape)
    return lax.bitcast_convert_type(pixels, jnp.uint8)[..., :3]


def _pad_channel(colors: jax.Array) -> jax.Array:
    return jnp.pad(colors, [(0, 0)] * (colors.ndim - 1) + [(0, 1)])
