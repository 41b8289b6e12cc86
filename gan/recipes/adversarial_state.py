"""State of adversarial training, and its initial value."""

from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from gan.augment import control
from gan.augment.control import AdaState
from gan.config import TrainConfig
from gan.families import Family
from gan.recipes.optimizer import discriminator_optimizer, generator_optimizer
from gan.recipes.schedules import scheduled


class TrainState(struct.PyTreeNode):
    """A pytree. `nimg` is the clock; keys of an update are folded from `key` and `nimg`, so `key` stays."""

    nimg: jax.Array  # images seen, int32 []
    key: jax.Array  # the run's key
    generator: Any
    discriminator: Any
    average: Any  # EMA of the generator
    generator_opt: Any
    discriminator_opt: Any
    path_mean: jax.Array  # running mean path length, float32 []
    ada: AdaState  # strength of the augmentation, and the statistics that control it


def initial_state(key: jax.Array, *, family: Family, config: TrainConfig) -> TrainState:
    """The state at nimg 0. Pure; `key` is that of the seed."""
    run_key, g_key, d_key = jax.random.split(key, 3)
    generator = family.init_generator(g_key)
    average = jax.tree.map(jnp.copy, generator)
    return state_of_weights(run_key, generator, family.init_discriminator(d_key), average, config=config)


def state_of_weights(
    key: jax.Array, generator: Any, discriminator: Any, average: Any, *, config: TrainConfig
) -> TrainState:
    """The state at nimg 0 of a run that starts from these weights; `key` is the run's."""
    nimg = jnp.zeros((), jnp.int32)
    now = scheduled(config, nimg)
    return TrainState(
        nimg=nimg,
        key=key,
        generator=generator,
        discriminator=discriminator,
        average=average,
        generator_opt=generator_optimizer(config, now).init(generator),
        discriminator_opt=discriminator_optimizer(config, now).init(discriminator),
        path_mean=jnp.zeros(()),
        ada=control.initial(config.augment),
    )
