"""Curves through chosen latents."""

import jax
import numpy as np

from animate import curves
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import seeds_only
from gan import latents

CURVES = {"linear": curves.polyline, "spherical": curves.great_arcs, "spline": curves.spline}


def keyframes(
    key: jax.Array, config: KeyframesConfig, *, at: np.ndarray | None = None, points: jax.Array | None = None
) -> jax.Array:
    """One curve through the latents of the seeds in `config.keys`, or through `points`, in order.

    Args:
        key: unused; nothing is random.
        config: `key_count` is the number of points, if passed.
        at: times in [0, 1], pauses included; default: one per frame.
        points: float32 [K, D] in z or [K, L, W] in w.

    Returns: latents [T, D] or [T, L, W] float32. Closed, frame T would equal frame 0; open, the first and
        last frame are the first and last latent.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=config.closed) if at is None else at
    if points is None:
        seeds = seeds_only(config.keys, flag="--keys")
        assert seeds is not None, config
        points = latents.from_seeds(seeds, z_dim=config.latent_size)
    assert points.shape[0] == config.segment_count + config.open, (points.shape, config)
    flat = config.amplitude * points.reshape(points.shape[0], -1)  # [K, L * W]
    curve = CURVES[config.interpolation]
    return curve(flat, curve_positions(u, config), closed=config.closed).reshape(len(u), *points.shape[1:])


def curve_positions(u: np.ndarray, config: KeyframesConfig) -> np.ndarray:
    """Times u [T] in [0, 1] -> positions on the curve in [0, 1], with pauses and easing."""
    if not config.rests and not config.move_sec:
        return u
    holds, moves = config.hold_frames, config.move_frames
    durations = np.zeros(2 * len(moves) + 1)  # pauses and segments alternate, in frames
    durations[1::2], durations[2::2] = holds[: len(moves)], moves
    times = np.cumsum(durations)
    if not config.closed:
        times = np.append(times, times[-1] + holds[-1])
    numbers = np.arange(len(times)) // 2  # latents: 0 0 1 1 2 2 ...
    on = np.interp(u * times[-1], times, numbers)
    segment = np.floor(on)
    return (segment + curves.ease(on - segment, config.easing)) / len(moves)
