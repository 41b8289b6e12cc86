"""The two updates of adversarial training, pure functions of state and batch.

Source: lazy penalties (every k iterations at k times their weight), Karras et al. 2020, "Analyzing and
improving the image quality of StyleGAN", section 3.1. Adam is corrected for them in `gan.recipes.optimizer`.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.random import fold_in
from jax.sharding import Mesh

from data_prep.images import to_float
from gan import latents, losses
from gan.augment import control
from gan.augment.pipeline import augment
from gan.config import TrainConfig
from gan.config_fields import number
from gan.data.symmetries import random_symmetries
from gan.devices.sharding import constrain, split_steps
from gan.families import Family
from gan.ops.scan import scan_or_unroll
from gan.random_streams import AugmentStream, Stream
from gan.recipes.adversarial_state import TrainState
from gan.recipes.ema import update_average
from gan.recipes.optimizer import descend, discriminator_optimizer, frozen_layers, generator_optimizer
from gan.recipes.recipe import Metrics
from gan.recipes.schedules import Scheduled, changing, scheduled


def discriminator_update(
    state: TrainState,
    reals: jax.Array,
    labels: jax.Array | None,
    *,
    family: Family,
    config: TrainConfig,
    with_penalties: bool,
    accumulation_steps: int,
    unroll: bool,
    mesh: Mesh | None,
) -> tuple[TrainState, Metrics]:
    """One step of the discriminator on a batch of reals and as many fresh fakes.

    Args:
        state: before; its nimg is the number of the batch's first image, and is not changed.
        reals: [N, H, W, C] uint8.
        labels: int32 [N]; None without classes. Fakes take the labels of their batch's reals.
        family: the networks.
        config: losses and schedules.
        with_penalties: whether the lazy penalties, R1 and R2, are due. Static.
        accumulation_steps: parts of the batch whose gradients are added up. Static.
        unroll: compile the loop over these parts unrolled. Static.
        mesh: where the batch is split; None on a single device.

    Returns:
        (state with an updated discriminator and the observed signs of logits; metrics, float32 scalars).
    """
    n, now = reals.shape[0], scheduled(config, state.nimg)
    items = latents.numbered(state.nimg, n)
    r1_weight, r2_weight = (gamma / 2 * config.loss.r1_interval for gamma in (now.r1_gamma, now.r2_gamma))
    devices = 1 if mesh is None else mesh.devices.size
    whole_groups = n // accumulation_steps // devices % number(config.network.minibatch_group) == 0

    def loss(params: Any, part: Any) -> tuple[jax.Array, Metrics]:
        reals, items, labels = part
        style_key, noise_key = jax.random.split(fold_in(state.key, Stream.DISCRIMINATOR_Z))
        draw = partial(losses.draw_styles, family=family, style_mixing=config.loss.style_mixing)
        w = draw(style_key, state.generator, items, labels).w
        fakes = losses.synthesize_noisy(noise_key, state.generator, w, items, family=family)
        return losses.discriminator_loss(
            params,
            _seen(state, reals, items, family=family, config=config),
            lax.stop_gradient(fakes),
            family=family,
            labels=labels,
            loss=config.loss.loss,
            r1_weight=r1_weight if with_penalties else None,
            r2_weight=r2_weight if with_penalties and config.loss.r2_gamma != 0 else None,
            augment=_augmented(state, items, family=family, config=config),
            joined=whole_groups and config.network.minibatch_order == "neighbours",
            mesh=mesh,
        )

    batch = split_steps((reals, items, labels), mesh, steps=accumulation_steps)
    grads, metrics = _mean_gradient(loss, state.discriminator, batch, unroll=unroll)
    discriminator, optimizer = descend(
        discriminator_optimizer(config, now),
        _thawed(grads, config.optim.freeze_d),
        state.discriminator_opt,
        state.discriminator,
    )
    metrics |= _reported(now, config, ["r1_gamma"])
    ada = control.observe(state.ada, metrics["sign_real"], count=n)
    state = state.replace(discriminator=discriminator, discriminator_opt=optimizer, ada=ada)
    return state, metrics


def generator_update(
    state: TrainState,
    reals: jax.Array,
    labels: jax.Array | None,
    *,
    family: Family,
    config: TrainConfig,
    with_path: bool,
    accumulation_steps: int,
    unroll: bool,
    mesh: Mesh | None,
) -> tuple[TrainState, Metrics]:
    """One step of the generator, its average, ADA and the clock.

    Args:
        state: after the discriminator's update.
        reals: the batch, [N, H, W, C] uint8; only the relativistic loss uses it.
        labels: int32 [N] of the batch; None without classes.
        family: the networks.
        config: losses and schedules.
        with_path: whether the lazy path length penalty is due. Static.
        accumulation_steps: parts of the batch whose gradients are added up. Static.
        unroll: compile the loop over these parts unrolled. Static.
        mesh: where the batch is split; None on a single device.

    Returns:
        (state of the next iteration, metrics, float32 scalars).
    """
    n, now = number(config.batch_size), scheduled(config, state.nimg)
    items = latents.numbered(state.nimg, n)
    compared = reals if config.loss.loss == "relativistic" else None

    def loss(params: Any, part: Any) -> tuple[jax.Array, tuple[Metrics, jax.Array, jax.Array]]:
        reals, items, labels = part
        loss, (metrics, w) = losses.generator_loss(
            fold_in(state.key, Stream.GENERATOR_Z),
            params,
            state.discriminator,
            items,
            family=family,
            labels=labels,
            reals=None if reals is None else _seen(state, reals, items, family=family, config=config),
            style_mixing=config.loss.style_mixing,
            augment=_augmented(state, items, family=family, config=config),
        )
        if not with_path:
            return loss, (metrics, w.mean(0), state.path_mean)
        thinned = partial(_thinned, shrink=config.loss.path_batch_shrink, mesh=mesh)
        penalty, (reported, path_mean) = losses.path_penalty(
            fold_in(state.key, Stream.PATH_Z),
            params,
            thinned(items),
            None if labels is None else thinned(labels),
            state.path_mean,
            family=family,
            decay=config.loss.path_decay,
            style_mixing=config.loss.style_mixing,
        )
        weight = config.loss.path_weight * config.loss.path_interval
        return loss + weight * penalty, (metrics | reported, w.mean(0), path_mean)

    batch = split_steps((compared, items, labels), mesh, steps=accumulation_steps)
    grads, (metrics, w_mean, path_mean) = _mean_gradient(loss, state.generator, batch, unroll=unroll)
    generator, optimizer = descend(
        generator_optimizer(config, now), grads, state.generator_opt, state.generator
    )
    generator = family.track(generator, w_mean)
    average = update_average(
        state.average,
        generator,
        nimg=state.nimg,
        batch_size=n,
        halflife_nimg=now.ema_halflife_nimg,
        rampup=config.ema.ema_rampup,
    )
    metrics |= _reported(now, config, ["learning_rate", "beta2", "ema_halflife_nimg"])
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


def _seen(
    state: TrainState, reals: jax.Array, items: jax.Array, *, family: Family, config: TrainConfig
) -> jax.Array:
    """Real images as both updates see them before augmentation: uint8 -> float32 in [-1, 1]."""
    keys = latents.item_keys(fold_in(state.key, Stream.CROPS), items)
    seen = family.crop_for_training(to_float(reals), keys=keys)
    key = fold_in(state.key, Stream.SYMMETRIES)
    return random_symmetries(key, seen, items, kind=config.symmetries)


def _reported(now: Scheduled, config: TrainConfig, names: Sequence[str]) -> Metrics:
    """Metrics of the numbers of `names` that have a schedule."""
    return {name: jnp.asarray(getattr(now, name)) for name in names if name in changing(config)}


def _augmented(state: TrainState, items: jax.Array, *, family: Family, config: TrainConfig) -> losses.Augment:
    """Augmentation of images; channels of statistics stay as they are."""
    channels = family.shape[2]
    p = control.probability(state.ada, config=config.augment)

    def apply(images: jax.Array, stream: AugmentStream) -> jax.Array:
        key = fold_in(fold_in(state.key, Stream.AUGMENT), stream)
        if images.shape[3] == channels:
            return augment(key, images, p, items=items, config=config.augment)
        changed = augment(key, images[..., :channels], p, items=items, config=config.augment)
        return jnp.concatenate([changed, images[..., channels:]], axis=-1)

    return apply


def _mean_gradient(
    loss: Callable[[Any, Any], tuple[jax.Array, Any]], params: Any, batch: Any, *, unroll: bool
) -> tuple[Any, Any]:
    """Gradient and auxiliary results of `loss(params, part)`: means over parts of a batch [steps, ...]."""
    gradient = jax.grad(loss, has_aux=True)
    steps = jax.tree.leaves(batch)[0].shape[0]
    total = gradient(params, jax.tree.map(lambda leaf: leaf[0], batch))
    if steps == 1:
        return total
    others = jax.tree.map(lambda leaf: leaf[1:], batch)

    def body(total: Any, part: Any) -> Any:
        part = _after(total, part) if unroll else part
        return jax.tree.map(jnp.add, total, gradient(params, part))

    total = scan_or_unroll(body, total, others, unroll=unroll)
    return jax.tree.map(lambda leaf: leaf / steps, total)


def _after(done: Any, part: Any) -> Any:
    """`part` made to depend on `done`: else the compiler may hold the activations of all parts at once."""
    nothing = sum((leaf.ravel()[0].astype(jnp.float32) * 0 for leaf in jax.tree.leaves(done)), jnp.zeros(()))
    return jax.tree.map(lambda leaf: leaf + nothing.astype(leaf.dtype), part)


def _thinned(leaf: jax.Array, *, shrink: int, mesh: Mesh | None) -> jax.Array:
    """Every `shrink`-th item, if their number allows: the same items on any number of devices, none moved."""
    few = leaf[:: math.gcd(leaf.shape[0], shrink)]
    return few if mesh is None or few.shape[0] % mesh.devices.size else constrain(few, mesh)


def _thawed(gradient: Any, frozen: int) -> Any:
    """The discriminator's gradient without that of its frozen layers."""
    names = frozen_layers(gradient, frozen)
    return {
        name: jax.tree.map(jnp.zeros_like, leaf) if name in names else leaf for name, leaf in gradient.items()
    }
