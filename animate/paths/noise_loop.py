"""Smooth noise that closes."""

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import NoiseLoopConfig


def noise_loop(key: jax.Array, config: NoiseLoopConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """A periodic Gaussian process: at every moment amplitude * N(0, I), wandering as fast as `cycles` says.

    Dimension i is a sum of sines of 0, 1, 2, ... cycles per clip whose coefficients are normal, of standard
    deviation exp(-(k / cycles)^2 / 2) at k cycles, scaled so that the variances add up to one.

    Returns: latents [T, D] float32; frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    k = np.arange(config.highest + 1)
    deviation = np.exp(-np.square(k / config.cycles) / 2)
    deviation = config.amplitude * deviation / np.sqrt(np.square(deviation).sum())
    normal = jax.random.normal(key, (2, len(k), config.latent_size))
    return curves.fourier_loop(normal * jnp.asarray(deviation, jnp.float32)[None, :, None], u)
