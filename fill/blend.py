"""Smooth the edges between colours."""

import jax
import jax.numpy as jnp


@jax.jit(static_argnames="torus")
def blend(image: jax.Array, *, torus: bool = False) -> jax.Array:
    """Mean of the 3 x 3 neighbourhood of each pixel, edges replicated, rounded down.

    Args:
        image: uint8 [..., H, W, C].
        torus: opposite edges meet; they are not replicated.

    Returns:
        uint8 [..., H, W, C].
    """
    assert image.dtype == jnp.uint8, image.dtype
    *_, height, width, _ = image.shape
    edges = [(0, 0)] * (image.ndim - 3) + [(1, 1), (1, 1), (0, 0)]
    padded = jnp.pad(image, edges, mode="wrap" if torus else "edge").astype(jnp.uint16)  # 9 * 255 fits
    rows = padded[..., :height, :, :] + padded[..., 1 : height + 1, :, :] + padded[..., 2:, :, :]
    total = rows[..., :width, :] + rows[..., 1 : width + 1, :] + rows[..., 2:, :]
    return (total // 9).astype(jnp.uint8)
