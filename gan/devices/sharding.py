"""Shardings: one mesh axis, "data", over all devices of all processes.

Batches are split along it; the state is replicated, or split too (FSDP). Layers do not depend on it.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from data_prep.errors import InputError

AXIS = "data"
FSDP_SIZE = 1024  # numbers; smaller leaves are replicated


def make_mesh(*, devices: Sequence[jax.Device] | None = None) -> Mesh:
    """Mesh over `devices` (default: all), in process order: each process owns a contiguous block."""
    devices = sorted(devices or jax.devices(), key=lambda d: (d.process_index, d.id))
    return Mesh(np.array(devices), (AXIS,), axis_types=(AxisType.Auto,))


def on_cpu(mesh: Mesh) -> bool:
    """Whether the devices of `mesh` are CPUs."""
    return bool(mesh.devices.flat[0].platform == "cpu")


def replicated(mesh: Mesh) -> NamedSharding:
    """Every device holds the whole array."""
    return NamedSharding(mesh, PartitionSpec())


def state_shardings(state: Any, mesh: Mesh, *, kind: str) -> Any:
    """Sharding of each leaf of a state (arrays or their shapes).

    "data": replicated. "fsdp": every leaf of at least `FSDP_SIZE` numbers is split along its largest axis
    that the number of devices divides, and gathered when a step needs it.

    Source: Rajbhandari et al. 2020, "ZeRO", section 5 (partitioned states).
    """

    def where(leaf: Any) -> NamedSharding:
        axes = sorted(range(len(leaf.shape)), key=lambda axis: -leaf.shape[axis])
        whole = [axis for axis in axes if leaf.shape[axis] % mesh.devices.size == 0]
        if kind == "data" or not whole or math.prod(leaf.shape) < FSDP_SIZE:
            return replicated(mesh)
        return split(mesh, axis=whole[0])

    return jax.tree.map(where, state)


def split(mesh: Mesh, *, axis: int = 0) -> NamedSharding:
    """Devices hold contiguous blocks along `axis`."""
    return NamedSharding(mesh, PartitionSpec(*[None] * axis, AXIS))


def gathered(tree: Any, mesh: Mesh) -> Any:
    """The tree replicated on every device; all processes must call it together."""
    return _gather(mesh)(tree)


@lru_cache(maxsize=8)  # compiles once per structure, not at every snapshot
def _gather(mesh: Mesh) -> Any:
    return jax.jit(lambda leaves: leaves, out_shardings=replicated(mesh))


def constrain(x: jax.Array, mesh: Mesh | None) -> jax.Array:
    """Inside jit: split a batch-first array over the mesh (None: unchanged)."""
    return x if mesh is None else jax.lax.with_sharding_constraint(x, split(mesh))


def global_array(local: np.ndarray, sharding: NamedSharding) -> Any:
    """The global array of which this process holds `local`, its part of the split axis."""
    return jax.make_array_from_process_local_data(sharding, local)


def check_batch(batch_size: int, mesh: Mesh) -> None:
    """Validate that devices divide the global batch; raises InputError with batches that fit."""
    n = mesh.devices.size
    if batch_size % n:
        below, above = batch_size // n * n, -(-batch_size // n) * n
        options = f"{below} or {above}" if below else f"{above}"
        raise InputError(f"--batch-size {batch_size} cannot be split over {n} devices; take {options}")


def split_steps(batch: Any, mesh: Mesh | None, *, steps: int) -> Any:
    """Inside jit: every leaf [N, ...] as [steps, N / steps, ...], split over the mesh along its items.

    A step takes a contiguous part of each device's block: no data move, and neighbours stay neighbours.
    """
    devices = 1 if mesh is None else mesh.devices.size

    def one(leaf: jax.Array) -> jax.Array:
        n, *rest = leaf.shape
        parts = leaf.reshape(devices, steps, n // devices // steps, *rest).swapaxes(0, 1)
        parts = parts.reshape(steps, n // steps, *rest)
        return parts if mesh is None else jax.lax.with_sharding_constraint(parts, split(mesh, axis=1))

    return jax.tree.map(one, batch)


def join(first: Any, second: Any, mesh: Mesh | None) -> Any:
    """Inside jit: two batches, leaves [N, ...], as one, [2 N, ...]; `part` undoes it.

    On each device its part of the second follows its part of the first: no data move, and neighbours stay
    neighbours.
    """
    devices = 1 if mesh is None else mesh.devices.size

    def one(a: jax.Array, b: jax.Array) -> jax.Array:
        n, *rest = a.shape
        parts = [x.reshape(devices, n // devices, *rest) for x in (a, b)]
        return constrain(jnp.concatenate(parts, axis=1).reshape(2 * n, *rest), mesh)

    return jax.tree.map(one, first, second)


def part(both: jax.Array, mesh: Mesh | None) -> tuple[jax.Array, jax.Array]:
    """Inside jit: the two batches [N, ...] that `join` made one, [2 N, ...]."""
    devices = 1 if mesh is None else mesh.devices.size
    n, *rest = both.shape
    parts = both.reshape(devices, 2, n // 2 // devices, *rest)
    first, second = (constrain(parts[:, i].reshape(n // 2, *rest), mesh) for i in (0, 1))
    return first, second
