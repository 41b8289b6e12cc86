"""A closed chain of quartic Bezier curves."""

import jax
import numpy as np

from animate import curves
from animate.config import BezierConfig


def bezier(key: jax.Array, config: BezierConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """`segments` curves over 3 * `segments` points drawn from amplitude * N(0, I): latents [T, D] float32.

    Direction and speed go on across joints and seam; frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    points = config.amplitude * jax.random.normal(key, (3 * config.segments, config.latent_size))
    return curves.bezier_chain(points, u)
