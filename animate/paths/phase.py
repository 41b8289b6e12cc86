"""Every dimension with its own start."""

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import PhaseConfig


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
