"""Numbers that change over a training, by a cosine over images seen; functions of the clock alone.

Sources: Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5
(without restarts); Huang et al. 2024, "The GAN is dead; long live the GAN!", appendix (all four
numbers by a cosine).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from gan.config import TrainConfig, flat
from gan.config_fields import number

Number = float | jax.Array
SCHEDULED = ("r1_gamma", "learning_rate", "beta2", "ema_halflife_nimg")  # each with a field NAME_final


class Scheduled(NamedTuple):
    """Values at one time: Python numbers where constant, else float32 scalars."""

    r1_gamma: Number
    r2_gamma: Number
    learning_rate: Number
    beta2: Number
    ema_halflife_nimg: Number


def cosine(nimg: jax.Array, *, initial: float, final: float, over_nimg: int) -> jax.Array:
    """The value at `nimg` images seen: final + (initial - final) (1 + cos(pi min(nimg / over_nimg, 1))) / 2.

    Args:
        nimg: the clock, int32 [].
        initial: the value at 0, exactly.
        final: the value from `over_nimg` on, exactly.
        over_nimg: length of the schedule in images.

    Returns: float32 [].
    """
    done = jnp.minimum(nimg.astype(jnp.float32) / over_nimg, 1.0)
    left = 0.5 * (1.0 + jnp.cos(jnp.pi * done))
    return left * initial + (1.0 - left) * final


def scheduled(config: TrainConfig, nimg: jax.Array) -> Scheduled:
    """All scheduled numbers of the iteration that starts at `nimg` images; `config` is resolved."""
    values = {name: _value(config, name, nimg) for name in SCHEDULED}
    r2_gamma = config.loss.r2_gamma
    return Scheduled(r2_gamma=values["r1_gamma"] if r2_gamma == "same" else r2_gamma, **values)


def changing(config: TrainConfig) -> frozenset[str]:
    """Names of the numbers that have a schedule."""
    fields = flat(config)
    return frozenset(name for name in SCHEDULED if fields[f"{name}_final"] is not None)


def _value(config: TrainConfig, name: str, nimg: jax.Array) -> Number:
    fields = flat(config)
    initial, final = number(fields[name]), fields[f"{name}_final"]
    if final is None:
        return initial
    over_nimg = config.optim.schedule_nimg or config.total_nimg
    return cosine(nimg, initial=initial, final=number(final), over_nimg=over_nimg)
