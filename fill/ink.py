"""The ink of a drawing as a layer of its own, to be laid over colours: smooth edges, clear paper."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from fill.bitmap import as_rgb, luminance

LEVELS = 256
BRIGHT = 10 / 9  # the quantile at nine tenths, as 1 / share
DARK = 20.0  # that at one twentieth


class Tones(NamedTuple):
    """How much of drawings is how dark; tones of several drawings may be added up."""

    px: jax.Array  # float32 [..., LEVELS], pixels of each luminance
    rgb: jax.Array  # float32 [..., LEVELS, 3], the sum of their colours


class Levels(NamedTuple):
    """What is clear and what is opaque; leading axes as the images'."""

    clear: jax.Array  # int32 [...], luminance from which paper has no ink
    opaque: jax.Array  # int32 [...], luminance up to which ink hides all
    color: jax.Array  # uint8 [..., 3]


@jax.jit(static_argnames="threshold")
def ink_layer(images: jax.Array, *, threshold: int, levels: Levels | None = None) -> jax.Array:
    """Grey levels become alpha: clear on paper, opaque where lines are darkest, between them in proportion.

    Args:
        images: uint8 [..., H, W, C], C = 1, 3 or 4 (seen over white).
        threshold: luminance above which a pixel is paper.
        levels: of the images; None: each by itself, `ink_levels(ink_tones(images))`. A drawing in pure black
            on pure white then has alpha = 255 - luminance.

    Returns:
        uint8 [..., H, W, 4], alpha straight.
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
    """Count the luminances of uint8 images [..., H, W, C], image by image."""
    light, rgb = luminance(images), as_rgb(images)
    *lead, height, width = light.shape
    values = jnp.concatenate([jnp.ones((*rgb.shape[:-1], 1), jnp.float32), rgb.astype(jnp.float32)], axis=-1)

    def count(light: jax.Array, values: jax.Array) -> jax.Array:
        return jnp.zeros((LEVELS, 4), jnp.float32).at[light.reshape(-1)].add(values.reshape(-1, 4))

    sums = jax.vmap(count)(light.reshape(-1, height, width), values.reshape(-1, height, width, 4))
    sums = sums.reshape(*lead, LEVELS, 4)
    return Tones(sums[..., 0], sums[..., 1:])


def ink_levels(tones: Tones, *, threshold: int) -> Levels:
    """What is clear and opaque: the paper's median less its grain, and what a twentieth of the lines falls
    below, as most pixels of a thin line are its soft edges. The colour is the mean of what is opaque."""
    level = jnp.arange(LEVELS, dtype=jnp.int32)
    is_paper = jnp.broadcast_to(level > threshold, tones.px.shape)
    paper, lines = jnp.where(is_paper, tones.px, 0), jnp.where(is_paper, 0, tones.px)
    middle, bright = (_quantile(paper, one_in) for one_in in (2.0, BRIGHT))
    clear = jnp.maximum(middle - 2 * (bright - middle), threshold + 1)  # grain, told by its bright half
    clear = jnp.where(jnp.sum(paper, axis=-1) > 0, clear, LEVELS - 1)
    opaque = _quantile(lines, DARK)
    darkest = jnp.broadcast_to(jnp.minimum(opaque, threshold)[..., None], tones.px.shape)
    dark = jnp.where(darkest >= jnp.broadcast_to(level, tones.px.shape), tones.px, 0)
    share = jnp.where(dark > 0, 1.0, 0.0)[..., None] * tones.rgb
    color = jnp.sum(share, axis=-2) / jnp.maximum(jnp.sum(dark, axis=-1, keepdims=True), 1)
    return Levels(clear, opaque, jnp.round(color).astype(jnp.uint8))


def _quantile(px: jax.Array, one_in: float) -> jax.Array:
    """The level up to which more than one in so many lie: float32 [..., LEVELS] -> int32 [...]."""
    share = jnp.cumsum(px, axis=-1) * one_in
    return jnp.argmax(share > jnp.sum(px, axis=-1, keepdims=True), axis=-1).astype(jnp.int32)
