"""State of adversarial training, its optimizers, and its initial value."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from gan.augment import control
from gan.augment.control import AdaState
from gan.config import TrainConfig
from gan.config_fields import number
from gan.families import Family


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


def generator_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam with beta1 0, corrected for the lazy path length penalty where there is one."""
    return _adam(config, config.loss.path_interval if config.loss.path_weight > 0 else None)


def discriminator_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam with beta1 0, corrected for the lazy R1 penalty."""
    return _adam(config, config.loss.r1_interval)


def _adam(config: TrainConfig, interval: int | None) -> optax.GradientTransformation:
    """With c = interval / (interval + 1): rate c * lr and decay beta2^c.

    Adam whose beta1 is 0 is RMSprop with bias correction, which keeps no first moment in memory.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix B.
    """
    c = 1.0 if interval is None else interval / (interval + 1)
    rate, decay = number(config.optim.learning_rate) * c, config.optim.beta2**c
    return optax.rmsprop(rate, decay=decay, eps=1e-8, eps_in_sqrt=False, bias_correction=True)


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
    return TrainState(
        nimg=jnp.zeros((), jnp.int32),
        key=key,
        generator=generator,
        discriminator=discriminator,
        average=average,
        generator_opt=generator_optimizer(config).init(generator),
        discriminator_opt=discriminator_optimizer(config).init(discriminator),
        path_mean=jnp.zeros(()),
        ada=control.initial(config.augment),
    )
