"""Adversarial training: a discriminator update, then a generator update against it.

Sources: lazy penalties (every k iterations at k times their weight), Karras et al. 2020, "Analyzing and
improving the image quality of StyleGAN", section 3.1; Adam's correction for them is in `adversarial_state`.
"""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jax.random import fold_in
from jax.sharding import Mesh

from data_prep.errors import InputError
from data_prep.images import to_float
from gan import latents, losses
from gan.augment import control
from gan.augment.pipeline import augment
from gan.config import TrainConfig
from gan.config_fields import AUTO, number
from gan.data.symmetries import random_symmetries
from gan.families import Family, build
from gan.ops.scan import scan_or_unroll
from gan.random_streams import AugmentStream, Stream
from gan.recipes.adversarial_state import (
    TrainState,
    discriminator_optimizer,
    generator_optimizer,
    initial_state,
)
from gan.recipes.ema import update_average
from gan.recipes.recipe import Metrics, Update
from gan.sample import Generator, identity, sample_images, save_generator
from gan.sharding import constrain, split_steps


@dataclasses.dataclass(frozen=True)
class Adversarial:
    """Generator against discriminator; see `gan.recipes.recipe.Recipe`."""

    config: TrainConfig
    family: Family

    cycle = property(lambda self: math.lcm(self.config.loss.r1_interval, self.config.loss.path_interval))
    losses = ("loss_d", "loss_g")
    trained = ("generator", "discriminator")
    exported = "average"
    measured = True

    @classmethod
    def build(cls, config: TrainConfig, shape: tuple[int, int, int], *, num_classes: int) -> Self:
        """The recipe for images of `shape` (H, W, C) and, if it is conditional, classes."""
        return cls(config, build(config, shape, num_classes=num_classes))

    @property
    def batch_size(self) -> int:
        """Images per iteration, over all devices."""
        return number(self.config.batch_size)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an image."""
        return self.family.shape

    @property
    def num_classes(self) -> int:
        """Classes that the networks know."""
        return self.family.num_classes

    @property
    def lazy_metrics(self) -> dict[str, str]:
        """Metrics of the lazy penalties."""
        return {"penalty_r1": "discriminator", "penalty_path": "generator", "path_length": "generator"}

    @property
    def smaller(self) -> str:
        """Flags that make the networks smaller."""
        own = getattr(self.config.network, "has_own_widths", False)
        widths = "smaller --generator-widths and --discriminator-widths"
        return widths if own else "a smaller --channel-base"

    @property
    def can_accumulate(self) -> bool:
        """Whether more than one gradient accumulation step is possible."""
        return self.config.network.minibatch_order != "strided"

    @property
    def remedy(self) -> str:
        """What to change when a loss is no longer finite."""
        config = self.config
        return (
            f"a lower --learning-rate (now {config.optim.learning_rate}) or a higher --r1-gamma "
            f"(now {config.loss.r1_gamma})"
        )

    def init_state(self, key: jax.Array) -> TrainState:
        """The state at nimg 0."""
        return initial_state(key, family=self.family, config=self.config)

    def due(self, nimg: int) -> tuple[Update, ...]:
        """Discriminator, then generator, with the penalties of the iteration that starts at `nimg`."""
        config, i = self.config, nimg // self.batch_size
        r1 = i % config.loss.r1_interval == 0
        path = config.loss.path_weight > 0 and i % config.loss.path_interval == 0
        return Update("discriminator", r1), Update("generator", path)

    def accumulation_steps(self, devices: int) -> Sequence[int]:
        """The requested number; "auto": all that keep the discriminator's groups whole, fewest first.

        Strided groups span the batch: in several steps they would be other groups, so there is one step only.

        Raises: InputError: a device's part of the batch cannot be divided into so many.
        """
        config = self.config
        per_device = self.batch_size // devices
        group = math.gcd(per_device, number(config.network.minibatch_group))
        groups = per_device // group
        possible = [k for k in range(1, groups + 1 if self.can_accumulate else 2) if groups % k == 0]
        if not self.can_accumulate and config.optim.accumulate not in (1, AUTO):
            raise InputError(
                f"--accumulate {config.optim.accumulate}: must be 1 with --minibatch-order strided; or set "
                "--minibatch-order neighbours"
            )
        if config.optim.accumulate == AUTO:
            return possible
        if config.optim.accumulate not in possible:
            raise InputError(
                f"--accumulate {config.optim.accumulate}: must be one of {', '.join(map(str, possible))} "
                f"for batch {self.batch_size} on {devices} devices in groups of {group}"
            )
        return [config.optim.accumulate]

    def update(
        self,
        update: Update,
        state: TrainState,
        reals: jax.Array,
        labels: jax.Array | None,
        *,
        accumulation_steps: int,
        unroll: bool,
        mesh: Mesh | None,
    ) -> tuple[TrainState, Metrics]:
        """One update of either network."""
        options: dict[str, Any] = {"accumulation_steps": accumulation_steps, "unroll": unroll, "mesh": mesh}
        options |= {"family": self.family, "config": self.config}
        if update.name == "discriminator":
            return discriminator_update(state, reals, labels, with_r1=update.lazy, **options)
        return generator_update(state, labels, with_path=update.lazy, **options)

    def sample_grid(self, params: Any, *, count: int) -> Iterator[np.ndarray]:
        """Images of fixed latents; the classes take turns."""
        key = fold_in(jax.random.key(self.config.seed), Stream.GRID_Z)
        z = latents.draw(key, latents.numbered(0, count), z_dim=self.family.z_dim)
        return sample_images(self.family, params, z)

    def export(self, folder: Path, params: Any, *, nimg: int, class_names: Sequence[str]) -> None:
        """Write the generator to <folder>/generator."""
        options: dict[str, Any] = {"config": self.config, "shape": self.shape}
        save_generator(folder, params, nimg=nimg, class_names=class_names, **options)

    def generator(self, params: Any, *, nimg: int, class_names: tuple[str, ...]) -> Generator:
        """The generator with weights `params`."""
        name = identity(self.config, self.shape, params)
        return Generator(self.family, params, name, nimg, class_names)


def discriminator_update(
    state: TrainState,
    reals: jax.Array,
    labels: jax.Array | None,
    *,
    family: Family,
    config: TrainConfig,
    with_r1: bool,
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
        with_r1: whether the lazy R1 penalty is due. Static.
        accumulation_steps: parts of the batch whose gradients are added up. Static.
        unroll: compile the loop over these parts unrolled. Static.
        mesh: where the batch is split; None on a single device.

    Returns:
        (state with an updated discriminator and the observed signs of logits; metrics, float32 scalars).
    """
    n = reals.shape[0]
    items = latents.numbered(state.nimg, n)
    devices = 1 if mesh is None else mesh.devices.size
    whole_groups = n // accumulation_steps // devices % number(config.network.minibatch_group) == 0

    def loss(params: Any, part: Any) -> tuple[jax.Array, Metrics]:
        reals, items, labels = part
        reals = random_symmetries(fold_in(state.key, Stream.SYMMETRIES), reals, items, kind=config.symmetries)
        style_key, noise_key = jax.random.split(fold_in(state.key, Stream.DISCRIMINATOR_Z))
        draw = partial(losses.draw_styles, family=family, style_mixing=config.loss.style_mixing)
        w = draw(style_key, state.generator, items, labels).w
        fakes = losses.synthesize_noisy(noise_key, state.generator, w, items, family=family)
        return losses.discriminator_loss(
            params,
            to_float(reals),
            lax.stop_gradient(fakes),
            family=family,
            labels=labels,
            with_r1=with_r1,
            weight=number(config.loss.r1_gamma) / 2 * config.loss.r1_interval,
            augment=_augmented(state, items, config),
            joined=whole_groups and config.network.minibatch_order == "neighbours",
            mesh=mesh,
        )

    batch = split_steps((reals, items, labels), mesh, steps=accumulation_steps)
    grads, metrics = _mean_gradient(loss, state.discriminator, batch, unroll=unroll)
    discriminator, optimizer = _descend(
        discriminator_optimizer(config),
        _thawed(grads, config.optim.freeze_d),
        state.discriminator_opt,
        state.discriminator,
    )
    ada = control.observe(state.ada, metrics["sign_real"], count=n)
    state = state.replace(discriminator=discriminator, discriminator_opt=optimizer, ada=ada)
    return state, metrics


def generator_update(
    state: TrainState,
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
    n = number(config.batch_size)
    items = latents.numbered(state.nimg, n)

    def loss(params: Any, part: Any) -> tuple[jax.Array, tuple[Metrics, jax.Array, jax.Array]]:
        items, labels = part
        loss, (metrics, w) = losses.generator_loss(
            fold_in(state.key, Stream.GENERATOR_Z),
            params,
            state.discriminator,
            items,
            family=family,
            labels=labels,
            style_mixing=config.loss.style_mixing,
            augment=_augmented(state, items, config),
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

    batch = split_steps((items, labels), mesh, steps=accumulation_steps)
    grads, (metrics, w_mean, path_mean) = _mean_gradient(loss, state.generator, batch, unroll=unroll)
    generator, optimizer = _descend(generator_optimizer(config), grads, state.generator_opt, state.generator)
    generator = family.track(generator, w_mean)
    average = update_average(
        state.average,
        generator,
        nimg=state.nimg,
        batch_size=n,
        halflife_nimg=number(config.ema.ema_halflife_nimg),
        rampup=config.ema.ema_rampup,
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
