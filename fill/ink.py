"""Extract the ink of a drawing as an RGBA layer over colours: smooth edges, transparent paper."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from fill.bitmap import as_rgb, luminance

LEVELS = 256
BRIGHT = 10 / 9  # quantile 0.9, as 1 / fraction
DARK = 20.0  # quantile 0.05


class Tones(NamedTuple):
    """Luminance histograms of drawings; tones of several drawings may be added."""

    px: jax.Array  # float32 [..., LEVELS], pixels of each luminance
    rgb: jax.Array  # float32 [..., LEVELS, 3], sums of their colours


class Levels(NamedTuple):
    """Luminance levels of transparent paper and opaque ink; leading axes as the images."""

    clear: jax.Array  # int32 [...], alpha is 0 from this luminance upwards
    opaque: jax.Array  # int32 [...], alpha is 255 up to this luminance
    color: jax.Array  # uint8 [..., 3], of the ink


@jax.jit
def ink_layer(images: jax.Array, *, threshold: int | jax.Array, levels: Levels | None = None) -> jax.Array:
    """Convert gray levels to alpha: 0 on paper, 255 where lines are darkest, linear in between.

    Args:
        images: uint8 [..., H, W, C], C = 1, 3 or 4 (composited over white).
        threshold: luminance above which a pixel is paper, int or int32 [...].
        levels: of the images; None: measured per image, `ink_levels(ink_tones(images))`. A drawing in pure
            black on pure white then has alpha = 255 - luminance.

    Returns:
        uint8 [..., H, W, 4], straight alpha.
    """
    light = luminance(images)
    clear, opaque, color = levels or ink_levels(ink_tones(images), threshold=threshold)
    clear, opaque = clear[..., None, None], opaque[..., None, None]
    span = jnp.maximum(clear - opaque, 1)
    alpha = jnp.clip((2 * 255 * (jnp.broadcast_to(clear, light.shape) - light) + span) // (2 * span), 0, 255)
    ink = jnp.broadcast_to(color[..., None, None, :], (*light.shape, 3))
    return jnp.concatenate([ink, alpha[..., None].astype(jnp.uint8)], axis=-1)


@jax.jit
def ink_tones(images: jax.Array) -> Tones:
    """Luminance histogram of each image, uint8 [..., H, W, C]."""
    light, rgb = luminance(images), as_rgb(images)
    *lead, height, width = light.shape
    values = jnp.concatenate([jnp.ones((*rgb.shape[:-1], 1), jnp.float32), rgb.astype(jnp.float32)], axis=-1)

    def count(light: jax.Array, values: jax.Array) -> jax.Array:
        return jnp.zeros((LEVELS, 4), jnp.float32).at[light.reshape(-1)].add(values.reshape(-1, 4))

    sums = jax.vmap(count)(light.reshape(-1, height, width), values.reshape(-1, height, width, 4))
    sums = sums.reshape(*lead, LEVELS, 4)
    return Tones(sums[..., 0], sums[..., 1:])


def ink_levels(tones: Tones, *, threshold: int | jax.Array) -> Levels:
    """Estimate levels and ink colour from histograms.

    `clear` is the median of the paper minus its grain; `opaque` is the 5% quantile of the lines, because most
    pixels of a thin line are its soft edges. The colour is the mean of opaque pixels.
    """
    level = jnp.arange(LEVELS, dtype=jnp.int32)
    threshold = jnp.broadcast_to(jnp.asarray(threshold, jnp.int32), tones.px.shape[:-1])
    is_paper = jnp.broadcast_to(level, tones.px.shape) > threshold[..., None]
    paper, lines = jnp.where(is_paper, tones.px, 0), jnp.where(is_paper, 0, tones.px)
    middle, bright = (_quantile(paper, one_in) for one_in in (2.0, BRIGHT))
    clear = jnp.maximum(middle - 2 * (bright - middle), threshold + 1)  # grain, measured on its bright half
    clear = jnp.where(jnp.sum(paper, axis=-1) > 0, clear, LEVELS - 1)
    opaque = _quantile(lines, DARK)
    darkest = jnp.broadcast_to(jnp.minimum(opaque, threshold)[..., None], tones.px.shape)
    dark = jnp.where(darkest >= jnp.broadcast_to(level, tones.px.shape), tones.px, 0)
    opaque_rgb = jnp.where(dark > 0, 1.0, 0.0)[..., None] * tones.rgb
    color = jnp.sum(opaque_rgb, axis=-2) / jnp.maximum(jnp.sum(dark, axis=-1, keepdims=True), 1)
    return Levels(clear, opaque, jnp.round(color).astype(jnp.uint8))


def _quantile(px: jax.Array, one_in: float) -> jax.Array:
    """Quantile 1 / `one_in` of a histogram: float32 [..., LEVELS] -> int32 [...]."""
    scaled = jnp.cumsum(px, axis=-1) * one_in
    return jnp.argmax(scaled > jnp.sum(px, axis=-1, keepdims=True), axis=-1).astype(jnp.int32)
