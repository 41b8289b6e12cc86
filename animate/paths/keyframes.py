"""Through chosen latents."""

import jax
import numpy as np

from animate import curves
from animate.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import seeds_alone
from gan import latents

CURVES = {"linear": curves.polyline, "spherical": curves.great_arcs, "spline": curves.spline}


def keyframes(
    key: jax.Array, config: KeyframesConfig, *, at: np.ndarray | None = None, points: jax.Array | None = None
) -> jax.Array:
    """One curve through the latents of the seeds in `config.keys`, or through `points`, in order.

    Args:
        key: not used, since nothing is drawn.
        config: `key_count` says how many points there are, where they are given.
        at: positions in time, of which holds take their share; by default one per frame.
        points: float32 [K, D] in z or [K, L, W] in w.

    Returns: latents [T, D] or [T, L, W] float32. Closed, frame T would equal frame 0; open, the first and
        last frame are the first and last latent.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=config.closed) if at is None else at
    if points is None:
        seeds = seeds_alone(config.keys, flag="--keys")
        assert seeds is not None, config
        points = latents.from_seeds(seeds, z_dim=config.latent_size)
    assert points.shape[0] == config.segment_count + config.open, (points.shape, config)
    flat = config.amplitude * points.reshape(points.shape[0], -1)  # [K, L * W]
    curve = CURVES[config.interpolation]
    return curve(flat, places(u, config), closed=config.closed).reshape(len(u), *points.shape[1:])


def places(u: np.ndarray, config: KeyframesConfig) -> np.ndarray:
    """Times u [T] in [0, 1] -> where on the curve it is then, in [0, 1]: at rest, or on its way."""
    if not config.rests and not config.move_sec:
        return u
    holds, moves = config.hold_frames, config.move_frames
    spent = np.zeros(2 * len(moves) + 1)  # arriving and leaving by turns, in frames
    spent[1::2], spent[2::2] = holds[: len(moves)], moves
    times = np.cumsum(spent)
    if not config.closed:
        times = np.append(times, times[-1] + holds[-1])
    passed = np.arange(len(times)) // 2  # latents: 0 0 1 1 2 2 ...
    on = np.interp(u * times[-1], times, passed)
    way = np.floor(on)
    return (way + curves.ease(on - way, config.easing)) / len(moves)
