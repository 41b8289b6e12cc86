"""Pixel blits: mirror, quarter turns and whole-pixel shifts. No interpolation.

Source: the paper, appendix B.1, figure "pixel blitting".
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from gan.augment.draws import Scalar, gated

UNIFORMS = 7  # per item
SHIFT = 0.125  # of the image's size, each way


class Blit(NamedTuple):
    """In this order: mirrored left-right, turned, shifted."""

    mirrored: jax.Array  # bool []
    turns: jax.Array  # int32 [], quarter turns counter-clockwise
    shift_px: jax.Array  # int32 [2], (x, y)


def draw_blit(u: jax.Array, p: Scalar, *, height: int, width: int) -> Blit:
    """The blit of one item, from uniforms [7].

    Each of the three is applied with probability p; the drawn value may be the identity: at p = 1 half of the
    items are mirrored and a quarter is not turned. Images that are not square take half turns only: a
    quarter turn would not fit.
    """
    turns = jnp.floor(u[3] * 4).astype(jnp.int32)
    if height != width:
        turns = turns // 2 * 2
    shift = jnp.round((u[5:7] * 2 - 1) * jnp.array([width, height], jnp.float32) * SHIFT).astype(jnp.int32)
    return Blit(gated(u[0], p, u[1] < 0.5, False), gated(u[2], p, turns, 0), gated(u[4], p, shift, 0))


def turn(images: jax.Array, blits: Blit) -> jax.Array:
    """Mirror, then turn: [N, H, W, C] -> [N, H, W, C]; equals np.rot90(image[:, ::-1], turns)."""
    mirrored, turns = blits.mirrored, blits.turns
    x = _where(mirrored, images[:, :, ::-1], images)
    if images.shape[1] == images.shape[2]:
        x = _where(turns % 2 == 1, x.transpose(0, 2, 1, 3), x)
    # A quarter turn is a transposition and a flip; a half turn is both flips.
    x = _where((turns == 1) | (turns == 2), x[:, ::-1], x)
    return _where((turns == 2) | (turns == 3), x[:, :, ::-1], x)


def shift(images: jax.Array, shift_px: jax.Array) -> jax.Array:
    """Move images by int32 [N, 2] (x, y) px, at most an eighth of their size, with reflected borders."""
    _, height, width, channels = images.shape
    margin_x, margin_y = round(width * SHIFT), round(height * SHIFT)
    padded = jnp.pad(images, ((0, 0), (margin_y, margin_y), (margin_x, margin_x), (0, 0)), mode="reflect")

    def one(image: jax.Array, by: jax.Array) -> jax.Array:
        start = (margin_y - by[1], margin_x - by[0], jnp.zeros((), by.dtype))
        return lax.dynamic_slice(image, start, (height, width, channels))

    return jax.vmap(one)(padded, shift_px)


def _where(condition: jax.Array, yes: jax.Array, no: jax.Array) -> jax.Array:
    return jnp.where(condition[:, None, None, None], yes, no)
