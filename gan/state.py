"""TrainState: everything that a training step reads and writes, and nothing else."""

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct
from jax.sharding import Mesh

from gan.config import TrainConfig
from gan.families import Family
from gan.sharding import replicated


class TrainState(struct.PyTreeNode):
    """A pytree. `nimg` is the clock; keys of a step are folded from `key` and `nimg`, so none is spent."""

    nimg: jax.Array  # images seen, int32 []
    key: jax.Array  # the run's key
    generator: Any
    discriminator: Any
    average: Any  # EMA of the generator
    generator_opt: Any
    discriminator_opt: Any


def generator_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam with beta1 0."""
    return optax.adam(config.learning_rate, b1=0.0, b2=config.beta2, eps=1e-8)


def discriminator_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam corrected for lazy regularisation: with c = k / (k + 1), rate c * lr and decay beta2^c.

    Source: Karras et al. 2020, "Analyzing and improving ...", appendix B.
    """
    c = config.r1_interval / (config.r1_interval + 1)
    return optax.adam(config.learning_rate * c, b1=0.0, b2=config.beta2**c, eps=1e-8)


def birth(key: jax.Array, *, family: Family, config: TrainConfig) -> TrainState:
    """The state at nimg 0. Pure; run it under jit (see `make_state`)."""
    run_key, g_key, d_key = jax.random.split(key, 3)
    generator = family.init_generator(g_key)
    discriminator = family.init_discriminator(d_key)
    return TrainState(
        nimg=jnp.zeros((), jnp.int32),
        key=run_key,
        generator=generator,
        discriminator=discriminator,
        average=jax.tree.map(jnp.copy, generator),
        generator_opt=generator_optimizer(config).init(generator),
        discriminator_opt=discriminator_optimizer(config).init(discriminator),
    )


def make_state(family: Family, config: TrainConfig, mesh: Mesh) -> TrainState:
    """A new state from the config's seed, born on the devices of `mesh`."""
    init = jax.jit(lambda key: birth(key, family=family, config=config), out_shardings=replicated(mesh))
    return init(jax.random.key(config.seed))


def abstract_state(family: Family, config: TrainConfig, mesh: Mesh) -> TrainState:
    """Shapes, dtypes and shardings of the state: what a checkpoint is restored into."""
    shapes = jax.eval_shape(lambda key: birth(key, family=family, config=config), jax.random.key(0))
    where = replicated(mesh)
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=where), shapes)
