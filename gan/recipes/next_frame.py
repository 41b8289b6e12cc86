"""What both next-frame recipes have in common: items, the state, Adam and its average, the protocol's rest.

An item is a pair of consecutive frames of a clip with the page that the first one belongs to; the target is
the second one. Frozen networks are part of the state, untrained: programs take them as arguments.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct
from flax.traverse_util import flatten_dict, unflatten_dict
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from data_prep.errors import InputError, WorkError
from data_prep.outputs import replacing
from gan.config.next_frame import NextFrameConfig
from gan.config_fields import number
from gan.devices.batching import iter_batches
from gan.families import UNTRAINED, GeneratorFamily
from gan.recipes.ema import update_average
from gan.recipes.optimizer import descend
from gan.sample import Generator

WEIGHTS = "next_frame.safetensors"
AVERAGE_RAMPUP = 0.1  # the half-life is at most this fraction of the images seen
GRID_BATCH = 16
UNTRACED = ("preset", "total_nimg", "seed", "intervals", "evaluation", "live", "hold_out_sec", "fps")
"""Fields of the config that neither `init_state` nor `update` reads."""

Distance = Callable[[Any, jax.Array, jax.Array], jax.Array]
"""(parameters, images, images), [N, H, W, C] float32 in [-1, 1] -> perceptual distance [N]. Pure."""


class Pair(NamedTuple):
    """Consecutive frames t - 1, t and t + 1 of a clip, and the page of frame t; arrays, or their shapes.

    Attributes:
        frame: frame t, uint8 [N, H, W, C].
        target: the next frame, t + 1, likewise.
        page: code of the page of frame t, float32 [N, n, n], see `gan.next_frame.codes`.
        code: code of frame t, likewise; recipe pixels, else None.
        before: w of frame t - 1 (of frame t where there is none), standardised, float32 [N, W]; recipe
            latent, else None.
        now: w of frame t, likewise.
        after: w of frame t + 1, likewise.
    """

    frame: Any
    target: Any
    page: Any
    code: Any = None
    before: Any = None
    now: Any = None
    after: Any = None


@dataclass(frozen=True)
class Networks:
    """Networks that a recipe starts from or uses unchanged; two are equal if their identities are.

    Attributes:
        identity: hash of all weights and statistics.
        family: of the generator.
        generator: its parameters.
        distance: perceptual distance.
        distance_params: its parameters.
        mean: mean of w, float32 [W].
        std: standard deviation of a component of w.
        step: root mean square step of the standardised w between training frames.
        side: n, side of the codes of frames and pages.
    """

    identity: str
    family: GeneratorFamily = field(compare=False)
    generator: Any = field(compare=False)
    distance: Distance = field(compare=False)
    distance_params: Any = field(compare=False)
    mean: Any = field(compare=False)
    std: float = field(compare=False)
    side: int
    step: float = 1.0


class NextFrameState(struct.PyTreeNode):
    """A pytree; see `gan.recipes.recipe.State`."""

    nimg: jax.Array
    key: jax.Array
    model: Any  # trained
    average: Any  # of the model, exported
    optimizer: Any
    frozen: Any  # networks that are used and not trained


@dataclass(frozen=True)
class NextFrameRecipe:
    """Base of both recipes; see `gan.recipes.recipe.Recipe`.

    Attributes:
        config: checked.
        networks: frozen networks and what the model starts from.
        examples: pairs for the sample grid; not compared.
    """

    config: NextFrameConfig
    networks: Networks
    examples: Pair | None = field(default=None, compare=False)

    losses = ("loss",)
    trained = ("model",)
    exported = "average"
    measured = False
    can_accumulate = False
    num_classes = 0
    smaller = "a smaller --width"
    collapse_remedy = "lower the --learning-rate"

    @property
    def batch_size(self) -> int:
        """Pairs per iteration, over all devices."""
        return number(self.config.batch_size)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a frame."""
        return self.networks.family.shape

    @property
    def item(self) -> Pair:
        """Shapes of a pair."""
        image = jax.ShapeDtypeStruct(self.shape, jnp.uint8)
        code = jax.ShapeDtypeStruct((self.networks.side,) * 2, jnp.float32)
        if self.config.recipe == "pixels":
            return Pair(image, image, code, code)
        w = jax.ShapeDtypeStruct((self.networks.family.w_dim,), jnp.float32)
        return Pair(image, image, code, None, w, w, w)

    @property
    def remedy(self) -> str:
        """What to change when the loss is no longer finite."""
        return f"a lower --learning-rate (now {self.config.optim.learning_rate})"

    @property
    def traced(self) -> Self:
        """The recipe without its examples and the fields that no program reads."""
        unread: dict[str, Any] = dict.fromkeys(UNTRACED)
        return replace(self, config=replace(self.config, **unread), examples=None)

    def with_remedy(self, count: int) -> Self:
        """The recipe itself: nothing is rewound."""
        return self

    def accumulation_steps(self, devices: int) -> Sequence[int]:
        """One."""
        return [1]

    def new_state(self, key: jax.Array, model: Any, frozen: Any) -> NextFrameState:
        """The state at nimg 0 of a run that starts from `model`."""
        optimizer = self._adam().init(model)
        average = jax.tree.map(jnp.copy, model)
        return NextFrameState(jnp.zeros((), jnp.int32), key, model, average, optimizer, frozen)

    def step(self, state: NextFrameState, gradient: Any, *, count: int) -> NextFrameState:
        """The state after one step of Adam on a batch of `count` pairs."""
        model, optimizer = descend(self._adam(), gradient, state.optimizer, state.model)
        average = update_average(
            state.average,
            model,
            nimg=state.nimg,
            batch_size=count,
            halflife_nimg=self.config.optim.average_halflife_nimg,
            rampup=AVERAGE_RAMPUP,
        )
        return state.replace(nimg=state.nimg + count, model=model, average=average, optimizer=optimizer)

    def predict_images(self, params: Any, pairs: Pair) -> np.ndarray:
        """Predicted next frames of pairs: uint8 [N, H, W, C]. `params` is the field `average`."""
        raise NotImplementedError

    def sample_grid(self, params: Any, *, count: int) -> Iterator[np.ndarray]:
        """Cells of the grid: frame, predicted next frame, next frame; the same pairs every time."""
        assert self.examples is not None, "a recipe that trains has examples"
        some = jax.tree.map(lambda leaf: np.resize(leaf, (count, *leaf.shape[1:])), self.examples)

        def cells(pairs: Pair) -> np.ndarray:
            predicted = self.predict_images(params, pairs)
            return np.concatenate([pairs.frame, predicted, pairs.target], axis=2)

        return iter_batches(cells, some, batch=GRID_BATCH)

    def export(self, folder: Path, params: Any, *, nimg: int, class_names: Sequence[str]) -> None:
        """Write the weights of the model to <folder>/next_frame.safetensors."""
        write_weights(folder / WEIGHTS, Weights(params, nimg, self.networks.step))

    def generator(self, params: Any, *, nimg: int, class_names: tuple[str, ...]) -> Generator:
        """No generator is measured."""
        raise NotImplementedError

    def _adam(self) -> optax.GradientTransformation:
        optim = self.config.optim
        parts = [optax.scale_by_adam(optim.beta1, optim.beta2)]
        if optim.weight_decay > 0:
            parts.append(optax.add_decayed_weights(optim.weight_decay, mask=_kernels))
        rate = optax.scale_by_learning_rate(number(optim.learning_rate))
        return optax.chain(*parts, rate, optax.masked(optax.set_to_zero(), _untrained))


