"""The protocol between a training recipe and the training loop."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
from jax.sharding import Mesh

from gan.config import RunConfig
from gan.sample import Generator

Metrics = dict[str, jax.Array]


class Update(NamedTuple):
    """One update function of an iteration. Static: each value is compiled as a program of its own, because
    XLA on CPU runs convolutions inside a conditional many times slower."""

    name: str
    lazy: bool = False  # whether its lazily applied term (a penalty, say) is due


class State(Protocol):
    """A pytree of everything that training changes."""

    @property
    def nimg(self) -> jax.Array:
        """The clock: images seen, int32 []."""

    @property
    def key(self) -> jax.Array:
        """The run's key; draws fold a stream and the clock into it, so it never changes."""


class Recipe(Protocol):
    """What is trained, and how. Hashable; equal recipes compile to equal programs."""

    @property
    def config(self) -> RunConfig:
        """Lengths, intervals, evaluation, batch size, seed; checked and resolved."""

    @property
    def batch_size(self) -> int:
        """Images per iteration, over all devices."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a training image."""

    @property
    def item(self) -> Any:
        """Shapes and dtypes of one training item without its batch axis: a pytree of jax.ShapeDtypeStruct.

        Of images alone: uint8 [H, W, C].
        """

    @property
    def num_classes(self) -> int:
        """Classes of the labels; 0: labels are None."""

    @property
    def cycle(self) -> int:
        """Iterations after which `due` repeats."""

    @property
    def losses(self) -> tuple[str, ...]:
        """Metrics that must be finite; shown on the progress bar."""

    @property
    def lazy_metrics(self) -> Mapping[str, str]:
        """Metric -> name of the update that reports it only when its lazy term is due."""

    @property
    def trained(self) -> tuple[str, ...]:
        """Fields of the state that hold trained parameters."""

    @property
    def exported(self) -> str:
        """Field of the state that snapshots draw from and export, such as a moving average."""

    @property
    def measured(self) -> bool:
        """Whether `generator` makes images that distances and metrics can be measured on."""

    @property
    def smaller(self) -> str:
        """Flags that make the networks smaller, for the message about memory."""

    @property
    def can_accumulate(self) -> bool:
        """Whether more than one gradient accumulation step is possible."""

    @property
    def remedy(self) -> str:
        """What to change when a loss is no longer finite."""

    @property
    def collapse_remedy(self) -> str:
        """What to change when generated images lose variety, where `measured`."""

    @property
    def traced(self) -> "Recipe":
        """The recipe without what `init_state` and `update` do not read.

        Recipes with equal `traced` use the same compiled programs.
        """

    def with_remedy(self, count: int) -> "Recipe":
        """The recipe after `count` rewinds: changed so that the collapse is less likely; itself at 0.

        Its states have the shapes of this one's.
        """

    def __hash__(self) -> int: ...

    def init_state(self, key: jax.Array) -> Any:
        """The state at nimg 0. Pure; runs under jit."""

    def due(self, nimg: int) -> tuple[Update, ...]:
        """The updates of the iteration that starts at `nimg`, in their order."""

    def accumulation_steps(self, devices: int) -> Sequence[int]:
        """Numbers of gradient accumulation steps to try, in their order.

        Raises: InputError: the requested number does not divide a device's part of the batch.
        """

    def update(
        self,
        update: Update,
        state: Any,
        reals: Any,
        labels: jax.Array | None,
        *,
        accumulation_steps: int,
        unroll: bool,
        mesh: Mesh | None,
    ) -> tuple[Any, Metrics]:
        """One update on a batch, reals as `item` with a first axis N, labels int32 [N]. Pure; runs under jit.

        The last update of an iteration adds N to the clock. Metrics are float32 scalars; all updates of an
        iteration report different names.
        """

    def sample_grid(self, params: Any, *, count: int) -> Iterator[np.ndarray]:
        """`count` images for the sample grid, in batches uint8 [N, H, W, C]; the same latents every time."""

    def export(self, folder: Path, params: Any, *, nimg: int, class_names: Sequence[str]) -> None:
        """Write what a snapshot exports into `folder`; `params` is the field `exported`."""

    def generator(self, params: Any, *, nimg: int, class_names: tuple[str, ...]) -> Generator:
        """The generator that metrics sample from, where `measured`."""
