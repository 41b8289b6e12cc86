"""Adversarial training: a discriminator update, then a generator update against it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax.random import fold_in
from jax.sharding import Mesh

from data_prep.errors import InputError
from gan import latents
from gan.config import TrainConfig
from gan.config_fields import AUTO, number
from gan.families import Family, build
from gan.random_streams import Stream
from gan.recipes.adversarial_state import TrainState, initial_state
from gan.recipes.adversarial_updates import discriminator_update, generator_update
from gan.recipes.collapse import advice, with_stronger_penalties
from gan.recipes.recipe import Metrics, Update
from gan.recipes.schedules import changing
from gan.sample import Generator, identity, sample_images, save_generator

UNTRACED = ("preset", "total_nimg", "seed", "init_from", "intervals", "evaluation", "live")
"""Fields of the config that neither `init_state` nor `update` reads."""


@dataclass(frozen=True)
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
    def item(self) -> jax.ShapeDtypeStruct:
        """An image."""
        return jax.ShapeDtypeStruct(self.shape, jnp.uint8)

    @property
    def num_classes(self) -> int:
        """Number of classes of the networks; 0: none."""
        return self.family.num_classes

    @property
    def lazy_metrics(self) -> dict[str, str]:
        """Metrics of the lazy penalties."""
        always = {"penalty_r1": "discriminator", "penalty_path": "generator", "path_length": "generator"}
        return always | ({"penalty_r2": "discriminator"} if self.config.loss.r2_gamma != 0 else {})

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

    @property
    def collapse_remedy(self) -> str:
        """What to change when generated images lose variety."""
        return advice(self.config)

    @property
    def traced(self) -> Self:
        """The recipe without the fields that no program reads; reading one of them raises."""
        config = self.config
        over_nimg = (config.optim.schedule_nimg or config.total_nimg) if changing(config) else None
        optim = replace(config.optim, schedule_nimg=over_nimg, accumulate=1, iterations_per_dispatch=1)
        unread: dict[str, Any] = dict.fromkeys(UNTRACED)
        return replace(self, config=replace(config, optim=optim, **unread))

    def with_remedy(self, count: int) -> Self:
        """The recipe with the penalties of `count` rewinds."""
        return replace(self, config=with_stronger_penalties(self.config, times=count))

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
            return discriminator_update(state, reals, labels, with_penalties=update.lazy, **options)
        return generator_update(state, reals, labels, with_path=update.lazy, **options)

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
