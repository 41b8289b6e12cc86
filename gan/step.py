"""Dispatches of training: one or several iterations, each a discriminator update and a generator update."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh

from gan.config import TrainConfig
from gan.families import Family
from gan.losses import Metrics
from gan.recipes.adversarial import discriminator_update, generator_update
from gan.sharding import replicated, split
from gan.state import TrainState, abstract_state


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
        reals: [N, H, W, C] uint8, N = config.batch_size.
        labels: int32 [N]; None without classes.
        family: the networks.
        config: losses and schedules.
        penalties: those due (see `due`).
        mesh: where the batch is split; None on a single device.

    Returns:
        (state after, metrics of this iteration, float32 scalars).

    Sources: lazy penalties (every k iterations at k times their weight), Karras et al. 2020, "Analyzing and
    improving ...", section 3.1; Adam's correction for them is in `gan.state`.
    """
    networks: dict[str, Any] = {"family": family, "config": config, "mesh": mesh}
    state, d_metrics = discriminator_update(state, reals, labels, with_r1=penalties.r1, **networks)
    state, g_metrics = generator_update(state, labels, with_path=penalties.path, **networks)
    return state, d_metrics | g_metrics


COUNTS = {"penalty_r1": "r1_count", "penalty_path": "path_count", "path_length": "path_count"}
"""Metrics that only some iterations have, and which count they are averages over."""


def counted(metrics: Metrics, penalties: Due) -> Metrics:
    """Metrics of one iteration with every name of `COUNTS`, and what they are to be divided by."""
    counts = {"iterations": 1, "r1_count": penalties.r1, "path_count": penalties.path}
    absent: dict[str, Any] = {name: np.float32(0) for name in COUNTS}
    return absent | metrics | {name: np.float32(count) for name, count in counts.items()}


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
    total = counted(told, penalties)

    def body(carry: tuple[TrainState, Metrics], batch: Any) -> tuple[tuple[TrainState, Metrics], None]:
        state, total = carry
        state, told = one(state, *batch, penalties=Due())
        told |= {"iterations": jnp.ones(())}
        return (state, {name: value + told.get(name, 0.0) for name, value in total.items()}), None

    carry = (state, jax.tree.map(jnp.asarray, total))
    if jax.default_backend() == "cpu":
        for i in range(reals.shape[0] - 1):
            carry, _ = body(carry, jax.tree.map(lambda leaf, i=i: leaf[i], others))
    else:
        carry, _ = lax.scan(body, carry, others)
    return carry


def make_train_step(family: Family, config: TrainConfig, mesh: Mesh, *, penalties: Due) -> Any:
    """`train_step` jitted for `mesh`: the state donated, where it lives; batches split along their items."""
    step = partial(train_step, family=family, config=config, penalties=penalties, mesh=mesh)
    return _on_mesh(step, family, config, mesh, batches=(1, 1))


def make_discriminator_update(family: Family, config: TrainConfig, mesh: Mesh, *, with_r1: bool) -> Any:
    """`discriminator_update` jitted for `mesh`, as above, on batches of one iteration: [1, N, ...]."""

    def update(state: TrainState, reals: jax.Array, labels: jax.Array | None) -> tuple[TrainState, Metrics]:
        reals, labels = jax.tree.map(lambda leaf: leaf[0], (reals, labels))
        options: dict[str, Any] = {"family": family, "config": config, "mesh": mesh}
        return discriminator_update(state, reals, labels, with_r1=with_r1, **options)

    return _on_mesh(update, family, config, mesh, batches=(1, 1))


def make_generator_update(family: Family, config: TrainConfig, mesh: Mesh, *, with_path: bool) -> Any:
    """`generator_update` jitted for `mesh`, as above; labels are [1, N]."""

    def update(state: TrainState, labels: jax.Array | None) -> tuple[TrainState, Metrics]:
        labels = None if labels is None else labels[0]
        options: dict[str, Any] = {"family": family, "config": config, "mesh": mesh}
        return generator_update(state, labels, with_path=with_path, **options)

    return _on_mesh(update, family, config, mesh, batches=(1,))


def _on_mesh(step: Any, family: Family, config: TrainConfig, mesh: Mesh, *, batches: tuple[int, ...]) -> Any:
    """`batches`: the axis along which each argument after the state is split."""
    where = jax.tree.map(lambda leaf: leaf.sharding, abstract_state(family, config, mesh))
    return jax.jit(
        step,
        donate_argnums=0,
        in_shardings=(where, *(split(mesh, axis=axis) for axis in batches)),
        out_shardings=(where, replicated(mesh)),
    )
