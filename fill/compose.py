"""Operations on whole images: alpha from darkness, tinting, negatives, compositing.

Images are uint8 [..., H, W, C]; colours are (red, green, blue) in 0..255. Alpha is straight, not
premultiplied.
"""

import jax
import jax.numpy as jnp

from fill.bitmap import luminance, opaque

Color = tuple[int, int, int]
BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)


@jax.jit(static_argnames="color")
def rgba(image: jax.Array, *, color: Color = BLACK) -> jax.Array:
    """Convert to one colour with alpha = 255 - mean of R, G, B, rounded: white is transparent, black opaque.

    Args:
        image: uint8 [..., H, W, C], C = 1, 3 or 4 (composited over white).
        color: colour of every pixel.

    Returns:
        uint8 [..., H, W, 4].
    """
    channels = opaque(image).astype(jnp.int32)
    n = channels.shape[-1]
    mean = (jnp.sum(channels, axis=-1, keepdims=True) + n // 2) // n
    alpha = (255 - mean).astype(jnp.uint8)
    return jnp.concatenate(
        [jnp.broadcast_to(_pixel(color, alpha.ndim), (*alpha.shape[:-1], 3)), alpha], axis=-1
    )


@jax.jit(static_argnames=("color", "paper_color"))
def tint(image: jax.Array, *, color: Color, paper_color: Color = WHITE) -> jax.Array:
    """Map black to `color` and white to `paper_color`, linearly in luminance, rounded.

    Args:
        image: uint8 [..., H, W, C], C = 1, 3 or 4 (composited over white).
        color: colour of the ink.
        paper_color: colour of the paper.

    Returns:
        uint8 [..., H, W, 3].
    """
    light = luminance(image)[..., None]
    ink, sheet = (_pixel(c, light.ndim).astype(jnp.int32) for c in (color, paper_color))
    return ((ink * (255 - light) + sheet * light + 127) // 255).astype(jnp.uint8)


@jax.jit(static_argnames=("min_value", "one_bit"))
def invert(image: jax.Array, *, min_value: int = 0, one_bit: bool = False) -> jax.Array:
    """Negative, v -> 255 - v, scaled from [0, 255] to [min_value, 255], rounded.

    Args:
        image: uint8 [..., H, W, C]; alpha of C = 4 is unchanged.
        min_value: value of white in the result.
        one_bit: round the negative to 0 or 255 before scaling.

    Returns:
        uint8 [..., H, W, C].
    """
    assert 0 <= min_value <= 255, min_value
    negative = 255 - image.astype(jnp.int32)
    if one_bit:
        negative = jnp.where(negative >= 128, 255, 0)
    scaled = (min_value + (negative * (255 - min_value) + 127) // 255).astype(jnp.uint8)
    return scaled if image.shape[-1] != 4 else scaled.at[..., 3].set(image[..., 3])


@jax.jit(static_argnames=("min_value", "one_bit"))
def scale(image: jax.Array, *, min_value: int = 0, one_bit: bool = False) -> jax.Array:
    """Scale values from [0, 255] to [min_value, 255], rounded; arguments and result as `invert`."""
    positive = 255 - image
    if image.shape[-1] == 4:
        positive = positive.at[..., 3].set(image[..., 3])
    return invert(positive, min_value=min_value, one_bit=one_bit)


@jax.jit(static_argnames="white")
def whiten(image: jax.Array, *, white: int) -> jax.Array:
    """Scale values so that `white`, 1 to 255, becomes 255: v -> min(255, v * 255 / white), rounded.

    Args:
        image: uint8 [..., H, W, C]; alpha of C = 4 is unchanged.
        white: white point.
    """
    assert 1 <= white <= 255, white
    scaled = jnp.minimum((image.astype(jnp.int32) * 255 + white // 2) // white, 255).astype(jnp.uint8)
    return scaled if image.shape[-1] != 4 else scaled.at[..., 3].set(image[..., 3])


@jax.jit
def over(top: jax.Array, bottom: jax.Array) -> jax.Array:
    """Composite one image over another.

    Args:
        top: uint8 [..., H, W, 4].
        bottom: uint8 [..., H, W, C], C = 1, 3 or 4; leading axes broadcast, e.g. one
            background for a batch.

    Returns:
        uint8 [..., H, W, 3] over an opaque bottom, [..., H, W, 4] over one with alpha, rounded.

    Source: the operator "over", Porter and Duff, "Compositing digital images" (1984), section 4.3.
    """
    assert top.shape[-1] == 4, top.shape
    shape = jnp.broadcast_shapes(top.shape[:-1], bottom.shape[:-1])
    top = jnp.broadcast_to(top, (*shape, 4)).astype(jnp.int32)
    below = jnp.broadcast_to(bottom, (*shape, bottom.shape[-1])).astype(jnp.int32)
    color, alpha = top[..., :3], top[..., 3:]
    if bottom.shape[-1] != 4:
        below = jnp.broadcast_to(below, (*shape, 3))
        return ((color * alpha + below * (255 - alpha) + 127) // 255).astype(jnp.uint8)
    top_weight = alpha * 255  # weights and alpha in units of 1 / 255^2
    below_weight = below[..., 3:] * (255 - alpha)
    total = top_weight + below_weight
    mixed = (color * top_weight + below[..., :3] * below_weight + total // 2) // jnp.maximum(total, 1)
    return jnp.concatenate([mixed, (total + 127) // 255], axis=-1).astype(jnp.uint8)


def _pixel(color: Color, ndim: int) -> jax.Array:
    return jnp.asarray(color, jnp.uint8).reshape((1,) * (ndim - 1) + (3,))
