"""Once round a circle."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import CircleConfig


def circle(key: jax.Array, config: CircleConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """A circle about the origin in a plane drawn evenly from all: latents [T, D] float32.

    Its radius is amplitude * `radius`, by default amplitude * sqrt(D), the length of normal latents.
    Frame T would equal frame 0. In one dimension it is a swing to and fro.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    radius = config.amplitude * (math.sqrt(config.latent_size) if config.radius is None else config.radius)
    across, up = jax.random.normal(key, (2, config.latent_size))
    across = across / jnp.linalg.norm(across)
    up = up - jnp.dot(up, across, precision="highest") * across
    up = up / jnp.maximum(jnp.linalg.norm(up), 1e-6)
    return curves.circle_loop(radius * across, radius * up, u)