def drawn(family: GeneratorFamily, params: Any, w: jax.Array) -> jax.Array:
    """Images [N, H, W, C] of w [N, W], the same for all layers."""
    every = jnp.broadcast_to(w[:, None], (len(w), family.num_ws, w.shape[1]))
    return family.synthesize(params, every, noise="const")


def clipped(images: jax.Array) -> jax.Array:
    """Clip to [-1, 1] with a straight-through gradient."""
    return images + jax.lax.stop_gradient(jnp.clip(images, -1, 1) - images)


class Weights(NamedTuple):
    """Exported weights of a model.

    Attributes:
        params: pytree.
        nimg: pairs that they have seen.
        step: `Networks.step` of their training.
    """

    params: Any
    nimg: int
    step: float


def write_weights(path: Path, weights: Weights) -> None:
    """Write weights as safetensors. Raises: WorkError: writing failed."""
    flat = {name: np.asarray(leaf) for name, leaf in flatten_dict(weights.params, sep="/").items()}
    with replacing(path) as partial:
        try:
            save_file(flat, partial, metadata={"nimg": str(weights.nimg), "step": repr(weights.step)})
        except SafetensorError as error:
            raise WorkError(f"{path} could not be written: {error}") from error


def read_weights(run: Path) -> Weights:
    """The exported weights of a run. Raises: InputError: there are none, or they are damaged."""
    path = run / WEIGHTS
    if not path.is_file():
        raise InputError(f"{run} holds no {WEIGHTS}; train it first: inkloop gan next-frame train")
    try:
        flat = load_file(path)
        with safe_open(path, framework="numpy") as file:
            found = file.metadata() or {}
        return Weights(unflatten_dict(flat, sep="/"), int(found["nimg"]), float(found["step"]))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputError(f"{path} is damaged ({' '.join(str(error).split())}); train it again") from None


def _named(tree: Any, holds: Callable[[str], bool]) -> Any:
    return jax.tree_util.tree_map_with_path(lambda path, leaf: holds(path[-1].key), tree)


def _kernels(params: Any) -> Any:
    return _named(params, lambda name: name == "kernel")


def _untrained(params: Any) -> Any:
    return _named(params, lambda name: name in UNTRAINED)
