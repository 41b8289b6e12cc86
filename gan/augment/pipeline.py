"""All augmentations, in the paper's order: blits, geometry, colour, filtering, noise, cutout."""

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import jax

from gan.augment import blits, color, corrupt, filters, geometry
from gan.augment.config import AugmentConfig, letters
from gan.latents import item_keys

UNIFORMS = {
    "b": blits.UNIFORMS,
    "g": geometry.UNIFORMS,
    "c": color.UNIFORMS,
    "f": filters.UNIFORMS,
    "n": corrupt.NOISE_UNIFORMS,
    "o": corrupt.CUTOUT_UNIFORMS,
}
# Each group has its own uniforms: its draws do not depend on the other groups.
FIRST_UNIFORM = dict(zip(UNIFORMS, itertools.accumulate(UNIFORMS.values(), initial=0), strict=False))


@partial(jax.jit, static_argnames="config")
def augment(
    key: jax.Array, images: jax.Array, p: jax.Array, *, items: jax.Array, config: AugmentConfig
) -> jax.Array:
    """Transform each image at random: each transform of the enabled groups with probability p.

    Args:
        key: of the stream; item i draws from fold_in(key, i) alone.
        images: float32 [N, H, W, C] in [-1, 1], C = 1 (grey), 3, or 4 (with alpha: geometry and cutout apply
            to it, colour, filtering and noise do not).
        p: float32 [] in [0, 1]; may be traced.
        items: numbers of the items, [N].
        config: groups; static.

    Returns:
        [N, H, W, C], not clipped: values may be outside [-1, 1]. Differentiable to any order in `images`,
        in which it is affine. The identity, to rounding, at p = 0.

    Raises: InputError if config.augment is unknown.

    Source: the paper, appendix B.1, its pseudocode.
    """
    groups = letters(config)
    if not groups:
        return images
    _, height, width, channels = images.shape
    size = {"height": height, "width": width}
    keys = jax.vmap(jax.random.split)(item_keys(key, items))  # [N, 2]
    uniforms = jax.vmap(lambda k: jax.random.uniform(k, (sum(UNIFORMS.values()),)))(keys[:, 0])

    def draw(letter: str, function: Callable[..., Any], **options: Any) -> Any:
        u = uniforms[:, FIRST_UNIFORM[letter] : FIRST_UNIFORM[letter] + UNIFORMS[letter]]
        return jax.vmap(lambda u: function(u, p, **options))(u)

    x = images
    if "b" in groups:
        blit = draw("b", blits.draw_blit, **size)
        x = blits.turn(x, blit)
        if "g" not in groups:
            x = blits.shift(x, blit.shift_px)
    if "g" in groups:
        affine = draw("g", geometry.draw_affine, **size)
        if "b" in groups:  # one resampling for both: no content is lost at the border
            affine = affine._replace(offset_px=affine.offset_px - blit.shift_px.astype(x.dtype))
        x = geometry.warp(x, affine)
    if "c" in groups:
        x = color.recolor(x, draw("c", color.draw_color))
    if "f" in groups:
        x = filters.amplify(x, draw("f", filters.draw_gains))
    if "n" in groups:
        noise = partial(corrupt.noise, shape=(height, width, channels))
        x = x + jax.vmap(noise)(keys[:, 1], draw("n", corrupt.draw_strength))
    if "o" in groups:
        x = x * draw("o", corrupt.draw_cutout, **size)
    return x
