"""TrainState: all that a training step reads and writes; and the exponential moving average of weights."""

from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct
from jax.sharding import Mesh

from gan.augment import control
from gan.augment.control import AdaState
from gan.config import TrainConfig
from gan.families import Family
from gan.sharding import state_shardings


def update_average(
    average: Any, params: Any, *, nimg: jax.Array, batch_size: int, halflife_nimg: float, rampup: float
) -> Any:
    """One step of the average: beta = 0.5 ^ (batch / half-life), both trees float32 and alike.

    Args:
        average: the average so far.
        params: the newest weights.
        nimg: images seen before this step.
        batch_size: images of this step.
        halflife_nimg: images after which a weight counts half; 0 keeps no memory.
        rampup: the half-life is at most rampup * nimg; 0 means no ramp.

    Source: Karras et al. 2018, "Progressive growing of GANs", appendix A.1 (the average); Karras et al. 2020,
    "Training GANs with limited data", appendix C (half-lives in images).
    """
    halflife = jnp.float32(halflife_nimg)
    if rampup > 0:
        halflife = jnp.minimum(halflife, nimg.astype(jnp.float32) * rampup)
    beta = jnp.exp2(-jnp.float32(batch_size) / jnp.maximum(halflife, 1e-8))
    return jax.tree.map(lambda a, p: p + (a - p) * beta, average, params)


class TrainState(struct.PyTreeNode):
    """A pytree. `nimg` is the clock; keys of a step are folded from `key` and `nimg`, so none is spent."""

    nimg: jax.Array  # images seen, int32 []
    key: jax.Array  # the run's key
    generator: Any
    discriminator: Any
    average: Any  # EMA of the generator
    generator_opt: Any
    discriminator_opt: Any
    path_mean: jax.Array  # running mean path length, float32 []
    ada: AdaState  # strength of the augmentation, and what steers it


def generator_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam with beta1 0, corrected for the lazy path length penalty where there is one."""
    return _adam(config, config.path_interval if config.path_weight > 0 else None)


def discriminator_optimizer(config: TrainConfig) -> optax.GradientTransformation:
    """Adam with beta1 0, corrected for the lazy R1 penalty."""
    return _adam(config, config.r1_interval)


def _adam(config: TrainConfig, interval: int | None) -> optax.GradientTransformation:
    """With c = interval / (interval + 1): rate c * lr and decay beta2^c.

    Adam whose beta1 is 0 is RMSprop with bias correction, which keeps no first moment in memory.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", appendix B.
    """
    c = 1.0 if interval is None else interval / (interval + 1)
    rate, decay = config.learning_rate * c, config.beta2**c
    return optax.rmsprop(rate, decay=decay, eps=1e-8, eps_in_sqrt=False, bias_correction=True)


def birth(key: jax.Array, *, family: Family, config: TrainConfig) -> TrainState:
    """The state at nimg 0. Pure; run it under jit (see `make_state`)."""
    run_key, g_key, d_key = jax.random.split(key, 3)
    generator = family.init_generator(g_key)
    average = jax.tree.map(jnp.copy, generator)
    return beginning(run_key, generator, family.init_discriminator(d_key), average, config=config)


def beginning(
    key: jax.Array, generator: Any, discriminator: Any, average: Any, *, config: TrainConfig
) -> TrainState:
    """The state at nimg 0 of a run with these weights; `key` is the run's."""
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


def make_state(family: Family, config: TrainConfig, mesh: Mesh) -> TrainState:
    """A new state from the config's seed, born on the devices of `mesh`."""
    make = partial(birth, family=family, config=config)
    where = jax.tree.map(lambda leaf: leaf.sharding, abstract_state(family, config, mesh))
    return jax.jit(make, out_shardings=where)(jax.random.key(config.seed))


@lru_cache(maxsize=16)  # every program asks, and tracing the new state takes a quarter of a second
def abstract_state(family: Family, config: TrainConfig, mesh: Mesh) -> TrainState:
    """Shapes, dtypes and shardings of the state: what a checkpoint is restored into."""
    shapes = jax.eval_shape(partial(birth, family=family, config=config), jax.random.key(0))
    where = state_shardings(shapes, mesh, kind=config.sharding)
    return jax.tree.map(lambda a, s: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=s), shapes, where)
