"""Straight lines through random points."""

import jax
import numpy as np

from animate import curves
from animate.config import ZigzagConfig


def zigzag(key: jax.Array, config: ZigzagConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """Lines through `segments` points drawn from amplitude * N(0, I): latents [T, D] float32.

    Closed, the last line leads back to the first point and frame T would equal frame 0; open, the clip
    ends on the last point.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=config.closed) if at is None else at
    points = config.amplitude * jax.random.normal(key, (config.segments, config.latent_size))
    return curves.polyline(points, u, closed=config.closed)
