"""The ink of a drawing as a layer of its own, to be laid over colours: smooth edges, clear paper."""

import math

import jax
import jax.numpy as jnp

from fill.bitmap import as_rgb, luminance

LEVELS = 256
GRAIN = 0.1  # share of the paper that may be darker than what counts as clear


@jax.jit(static_argnames="threshold")
def ink_layer(images: jax.Array, *, threshold: int) -> jax.Array:
    """Grey levels become alpha: clear on paper, opaque in the middle of lines, between them in proportion.

    Clear is the luminance that all but a tenth of the paper exceeds, opaque the median of the lines', image
    by image; the colour is the mean of what is opaque. A drawing in pure black on pure white has
    alpha = 255 - luminance.

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
    levels = jnp.arange(LEVELS)
    count = jnp.zeros(LEVELS, jnp.int32).at[light.reshape(-1)].add(1)
    paper, lines = (jnp.where(kind, count, 0) for kind in (levels > threshold, levels <= threshold))
    clear = jnp.argmax(jnp.cumsum(paper) > GRAIN * jnp.sum(paper))
    opaque = jnp.argmax(2 * jnp.cumsum(lines) >= jnp.maximum(jnp.sum(lines), 1))
    range_ = jnp.maximum(clear - opaque, 1)
    alpha = jnp.clip((2 * 255 * (clear - light) + range_) // (2 * range_), 0, 255)
    dark = (light <= jnp.minimum(opaque, threshold)).astype(jnp.float32)
    total = jnp.einsum("hw,hwc->c", dark, rgb.astype(jnp.float32), preferred_element_type=jnp.float32)
    color = jnp.round(total / jnp.maximum(jnp.sum(dark), 1)).astype(jnp.uint8)
    return jnp.concatenate([jnp.broadcast_to(color, rgb.shape), alpha[..., None].astype(jnp.uint8)], axis=-1)
