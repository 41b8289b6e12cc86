"""One dispatch of training: several iterations, each a discriminator update and a generator update."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import lax
from jax.sharding import Mesh

from data_prep.images import to_float
from gan import ema, latents, objectives
from gan.augment import control
from gan.augment.pipeline import augment
from gan.config import TrainConfig
from gan.families import Family
from gan.objectives import Metrics
from gan.sharding import replicated, split, split_rounds
from gan.state import TrainState, abstract_state, discriminator_optimizer, generator_optimizer
from gan.symmetries import random_symmetries

# Streams folded into the run's key, one per kind of draw.
DISCRIMINATOR_Z, GENERATOR_Z, PATH_Z, AUGMENT, SYMMETRIES = range(5)


class Due(NamedTuple):
    """Which lazy penalties an iteration carries. Static: each combination is a program of its own, because
    XLA on CPU runs convolutions inside a conditional many times slower."""

    r1: bool = False
    path: bool = False


def due(nimg: int, config: TrainConfig) -> Due:
    """The penalties of the iteration that starts at `nimg`."""
    i = nimg // config.batch_size
    return Due(i % config.r1_interval == 0, config.path_weight > 0 and i % config.path_interval == 0)


def iteration(
    state: TrainState,
    reals: jax.Array,
    labels: jax.Array | None = None,
    *,
    family: Family,
    config: TrainConfig,
    penalties: Due,
    mesh: Mesh | None = None,
) -> tuple[TrainState, Metrics]:
    """One discriminator update, then one generator update against it.

    Args:
        state: before; its nimg is the number of the batch's first image.
        reals: [N, H, W, C] uint8.
        labels: int32 [N]; None without classes. Fakes take the labels of their batch's reals.
        family: the networks.
        config: losses and schedules.
        penalties: those due (see `due`).
        mesh: where the batch is split; None on a single device.

    Returns:
        (state after, metrics of this iteration, float32 scalars).

    Sources: lazy penalties (every k iterations at k times their weight), Karras et al. 2020, "Analyzing and
    improving ...", section 3.1; Adam's correction for them is in `gan.state`.
    """
    n, rounds = reals.shape[0], config.accumulate
    streams = [jax.random.fold_in(state.key, stream) for stream in range(5)]
    items = latents.numbered(state.nimg, n)
    batch = split_rounds((reals, items, labels), rounds, mesh)
    p = control.probability(state.ada, config=config.augment)

    def augmented(items: jax.Array) -> objectives.Augment:
        def apply(images: jax.Array, stream: int) -> jax.Array:
            key = jax.random.fold_in(streams[AUGMENT], stream)
            return augment(key, images, p, items=items, config=config.augment)

        return apply

    def d_loss(params: Any, part: Any) -> tuple[jax.Array, Metrics]:
        reals, items, labels = part
        reals = random_symmetries(streams[SYMMETRIES], reals, items, kind=config.symmetries)
        style_key, noise_key = jax.random.split(streams[DISCRIMINATOR_Z])
        draw = partial(objectives.draw_styles, family=family, style_mixing=config.style_mixing)
        w = draw(style_key, state.generator, items, labels).w
        fakes = objectives.synthesize_noisy(noise_key, state.generator, w, items, family=family)
        return objectives.discriminator_loss(
            params,
            to_float(reals),
            lax.stop_gradient(fakes),
            labels,
            family=family,
            with_r1=penalties.r1,
            weight=config.r1_gamma / 2 * config.r1_interval,
            augment=augmented(items),
        )

    d_grads, d_metrics = _mean_gradient(d_loss, state.discriminator, batch, rounds)
    d_grads = _thawed(d_grads, config.freeze_d)
    discriminator, d_opt = _descend(
        discriminator_optimizer(config), d_grads, state.discriminator_opt, state.discriminator
    )

    def g_loss(params: Any, part: Any) -> tuple[jax.Array, tuple[Metrics, jax.Array, jax.Array]]:
        _, items, labels = part
        loss, (metrics, w) = objectives.generator_loss(
            streams[GENERATOR_Z],
            params,
            discriminator,
            items,
            labels,
            family=family,
            style_mixing=config.style_mixing,
            augment=augmented(items),
        )
        if not penalties.path:
            return loss, (metrics, w.mean(0), state.path_mean)
        few = split_rounds((items, labels), _path_share(items.shape[0], config, mesh), mesh)
        penalty, (told, path_mean) = objectives.path_penalty(
            streams[PATH_Z],
            params,
            few[0][0],
            None if few[1] is None else few[1][0],
            state.path_mean,
            family=family,
            decay=config.path_decay,
            style_mixing=config.style_mixing,
        )
        weight = config.path_weight * config.path_interval
        return loss + weight * penalty, (metrics | told, w.mean(0), path_mean)

    g_grads, (g_metrics, w_mean, path_mean) = _mean_gradient(g_loss, state.generator, batch, rounds)
    generator, g_opt = _descend(generator_optimizer(config), g_grads, state.generator_opt, state.generator)
    generator = family.track(generator, w_mean)
    average = ema.update(
        state.average,
        generator,
        nimg=state.nimg,
        batch_size=n,
        halflife_nimg=config.ema_halflife_nimg,
        rampup=config.ema_rampup,
    )
    ada = control.observe(state.ada, d_metrics["sign_real"], count=n)
    state = state.replace(
        nimg=state.nimg + n,
        generator=generator,
        discriminator=discriminator,
        average=average,
        generator_opt=g_opt,
        discriminator_opt=d_opt,
        path_mean=path_mean,
        ada=control.adjust(ada, batch_size=n, config=config.augment),
    )
    return state, d_metrics | g_metrics | {"augment_p": p}


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


def _path_share(n: int, config: TrainConfig, mesh: Mesh | None) -> int:
    """Into how many parts a round is cut, one of which is penalised: each device gives as much."""
    return math.gcd(n // (1 if mesh is None else mesh.devices.size), config.path_batch_shrink)


def _thawed(gradient: Any, frozen: int) -> Any:
    """The discriminator's gradient without that of its first `frozen` layers, counted from the image.

    Source: Mo et al. 2020, "Freeze the discriminator: a simple baseline for fine-tuning GANs".
    """
    levels = [int(name.split("_")[1]) for name in gradient if name.startswith("down_")]
    order = ["rgb"]
    for level in sorted(levels, reverse=True):
        order += [f"conv_{level}", f"down_{level}"]
    names = set(order[:frozen])
    names |= {f"skip_{name.split('_')[1]}" for name in names if name.startswith("down_")}
    return {
        name: jax.tree.map(jnp.zeros_like, leaf) if name in names else leaf for name, leaf in gradient.items()
    }


def _descend(optimizer: optax.GradientTransformation, grads: Any, opt: Any, params: Any) -> tuple[Any, Any]:
    with jax.numpy_dtype_promotion("standard"):  # optax raises a float to an integer power
        updates, opt = optimizer.update(grads, opt)
        return optax.apply_updates(params, updates), opt


COUNTS = {"penalty_r1": "r1_count", "penalty_path": "path_count", "path_length": "path_count"}
"""Metrics that only some iterations have, and which count they are averages over."""


def train_step(
    state: TrainState,
    reals: jax.Array,
    labels: jax.Array | None = None,
    *,
    family: Family,
    config: TrainConfig,
    penalties: Due = Due(),  # noqa: B008
    mesh: Mesh | None = None,
) -> tuple[TrainState, Metrics]:
    """K iterations in one call; lazy penalties, where due, fall on the first.

    Args:
        state: before.
        reals: [K, N, H, W, C] uint8; K batches in their order.
        labels: int32 [K, N]; None without classes.
        family: the networks.
        config: losses and schedules.
        penalties: of the first iteration; static.
        mesh: where batches are split; None on a single device.

    Returns:
        (state after K iterations, metrics summed over them: divide by "iterations", or see `COUNTS`).

    On CPU the iterations are laid out one after the other (a loop's body is slow there), elsewhere those
    without penalties are a loop. K changes rounding, as any other compilation does.
    """
    one = partial(iteration, family=family, config=config, mesh=mesh)
    batches = (reals, labels)
    first, others = (jax.tree.map(lambda leaf, s=s: leaf[s], batches) for s in (0, slice(1, None)))
    state, told = one(state, *first, penalties=penalties)
    total = {name: jnp.zeros(()) for name in COUNTS} | told
    total |= {"iterations": jnp.ones(()), "r1_count": jnp.float32(penalties.r1)}
    total |= {"path_count": jnp.float32(penalties.path)}

    def body(carry: tuple[TrainState, Metrics], batch: Any) -> tuple[tuple[TrainState, Metrics], None]:
        state, total = carry
        state, told = one(state, *batch, penalties=Due())
        told |= {"iterations": jnp.ones(())}
        return (state, {name: value + told.get(name, 0.0) for name, value in total.items()}), None

    carry = (state, total)
    if jax.default_backend() == "cpu":
        for i in range(reals.shape[0] - 1):
            carry, _ = body(carry, jax.tree.map(lambda leaf, i=i: leaf[i], others))
    else:
        carry, _ = lax.scan(body, carry, others)
    return carry


def make_train_step(family: Family, config: TrainConfig, mesh: Mesh, *, penalties: Due) -> Any:
    """`train_step` jitted for `mesh`: the state donated, where it lives; batches split along their items."""
    where = jax.tree.map(lambda leaf: leaf.sharding, abstract_state(family, config, mesh))
    return jax.jit(
        partial(train_step, family=family, config=config, penalties=penalties, mesh=mesh),
        donate_argnums=0,
        in_shardings=(where, split(mesh, axis=1), split(mesh, axis=1)),
        out_shardings=(where, replicated(mesh)),
    )
