"""Luminance of drawings, and the mask of paper pixels: luminance above a threshold."""

import jax
import jax.numpy as jnp

CHANNELS = (1, 3, 4)  # gray, RGB, RGBA


@jax.jit
def luminance(images: jax.Array) -> jax.Array:
    """Rec. 601 luma in 16-bit fixed point, (19595 R + 38470 G + 7471 B + 32768) >> 16, equal to Pillow's "L".

    Args:
        images: uint8 [..., H, W, C], C = 1, 3 or 4; RGBA is composited over white.

    Returns:
        int32 [..., H, W] in 0..255.
    """
    images = opaque(images).astype(jnp.int32)
    if images.shape[-1] == 1:
        return images[..., 0]
    r, g, b = images[..., 0], images[..., 1], images[..., 2]
    return (19595 * r + 38470 * g + 7471 * b + 32768) >> 16


def paper(images: jax.Array, *, threshold: int | jax.Array) -> jax.Array:
    """Mask of paper, luminance above `threshold` (int32 [...]): uint8 [..., H, W, C] -> bool [..., H, W]."""
    light = luminance(images)
    return light > jnp.broadcast_to(jnp.asarray(threshold, jnp.int32)[..., None, None], light.shape)


def opaque(images: jax.Array) -> jax.Array:
    """Composite RGBA over white: uint8 [..., 4] -> [..., 3], rounded; gray and RGB are returned unchanged."""
    assert images.dtype == jnp.uint8, images.dtype
    assert images.shape[-1] in CHANNELS, images.shape
    if images.shape[-1] != 4:
        return images
    color, alpha = images[..., :3].astype(jnp.int32), images[..., 3:].astype(jnp.int32)
    return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(jnp.uint8)


def as_rgb(images: jax.Array) -> jax.Array:
    """Convert to RGB: uint8 [..., C] -> [..., 3]; RGBA is composited over white."""
    images = opaque(images)
    return jnp.broadcast_to(images, (*images.shape[:-1], 3))
