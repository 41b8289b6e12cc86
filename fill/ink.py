"""The ink of a drawing as a layer of its own, to be laid over colours: smooth edges, clear paper."""

import math

import jax
import jax.numpy as jnp

from fill.bitmap import as_rgb, luminance

LEVELS = 256
BRIGHT = 10 / 9  # the quantile at nine tenths, as 1 / share
DARK = 10.0  # that at one tenth


@jax.jit(static_argnames="threshold")
def ink_layer(images: jax.Array, *, threshold: int) -> jax.Array:
    """Grey levels become alpha: clear on paper, opaque where lines are darkest, between them in proportion.

    Clear is what the paper's median less its grain exceeds; opaque what a tenth of the lines falls below, as
    most pixels of a thin line are its soft edges; both image by image. The colour is the mean of what is
    opaque. A drawing in pure black on pure white has alpha = 255 - luminance.

    Args:
        images: uint8 [..., H, W, C], C = 1, 3 or 4 (seen over white).
        threshold: luminance above which a pixel is paper.

    Returns:
        uint8 [..., H, W, 4], alpha straight.
    """
    light = luminance(images)
    rgb = as_rgb(images)
    *lead, height, width = light.shape
    layer = jax.vmap(lambda light, rgb: _layer(light, rgb, threshold))(
        light.reshape(math.prod(lead), height, width), rgb.reshape(math.prod(lead), height, width, 3)
    )
    return layer.reshape(*lead, height, width, 4)


def _layer(light: jax.Array, rgb: jax.Array, threshold: int) -> jax.Array:
    levels = jnp.arange(LEVELS, dtype=jnp.int32)
    count = jnp.zeros(LEVELS, jnp.int32).at[light.reshape(-1)].add(1)
    paper, lines = (jnp.where(kind, count, 0) for kind in (levels > threshold, levels <= threshold))
    middle, bright = (_quantile(paper, share) for share in (2.0, BRIGHT))
    clear = jnp.maximum(middle - 2 * (bright - middle), threshold + 1)  # grain, told by its bright half
    clear = jnp.where(jnp.sum(paper) > 0, clear, LEVELS - 1)
    opaque = _quantile(lines, DARK)
    range_ = jnp.maximum(clear - opaque, 1)
    alpha = jnp.clip((2 * 255 * (clear - light) + range_) // (2 * range_), 0, 255)
    dark = (light <= jnp.minimum(opaque, threshold)).astype(jnp.float32)
    total = jnp.einsum("hw,hwc->c", dark, rgb.astype(jnp.float32), preferred_element_type=jnp.float32)
    color = jnp.round(total / jnp.maximum(jnp.sum(dark), 1)).astype(jnp.uint8)
    return jnp.concatenate([jnp.broadcast_to(color, rgb.shape), alpha[..., None].astype(jnp.uint8)], axis=-1)


def _quantile(count: jax.Array, one_in: float) -> jax.Array:
    """The level up to which more than one in so many lie, of a histogram int32 [LEVELS]."""
    share = jnp.cumsum(count).astype(jnp.float32) * one_in
    return jnp.argmax(share > jnp.sum(count).astype(jnp.float32)).astype(jnp.int32)
