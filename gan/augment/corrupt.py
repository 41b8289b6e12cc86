"""Corruptions: additive noise, and cutout.

Source: the paper, appendix B.1, additional image-space corruptions.
"""

import jax
import jax.numpy as jnp

from gan.augment.draws import Scalar, gated

NOISE = 0.1  # standard deviation of the normal whose magnitude is the noise's, values in [-1, 1]
CUTOUT = 0.5  # side of the rectangle, in images


def draw_noise(key: jax.Array, p: Scalar, *, shape: tuple[int, int, int]) -> jax.Array:
    """Noise of one item, float32 [H, W, C], of strength |N(0, 0.1^2)|; zeros with probability 1 - p.

    Alpha, the fourth of four channels, gets none.
    """
    gate_key, strength_key, noise_key = jax.random.split(key, 3)
    strength = jnp.abs(jax.random.normal(strength_key)) * NOISE
    strength = gated(jax.random.uniform(gate_key), p, strength, 0)
    height, width, channels = shape
    noise = strength * jax.random.normal(noise_key, (height, width, min(channels, 3)))
    return jnp.pad(noise, ((0, 0), (0, 0), (0, channels - noise.shape[2])))


def draw_cutout(key: jax.Array, p: Scalar, *, height: int, width: int) -> jax.Array:
    """What is left of one item, float32 [H, W, 1]: 0 in a rectangle of half its size, 1 elsewhere.

    The centre is uniform over the image; all ones with probability 1 - p. Multiplied, values become 0, the
    middle of [-1, 1], in every channel.
    """
    u = jax.random.uniform(key, (3,))

    def inside(center: jax.Array, size: int) -> jax.Array:
        low, high = (jnp.round((center + side * CUTOUT / 2) * size) for side in (-1, 1))
        at = jnp.arange(size, dtype=jnp.float32)
        return (at >= low) & (at < high)

    hole = inside(u[2], height)[:, None] & inside(u[1], width)[None, :]
    return jnp.where(hole & (u[0] < p), 0.0, 1.0)[..., None]
