"""The path styles: each a pure function `(key, config, *, at=None) -> latents [T, D]` float32, in z.

`at` [T] float64 in [0, 1] evaluates the curve at those positions; default: once per frame. Only `random` is
not a curve and has no `at`. A new style is one function here and one entry of `animate.paths.PATHS`. Keys may
be traced: canvases draw the curves of all cells at once, by `jax.vmap` over their keys.
"""

import math

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import (
    BezierConfig,
    BitloopConfig,
    CircleConfig,
    NoiseLoopConfig,
    PeriodConfig,
    PhaseConfig,
    RandomConfig,
    ZigzagConfig,
)


def random_points(key: jax.Array, config: RandomConfig) -> jax.Array:
    """T independent draws of amplitude * N(0, I): latents [T, D] float32."""
    config.check()
    return config.amplitude * jax.random.normal(key, (config.frame_count, config.latent_size))


def zigzag(key: jax.Array, config: ZigzagConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """Lines through `segments` points drawn from amplitude * N(0, I): latents [T, D] float32.

    Closed, the last line leads back to the first point and frame T would equal frame 0; open, the clip
    ends on the last point.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=config.closed) if at is None else at
    points = config.amplitude * jax.random.normal(key, (config.segments, config.latent_size))
    return curves.polyline(points, u, closed=config.closed)


def bezier(key: jax.Array, config: BezierConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """`segments` curves over 3 * `segments` points drawn from amplitude * N(0, I): latents [T, D] float32.

    Direction and speed are continuous across joints and seam; frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    points = config.amplitude * jax.random.normal(key, (3 * config.segments, config.latent_size))
    return curves.bezier_chain(points, u)


def circle(key: jax.Array, config: CircleConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """A circle around the origin in a uniformly random plane: latents [T, D] float32.

    Its radius is amplitude * `radius`, by default amplitude * sqrt(D), the norm of normal latents.
    Frame T would equal frame 0. In one dimension it is a sine.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    radius = config.amplitude * (math.sqrt(config.latent_size) if config.radius is None else config.radius)
    across, up = jax.random.normal(key, (2, config.latent_size))
    across = across / jnp.linalg.norm(across)
    up = up - jnp.dot(up, across, precision="highest") * across
    up = up / jnp.maximum(jnp.linalg.norm(up), 1e-6)
    return curves.circle_loop(radius * across, radius * up, u)


def phase(key: jax.Array, config: PhaseConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """Dimension i is base_i + amplitude * sin(2 pi (u + phase_i)), phase_i uniform in [0, 1).

    Returns: latents [T, D] float32, base ~ N(0, I); frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    base_key, phase_key = jax.random.split(key)
    size = config.latent_size
    return curves.sine_loop(
        jax.random.normal(base_key, (size,)),
        u,
        amplitude=jnp.full(size, config.amplitude),
        cycles=np.ones(size, int),
        phase_turns=jax.random.uniform(phase_key, (size,)),
    )


def period(key: jax.Array, config: PeriodConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """Dimension i is base_i + amplitude * sin(2 pi k_i u), k_i uniform in `config.cycles`.

    Returns: latents [T, D] float32, base ~ N(0, I); frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    base_key, cycles_key = jax.random.split(key)
    size = config.latent_size
    chosen = jax.random.randint(cycles_key, (size,), 0, len(config.cycles))
    return curves.sine_loop(
        jax.random.normal(base_key, (size,)),
        u,
        amplitude=jnp.full(size, config.amplitude),
        cycles=jnp.asarray(config.cycles)[chosen],
        phase_turns=jnp.zeros(size),
        possible=np.asarray(config.cycles),
    )


def bitloop(key: jax.Array, config: BitloopConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """Bit i mod len(bits) = 1: dimension i is base_i + amplitude * sin(2 pi u); 0: it stays at base_i.

    Returns: latents [T, D] float32, base ~ N(0, I); frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    size = config.latent_size
    moves = np.resize([bit == "1" for bit in config.bits], size)
    return curves.sine_loop(
        jax.random.normal(key, (size,)),
        u,
        amplitude=jnp.asarray(config.amplitude * moves, jnp.float32),
        cycles=np.ones(size, int),
        phase_turns=jnp.zeros(size),
    )


def noise_loop(key: jax.Array, config: NoiseLoopConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """A periodic Gaussian process: every frame ~ amplitude * N(0, I), `cycles` sets the speed.

    Dimension i is a sum of sines of 0, 1, 2, ... cycles per clip with normal coefficients of standard
    deviation exp(-(k / cycles)^2 / 2) at k cycles, scaled so that the variances sum to one.

    Returns: latents [T, D] float32; frame T would equal frame 0.
    """
    config.check()
    u = curves.positions(config.frame_count, closed=True) if at is None else at
    k = np.arange(config.highest + 1)
    deviation = np.exp(-np.square(k / config.cycles) / 2)
    deviation = config.amplitude * deviation / np.sqrt(np.square(deviation).sum())
    normal = jax.random.normal(key, (2, len(k), config.latent_size))
    return curves.fourier_loop(normal * jnp.asarray(deviation, jnp.float32)[None, :, None], u)
