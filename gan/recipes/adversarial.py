"""The two updates of a training iteration, from state to state: the discriminator's, then the generator's."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jax.random import fold_in
from jax.sharding import Mesh

from data_prep.images import to_float
from gan import latents, losses
from gan.augment import control
from gan.augment.pipeline import augment
from gan.config import TrainConfig
from gan.data.symmetries import random_symmetries
from gan.families import Family
from gan.losses import Metrics
from gan.random_streams import AugmentStream, Stream
from gan.sharding import constrain, split_rounds
from gan.state import TrainState, discriminator_optimizer, generator_optimizer, update_average


def discriminator_update(
    state: TrainState,
    reals: jax.Array,
    labels: jax.Array | None = None,
    *,
    family: Family,
    config: TrainConfig,
    with_r1: bool,
    mesh: Mesh | None = None,
) -> tuple[TrainState, Metrics]:
    """One step of the discriminator on a batch of reals and as many fresh fakes.

    Args:
        state: before; its nimg is the number of the batch's first image, and stays.
        reals: [N, H, W, C] uint8.
        labels: int32 [N]; None without classes. Fakes take the labels of their batch's reals.
        family: the networks.
        config: losses and schedules.
        with_r1: whether the lazy R1 penalty is due. Static.
        mesh: where the batch is split; None on a single device.

    Returns:
        (state with another discriminator, and signs observed; metrics, float32 scalars).
    """
    n, rounds = reals.shape[0], config.accumulate
    items = latents.numbered(state.nimg, n)
    share = n // rounds // (1 if mesh is None else mesh.devices.size)  # of a device in a round

    def loss(params: Any, part: Any) -> tuple[jax.Array, Metrics]:
        reals, items, labels = part
        reals = random_symmetries(fold_in(state.key, Stream.SYMMETRIES), reals, items, kind=config.symmetries)
        style_key, noise_key = jax.random.split(fold_in(state.key, Stream.DISCRIMINATOR_Z))
        draw = partial(losses.draw_styles, family=family, style_mixing=config.style_mixing)
        w = draw(style_key, state.generator, items, labels).w
        fakes = losses.synthesize_noisy(noise_key, state.generator, w, items, family=family)
        return losses.discriminator_loss(
            params,
            to_float(reals),
            lax.stop_gradient(fakes),
            labels,
            family=family,
            with_r1=with_r1,
            weight=config.r1_gamma / 2 * config.r1_interval,
            augment=_augmented(state, items, config),
            joined=share % int(config.network.minibatch_group) == 0
            and config.network.minibatch_order == "neighbours",
            mesh=mesh,
        )

    batch = split_rounds((reals, items, labels), rounds, mesh)
    grads, metrics = _mean_gradient(loss, state.discriminator, batch, rounds)
    discriminator, optimizer = _descend(
        discriminator_optimizer(config),
        _thawed(grads, config.freeze_d),
        state.discriminator_opt,
        state.discriminator,
    )
    ada = control.observe(state.ada, metrics["sign_real"], count=n)
    state = state.replace(discriminator=discriminator, discriminator_opt=optimizer, ada=ada)
    return state, metrics


def generator_update(
    state: TrainState,
    labels: jax.Array | None = None,
    *,
    family: Family,
    config: TrainConfig,
    with_path: bool,
    mesh: Mesh | None = None,
) -> tuple[TrainState, Metrics]:
    """One step of the generator against the discriminator, and of all that follows it; the clock goes on.

    Args:
        state: after the discriminator's update.
        labels: int32 [N] of the batch; None without classes.
        family: the networks.
        config: losses and schedules.
        with_path: whether the lazy path length penalty is due. Static.
        mesh: where the batch is split; None on a single device.

    Returns:
        (state of the next iteration, metrics, float32 scalars).
    """
    n, rounds = int(config.batch_size), config.accumulate
    items = latents.numbered(state.nimg, n)

    def loss(params: Any, part: Any) -> tuple[jax.Array, tuple[Metrics, jax.Array, jax.Array]]:
        items, labels = part
        loss, (metrics, w) = losses.generator_loss(
            fold_in(state.key, Stream.GENERATOR_Z),
            params,
            state.discriminator,
            items,
            labels,
            family=family,
            style_mixing=config.style_mixing,
            augment=_augmented(state, items, config),
        )
        if not with_path:
            return loss, (metrics, w.mean(0), state.path_mean)
        thinned = partial(_thinned, shrink=config.path_batch_shrink, mesh=mesh)
        penalty, (told, path_mean) = losses.path_penalty(
            fold_in(state.key, Stream.PATH_Z),
            params,
            thinned(items),
            None if labels is None else thinned(labels),
            state.path_mean,
            family=family,
            decay=config.path_decay,
            style_mixing=config.style_mixing,
        )
        weight = config.path_weight * config.path_interval
        return loss + weight * penalty, (metrics | told, w.mean(0), path_mean)

    batch = split_rounds((items, labels), rounds, mesh)
    grads, (metrics, w_mean, path_mean) = _mean_gradient(loss, state.generator, batch, rounds)
    generator, optimizer = _descend(generator_optimizer(config), grads, state.generator_opt, state.generator)
    generator = family.track(generator, w_mean)
    average = update_average(
        state.average,
        generator,
        nimg=state.nimg,
        batch_size=n,
        halflife_nimg=config.ema_halflife_nimg,
        rampup=config.ema_rampup,
    )
    metrics |= {"augment_p": control.probability(state.ada, config=config.augment)}
    state = state.replace(
        nimg=state.nimg + n,
        generator=generator,
        average=average,
        generator_opt=optimizer,
        path_mean=path_mean,
        ada=control.adjust(state.ada, batch_size=n, config=config.augment),
    )
    return state, metrics


def _augmented(state: TrainState, items: jax.Array, config: TrainConfig) -> losses.Augment:
    p = control.probability(state.ada, config=config.augment)

    def apply(images: jax.Array, stream: AugmentStream) -> jax.Array:
        key = fold_in(fold_in(state.key, Stream.AUGMENT), stream)
        return augment(key, images, p, items=items, config=config.augment)

    return apply


def _mean_gradient(
    loss: Callable[[Any, Any], tuple[jax.Array, Any]], params: Any, batch: Any, rounds: int
) -> tuple[Any, Any]:
    """Gradient and further results of `loss(params, part)`: means over the parts [rounds, ...] of a batch."""
    gradient = jax.grad(loss, has_aux=True)
    total = gradient(params, jax.tree.map(lambda leaf: leaf[0], batch))
    if rounds == 1:
        return total
    others = jax.tree.map(lambda leaf: leaf[1:], batch)

    def body(total: Any, part: Any) -> tuple[Any, None]:
        return jax.tree.map(jnp.add, total, gradient(params, part)), None

    if jax.default_backend() == "cpu":  # a loop's body is slow there
        for i in range(rounds - 1):
            part = jax.tree.map(lambda leaf, i=i: leaf[i], others)
            total, _ = body(total, _after(total, part))
    else:
        total, _ = lax.scan(body, total, others)
    return jax.tree.map(lambda leaf: leaf / rounds, total)


def _after(done: Any, part: Any) -> Any:
    """`part`, unchanged, but not to be had before `done`: else all rounds would be held in memory at once."""
    nothing = sum((leaf.ravel()[0].astype(jnp.float32) * 0 for leaf in jax.tree.leaves(done)), jnp.zeros(()))
    return jax.tree.map(lambda leaf: leaf + nothing.astype(leaf.dtype), part)


def _thinned(leaf: jax.Array, *, shrink: int, mesh: Mesh | None) -> jax.Array:
    """Every `shrink`-th item, if their number allows: the same ones on any number of devices, which each
    keep their own."""
    few = leaf[:: math.gcd(leaf.shape[0], shrink)]
    return few if mesh is None or few.shape[0] % mesh.devices.size else constrain(few, mesh)


def _thawed(gradient: Any, frozen: int) -> Any:
    """The discriminator's gradient without that of its first `frozen` blocks, counted from the image: one
    for each halving, from-RGB with the first of them.

    Source: Mo et al. 2020, "Freeze the discriminator: a simple baseline for fine-tuning GANs".
    """
    levels = sorted((int(name.split("_")[1]) for name in gradient if name.startswith("down_")), reverse=True)
    names = {f"{layer}_{level}" for level in levels[:frozen] for layer in ("conv", "down", "skip")}
    names |= {"rgb"} if frozen else set()
    return {
        name: jax.tree.map(jnp.zeros_like, leaf) if name in names else leaf for name, leaf in gradient.items()
    }


def _descend(optimizer: optax.GradientTransformation, grads: Any, opt: Any, params: Any) -> tuple[Any, Any]:
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
        updates, opt = optimizer.update(grads, opt)
        return optax.apply_updates(params, updates), opt
