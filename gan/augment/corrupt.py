"""Corruptions: additive noise, and cutout.

Source: the paper, appendix B.1, additional image-space corruptions.
"""

import jax
import jax.numpy as jnp

from gan.augment.draws import Scalar, gated, normal

NOISE_UNIFORMS, CUTOUT_UNIFORMS = 2, 3  # per item
NOISE = 0.1  # standard deviation of the normal whose magnitude is the noise's, values in [-1, 1]
CUTOUT = 0.5  # side of the rectangle, in images


def draw_strength(u: jax.Array, p: Scalar) -> jax.Array:
    """Noise of one item, from uniforms [2]: |N(0, 0.1^2)| with probability p, else 0; float32 []."""
    return gated(u[0], p, jnp.abs(normal(u[1])) * NOISE, 0)


def noise(key: jax.Array, strength: jax.Array, *, shape: tuple[int, int, int]) -> jax.Array:
    """Independent normal values of one item, [H, W, C]; alpha, the fourth of four channels, gets 0."""
    height, width, channels = shape
    values = strength * jax.random.normal(key, (height, width, min(channels, 3)))
    return jnp.pad(values, ((0, 0), (0, 0), (0, channels - values.shape[2])))


def draw_cutout(u: jax.Array, p: Scalar, *, height: int, width: int) -> jax.Array:
    """Cutout mask of one item, from uniforms [3]: 0 in a rectangle of half its size, 1 elsewhere.

    Returns float32 [H, W, 1]; all ones with probability 1 - p. The rectangle's centre is uniform over the
    image. Multiplication sets values to 0, mid grey, in every channel.
    """

    def inside(center: jax.Array, size: int) -> jax.Array:
        low, high = (jnp.round((center + side * CUTOUT / 2) * size) for side in (-1, 1))
        at = jnp.arange(size, dtype=jnp.float32)
        return (at >= low) & (at < high)

    hole = inside(u[2], height)[:, None] & inside(u[1], width)[None, :]
    return jnp.where(hole & (u[0] < p), 0.0, 1.0)[..., None]
