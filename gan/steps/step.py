"""Training steps: one or several iterations, each the updates of the recipe in order."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from gan.devices.sharding import replicated, split
from gan.ops.scan import scan_or_unroll
from gan.recipes.recipe import Metrics, Recipe, Update
from gan.steps.state import abstract_state

Step = Callable[..., tuple[Any, Metrics]]
"""(state, reals as in `train_step`, labels int32 [K, N] or None) -> (state, metrics)."""


def train_step(
    state: Any,
    reals: Any,
    labels: jax.Array | None,
    *,
    recipe: Recipe,
    updates: tuple[Update, ...],
    accumulation_steps: int = 1,
    unroll: bool = False,
    mesh: Mesh | None = None,
) -> tuple[Any, Metrics]:
    """Run K iterations in one call; lazy terms are due in the first only.

    Args:
        state: state before.
        reals: K batches in order: uint8 [K, N, H, W, C], or a pytree of arrays [K, N, ...].
        labels: int32 [K, N]; None without classes.
        recipe: the training recipe.
        updates: of the first iteration, see `Recipe.due`; static.
        accumulation_steps: per batch and update; static.
        unroll: compile loops unrolled, which is faster on CPU; static.
        mesh: devices over which batches are split; None on a single device.

    Returns:
        (state after K iterations, metrics summed over them with their counts: see `means`).

    Results do not depend on K, up to rounding.
    """
    options: dict[str, Any] = {"accumulation_steps": accumulation_steps, "unroll": unroll, "mesh": mesh}

    def iteration(state: Any, batch: Any, updates: tuple[Update, ...]) -> tuple[Any, Metrics]:
        metrics: Metrics = {}
        for update in updates:
            state, reported = recipe.update(update, state, *batch, **options)
            metrics |= reported
        return state, metrics

    def body(carry: Any, batch: Any) -> Any:
        state, total = carry
        state, metrics = iteration(state, batch, tuple(Update(update.name) for update in updates))
        metrics |= {"iterations": jnp.ones(())}
        return state, {name: value + metrics.get(name, 0.0) for name, value in total.items()}

    batches = (reals, labels)
    first, others = (jax.tree.map(lambda leaf, s=s: leaf[s], batches) for s in (0, slice(1, None)))
    state, metrics = iteration(state, first, updates)
    total = jax.tree.map(jnp.asarray, counted(metrics, recipe, updates))
    state, total = scan_or_unroll(body, (state, total), others, unroll=unroll)
    return state, total


def counted(metrics: Metrics, recipe: Recipe, updates: tuple[Update, ...]) -> Metrics:
    """Metrics of one iteration with all lazy metrics (0 where absent), and the counts that `means` needs."""
    absent: dict[str, Any] = {name: np.float32(0) for name in recipe.lazy_metrics}
    counts = {f"lazy_{update.name}": np.float32(update.lazy) for update in updates}
    return absent | metrics | {"iterations": np.float32(1)} | counts


def means(total: Mapping[str, float], recipe: Recipe) -> dict[str, float]:
    """Means of metrics from sums with counts; lazy metrics that were never due are omitted."""
    counts = {name: value for name, value in total.items() if name == "iterations" or name[:5] == "lazy_"}

    def count(name: str) -> float:
        update = recipe.lazy_metrics.get(name)
        return counts["iterations" if update is None else f"lazy_{update}"]

    return {name: value / count(name) for name, value in total.items() if name not in counts and count(name)}


def jit_train_step(recipe: Recipe, mesh: Mesh, **options: Any) -> Any:
    """`train_step` jitted for `mesh`: the state donated and sharded; batches split along their items."""
    return jit_step(iterations(recipe, mesh, **options), recipe, mesh)


def jit_update(recipe: Recipe, mesh: Mesh, **options: Any) -> Any:
    """One update jitted likewise, for batches of one iteration, [1, N, ...]; metrics have no counts."""
    return jit_step(single_update(recipe, mesh, **options), recipe, mesh)


def iterations(
    recipe: Recipe,
    mesh: Mesh,
    *,
    updates: tuple[Update, ...],
    accumulation_steps: int = 1,
    unroll: bool = False,
) -> Step:
    """`train_step` of a recipe, to be jitted."""
    options: dict[str, Any] = {"accumulation_steps": accumulation_steps, "unroll": unroll, "mesh": mesh}
    return partial(train_step, recipe=recipe, updates=updates, **options)


def single_update(
    recipe: Recipe, mesh: Mesh, *, update: Update, accumulation_steps: int = 1, unroll: bool = False
) -> Step:
    """One update of a recipe on batches of one iteration, [1, N, ...], to be jitted."""
    options: dict[str, Any] = {"accumulation_steps": accumulation_steps, "unroll": unroll, "mesh": mesh}

    def apply(state: Any, reals: Any, labels: jax.Array | None) -> tuple[Any, Metrics]:
        batch = jax.tree.map(lambda leaf: leaf[0], (reals, labels))
        return recipe.update(update, state, *batch, **options)

    return apply


def jit_step(step: Step, recipe: Recipe, mesh: Mesh) -> Any:
    """Jit `iterations` or `single_update`: the state donated and sharded, batches split."""
    where = jax.tree.map(lambda leaf: leaf.sharding, abstract_state(recipe, mesh))
    batch = split(mesh, axis=1)
    return jax.jit(
        step, donate_argnums=0, in_shardings=(where, batch, batch), out_shardings=(where, replicated(mesh))
    )
