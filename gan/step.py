"""One dispatch of training: several iterations, each a discriminator update and a generator update."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jax.sharding import Mesh

from data_prep.images import to_float
from gan import ema, latents, losses
from gan.config import TrainConfig
from gan.families import Family
from gan.penalties import squared_gradient
from gan.sharding import constrain, replicated, split
from gan.state import TrainState, discriminator_optimizer, generator_optimizer

DISCRIMINATOR_Z, GENERATOR_Z = 0, 1  # streams folded into the run's key

Metrics = dict[str, jax.Array]


def discriminator_loss(
    params: Any, reals: jax.Array, fakes: jax.Array, *, family: Family, with_r1: bool, weight: float
) -> tuple[jax.Array, Metrics]:
    """Mean logistic loss, plus `weight` times the mean R1 penalty where asked; reals, fakes [N, H, W, C]."""
    critic = partial(family.discriminate, params, labels=None)
    if with_r1:
        penalty, real_logits = squared_gradient(critic, reals)
    else:
        penalty, real_logits = jnp.zeros(reals.shape[0]), critic(reals)
    fake_logits = critic(fakes)
    loss = losses.real_loss(real_logits).mean() + losses.fake_loss(fake_logits).mean()
    metrics = {
        "loss_d": loss,
        "penalty_r1": penalty.mean(),
        "logit_real": real_logits.mean(),
        "logit_fake": fake_logits.mean(),
        "sign_real": jnp.sign(real_logits).mean(),
    }
    return loss + weight * penalty.mean(), metrics


def iteration(
    state: TrainState,
    reals: jax.Array,
    *,
    family: Family,
    config: TrainConfig,
    with_r1: bool,
    mesh: Mesh | None = None,
) -> tuple[TrainState, Metrics]:
    """One discriminator update, then one generator update against it.

    Args:
        state: before; its nimg is the index of the batch's first image.
        reals: [N, H, W, C] uint8.
        with_r1: whether this iteration is due for the lazy penalty (see `is_penalised`).
        mesh: where the batch is split; None on a single device.

    Returns:
        (state after, metrics of this iteration, float32 scalars).

    Sources: lazy R1 (every r1_interval iterations at r1_interval times its weight), Karras et al. 2020,
    section 3.1; Adam's correction is in `state.discriminator_optimizer`.
    """
    n = reals.shape[0]
    reals = constrain(to_float(reals), mesh)

    def fakes(params: Any, stream: int) -> jax.Array:
        key = jax.random.fold_in(state.key, stream)
        z = constrain(latents.draw(key, state.nimg, n, z_dim=family.z_dim), mesh)
        return family.synthesize(params, family.map(params, z, labels=None, truncation=1.0), noise="const")

    d_loss = partial(
        discriminator_loss,
        reals=reals,
        fakes=fakes(state.generator, DISCRIMINATOR_Z),
        family=family,
        with_r1=with_r1,
        weight=config.r1_gamma / 2 * config.r1_interval,
    )
    d_grads, metrics = jax.grad(d_loss, has_aux=True)(state.discriminator)
    discriminator, d_opt = _descend(
        discriminator_optimizer(config), d_grads, state.discriminator_opt, state.discriminator
    )

    def g_loss(params: Any) -> jax.Array:
        logits = family.discriminate(discriminator, fakes(params, GENERATOR_Z), labels=None)
        return losses.generator_loss(logits).mean()

    loss_g, g_grads = jax.value_and_grad(g_loss)(state.generator)
    generator, g_opt = _descend(generator_optimizer(config), g_grads, state.generator_opt, state.generator)
    average = ema.update(
        state.average,
        generator,
        nimg=state.nimg,
        batch_size=n,
        halflife_nimg=config.ema_halflife_nimg,
        rampup=config.ema_rampup,
    )
    state = state.replace(
        nimg=state.nimg + n,
        generator=generator,
        discriminator=discriminator,
        average=average,
        generator_opt=g_opt,
        discriminator_opt=d_opt,
    )
    return state, metrics | {"loss_g": loss_g}


def _descend(optimizer: optax.GradientTransformation, grads: Any, opt: Any, params: Any) -> tuple[Any, Any]:
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
        updates, opt = optimizer.update(grads, opt)
        return optax.apply_updates(params, updates), opt


def is_penalised(nimg: int, config: TrainConfig) -> bool:
    """Whether the iteration that starts at `nimg` carries the R1 penalty."""
    return (nimg // config.batch_size) % config.r1_interval == 0


def train_step(
    state: TrainState,
    reals: jax.Array,
    *,
    family: Family,
    config: TrainConfig,
    with_r1: bool = True,
    mesh: Mesh | None = None,
) -> tuple[TrainState, Metrics]:
    """K iterations in one call; R1, where due, falls on the first.

    Args:
        state: before.
        reals: [K, N, H, W, C] uint8; K batches in their order.
        with_r1: whether the first iteration is penalised. Static: the penalty is compiled in or left
            out, because XLA on CPU runs convolutions inside a conditional many times slower.

    Returns:
        (state after K iterations, metrics summed over them; divide by "iterations", R1 by "penalties").

    On CPU the iterations are laid out one after the other (a loop's body is slow there for the same
    reason), elsewhere the unpenalised ones are a loop. K changes rounding, as any other compilation does.
    """
    one = partial(iteration, family=family, config=config, mesh=mesh)
    state, total = one(state, reals[0], with_r1=with_r1)
    total |= {"iterations": jnp.ones(()), "penalties": jnp.float32(with_r1)}

    def body(carry: tuple[TrainState, Metrics], batch: jax.Array) -> tuple[tuple[TrainState, Metrics], None]:
        state, total = carry
        state, metrics = one(state, batch, with_r1=False)
        metrics |= {"iterations": jnp.ones(()), "penalties": jnp.zeros(())}
        return (state, jax.tree.map(jnp.add, total, metrics)), None

    carry = (state, total)
    if jax.default_backend() == "cpu":
        for batch in reals[1:]:
            carry, _ = body(carry, batch)
    else:
        carry, _ = lax.scan(body, carry, reals[1:])
    return carry


def make_train_step(family: Family, config: TrainConfig, mesh: Mesh, *, with_r1: bool) -> Any:
    """`train_step` jitted for `mesh`: state replicated and donated, reals split along the batch."""
    return jax.jit(
        partial(train_step, family=family, config=config, with_r1=with_r1, mesh=mesh),
        donate_argnums=0,
        in_shardings=(replicated(mesh), split(mesh, axis=1)),
        out_shardings=(replicated(mesh), replicated(mesh)),
    )
