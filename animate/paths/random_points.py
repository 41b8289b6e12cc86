"""Independent latents."""

import jax

from animate.config import RandomConfig


def random_points(key: jax.Array, config: RandomConfig) -> jax.Array:
    """T independent draws of amplitude * N(0, I): latents [T, D] float32."""
    config.check()
    return config.amplitude * jax.random.normal(key, (config.frame_count, config.latent_size))
