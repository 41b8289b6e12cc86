"""Through chosen latents."""

import jax
import numpy as np

from animate import curves
from animate.config import KeyframesConfig
from gan import latents

CURVES = {"linear": curves.polyline, "spherical": curves.great_arcs, "spline": curves.spline}


def keyframes(
    key: jax.Array, config: KeyframesConfig, *, at: np.ndarray | None = None, points: jax.Array | None = None
) -> jax.Array:
    """One curve through the latents of `config.seeds`, or through `points`, in order.

    Args:
        key: not used, since nothing is drawn.
        config: `key_count` says how many points there are, where they are given.
        at: positions; by default one per frame.
        points: float32 [K, D] in z or [K, L, W] in w.

    Returns: latents [T, D] or [T, L, W] float32. Closed, frame T would equal frame 0; open, the first and
        last frame are the first and last latent.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=config.closed) if at is None else at
    if points is None:
        points = latents.from_seeds(config.seeds, z_dim=config.latent_size)
    assert points.shape[0] == config.segment_count + config.open, (points.shape, config)
    flat = config.amplitude * points.reshape(points.shape[0], -1)  # [K, L * W]
    return CURVES[config.interpolation](flat, u, closed=config.closed).reshape(len(u), *points.shape[1:])
