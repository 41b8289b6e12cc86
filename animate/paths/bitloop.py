"""Some dimensions swing, the others stand still."""

import jax
import jax.numpy as jnp
import numpy as np

from animate import curves
from animate.config import BitloopConfig


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
