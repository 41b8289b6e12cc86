"""Training of DRAW: one update of both LSTMs on the bound in nats.

Every item has noise of its own for each glimpse. At intervals the bound of a batch of held-out doodles is
measured with the same parameters.

Source: Gregor et al. 2015, section 2.3; Kingma and Welling 2014, "Auto-encoding variational Bayes".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from jax.random import fold_in
from jax.sharding import Mesh

from gan import latents
from gan.config.draw import DrawConfig
from gan.config_fields import number
from gan.data.doodles import Doodle
from gan.draw.family import DrawFamily
from gan.random_streams import Stream
from gan.recipes.optimizer import descend
from gan.recipes.recipe import Metrics, Update
from gan.sample import Generator, identity, sample_images, save_generator

UNTRACED = ("preset", "total_nimg", "seed", "intervals", "evaluation", "live", "class_name", "hold_out")
"""Fields of the config that neither `init_state` nor `update` reads."""


class DrawState(struct.PyTreeNode):
    """A pytree; see `gan.recipes.recipe.State`."""

    nimg: jax.Array
    key: jax.Array
    model: Any  # trained and exported
    optimizer: Any


@dataclass(frozen=True)
class Draw:
    """DRAW on doodles; see `gan.recipes.recipe.Recipe`."""

    config: DrawConfig
    family: DrawFamily

    losses = ("nats",)
    trained = ("model",)
    exported = "model"
    measured = True
    can_accumulate = False
    smaller = "a smaller --hidden or --batch-size"
    collapse_remedy = "lower the --learning-rate"

    @classmethod
    def build(cls, config: DrawConfig, shape: tuple[int, int, int], *, num_classes: int) -> Self:
        """The recipe for images of `shape` (H, W, 1) and, if it is conditional, classes."""
        classes = num_classes if config.conditional else 0
        return cls(config, DrawFamily(config.draw, shape, classes))

    @property
    def batch_size(self) -> int:
        """Doodles per iteration, over all devices."""
        return number(self.config.batch_size)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of an image."""
        return self.family.shape

    @property
    def num_classes(self) -> int:
        """Number of classes of the networks; 0: none."""
        return self.family.num_classes

    @property
    def item(self) -> Doodle:
        """Shapes of a training doodle and a held-out one."""
        image = jax.ShapeDtypeStruct(self.shape, jnp.uint8)
        label = jax.ShapeDtypeStruct((), jnp.int32) if self.num_classes else None
        return Doodle(image, image, label)

    @property
    def cycle(self) -> int:
        """Iterations between batches of held-out doodles."""
        return self.config.hold_out_interval if self.config.hold_out else 1

    @property
    def lazy_metrics(self) -> dict[str, str]:
        """The bound of held-out doodles."""
        names = ("nats_held_out", "nats_held_out_reconstruction", "nats_held_out_kl")
        return dict.fromkeys(names, "model") if self.config.hold_out else {}

    @property
    def remedy(self) -> str:
        """What to change when the bound is no longer finite."""
        optim = self.config.optim
        return f"a lower --learning-rate (now {optim.learning_rate}) or --clip-norm (now {optim.clip_norm:g})"

    @property
    def traced(self) -> Self:
        """The recipe without the fields that no program reads."""
        unread: dict[str, Any] = dict.fromkeys(UNTRACED)
        unread["hold_out"] = bool(self.config.hold_out)
        return replace(self, config=replace(self.config, **unread))

    def with_remedy(self, count: int) -> Self:
        """The recipe with half the learning rate for each of `count` rewinds."""
        if not count:
            return self
        optim = self.config.optim
        slower = replace(optim, learning_rate=number(optim.learning_rate) / 2**count)
        return replace(self, config=replace(self.config, optim=slower))

    def init_state(self, key: jax.Array) -> DrawState:
        """The state at nimg 0."""
        run_key, model_key = jax.random.split(key)
        model = self.family.init_generator(model_key)
        return DrawState(jnp.zeros((), jnp.int32), run_key, model, optimizer(self.config).init(model))

    def due(self, nimg: int) -> tuple[Update, ...]:
        """One update, at intervals with held-out doodles."""
        lazy = bool(self.config.hold_out) and nimg // self.batch_size % self.cycle == 0
        return (Update("model", lazy),)

    def accumulation_steps(self, devices: int) -> Sequence[int]:
        """One."""
        return [1]

    def update(
        self,
        update: Update,
        state: DrawState,
        reals: Doodle,
        labels: jax.Array | None,
        *,
        accumulation_steps: int,
        unroll: bool,
        mesh: Mesh | None,
    ) -> tuple[DrawState, Metrics]:
        """One step of Adam on the mean bound of a batch, after clipping the norm of the whole gradient."""
        count = len(reals.image)
        noise = self._noise(fold_in(state.key, Stream.DRAW_NOISE), state.nimg, count)

        def bound(model: Any) -> tuple[jax.Array, Metrics]:
            return self._bound(model, reals.image, noise, labels)

        gradient, metrics = jax.grad(bound, has_aux=True)(state.model)
        metrics |= {"gradient_norm": optax.tree.norm(gradient)}
        if update.lazy:
            noise = self._noise(fold_in(state.key, Stream.DRAW_HELD_OUT_NOISE), state.nimg, count)
            _, found = self._bound(state.model, reals.held_out, noise, reals.held_out_label)
            metrics |= {name.replace("nats", "nats_held_out"): value for name, value in found.items()}
        model, moments = descend(optimizer(self.config), gradient, state.optimizer, state.model)
        return state.replace(nimg=state.nimg + count, model=model, optimizer=moments), metrics

    def sample_grid(self, params: Any, *, count: int) -> Iterator[np.ndarray]:
        """Images of fixed latents of the prior; the classes take turns."""
        key = fold_in(jax.random.key(self.config.seed), Stream.GRID_Z)
        z = latents.draw(key, latents.numbered(0, count), z_dim=self.family.z_dim)
        return sample_images(self.family, params, z)

    def export(self, folder: Path, params: Any, *, nimg: int, class_names: Sequence[str]) -> None:
        """Write both LSTMs to <folder>/generator."""
        options: dict[str, Any] = {"config": self.config, "shape": self.shape}
        save_generator(folder, params, nimg=nimg, class_names=class_names, **options)

    def generator(self, params: Any, *, nimg: int, class_names: tuple[str, ...]) -> Generator:
        """The generator with weights `params`."""
        name = identity(self.config, self.shape, params)
        return Generator(self.family, params, name, nimg, class_names)

    def _noise(self, key: jax.Array, nimg: jax.Array, count: int) -> jax.Array:
        return self.family.noise(latents.item_keys(key, latents.numbered(nimg, count)))

    def _bound(
        self, model: Any, images: jax.Array, noise: jax.Array, labels: jax.Array | None
    ) -> tuple[jax.Array, Metrics]:
        ink = self.family.ink(images)
        nats = self.family.encode(model, ink, noise, labels=labels).nats(ink)
        total = nats.total.mean()
        parts = {"nats_reconstruction": nats.reconstruction.mean(), "nats_kl": nats.kl.mean()}
        return total, {"nats": total} | parts


def optimizer(config: DrawConfig) -> optax.GradientTransformation:
    """Adam on the gradient, which is scaled so that the norm of all its tensors together is at most
    `clip_norm`."""
    optim = config.optim
    return optax.chain(
        optax.clip_by_global_norm(optim.clip_norm),
        optax.scale_by_adam(optim.beta1, optim.beta2),
        optax.scale_by_learning_rate(number(optim.learning_rate)),
    )
