"""Every dimension at its own tempo."""

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import PeriodConfig


def period(key: jax.Array, config: PeriodConfig, *, at: np.ndarray | None = None) -> jax.Array:
    """Dimension i is base_i + amplitude * sin(2 pi k_i u), k_i drawn evenly from `config.cycles`.

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
        cycles=np.asarray(config.cycles)[np.asarray(chosen)],
        phase_turns=jnp.zeros(size),
    )
