"""Cost of a training, from its compiled programs: parameters, FLOPs, memory, speed."""

import dataclasses
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh

from gan.config import TrainConfig
from gan.devices.precision import compute_dtype
from gan.devices.sharding import on_cpu
from gan.families import UNTRAINED
from gan.recipes import build_recipe
from gan.recipes.recipe import Recipe, Update
from gan.steps.compiled_steps import Dispatcher, available_bytes, due_in_calls
from gan.steps.state import abstract_state

EFFICIENCY = {"cpu": 0.5, "gpu": 0.2}  # FLOP/s of whole steps, as a fraction of one large matrix product's
PROBE = {"cpu": 1024, "gpu": 8192}  # side of that product


@dataclasses.dataclass(frozen=True)
class Plan:
    """Estimated cost of a training."""

    parameters: dict[str, int]  # trained, of each network
    flops_per_image: float  # as counted by the compiler; lazy penalties averaged over iterations
    accumulation_steps: int  # per batch
    needed_bytes: int | None  # of a device's memory
    available_bytes: float
    images_per_sec: float  # an estimate: see `measured_flops`

    def lines(self) -> list[str]:
        """Lines of text for the terminal."""
        needed = "unknown" if self.needed_bytes is None else f"{self.needed_bytes / 1e9:.2f} GB"
        return [
            f"parameters       {', '.join(f'{n:,} {name}' for name, n in self.parameters.items())}",
            f"work             {self.flops_per_image / 1e9:.2f} GFLOP per image, lazy penalties averaged",
            f"memory           {needed} of {self.available_bytes / 1e9:.1f} GB per device"
            + (f", {self.accumulation_steps} accumulation steps" if self.accumulation_steps > 1 else ""),
            f"images/s         about {self.images_per_sec:.3g} (estimated from a matrix product here)",
        ]


def make_plan(
    config: TrainConfig, image_shape: tuple[int, int, int], mesh: Mesh, *, num_classes: int
) -> Plan:
    """Compile a training's programs and read their cost.

    Args:
        config: checked and resolved.
        image_shape: (H, W, C) of a training image.
        mesh: devices of the training.
        num_classes: number of classes of the dataset.

    Raises: InputError: the step does not fit the devices.
    """
    recipe = build_recipe(config, image_shape, num_classes=num_classes)
    abstract = abstract_state(recipe, mesh)
    dispatch = Dispatcher(recipe, mesh).ready()  # as the run compiles it
    due = due_in_calls(recipe, every=1)  # one iteration at a time: the compiler counts a loop's body once
    flops = {updates: sum(map(_flops, dispatch.programs_of(updates, 1))) for updates in due}
    per_image = _mean_over_cycle(flops, recipe) / recipe.batch_size
    platform = "cpu" if on_cpu(mesh) else "gpu"
    rate = measured_flops(compute_dtype(config.compute_dtype), side=PROBE[platform]) * EFFICIENCY[platform]
    return Plan(
        parameters={field: _count(getattr(abstract, field)) for field in recipe.trained},
        flops_per_image=per_image,
        accumulation_steps=dispatch.accumulation_steps,
        needed_bytes=dispatch.needed_bytes,
        available_bytes=available_bytes(mesh.local_mesh.devices.flat[0]),
        images_per_sec=rate * mesh.devices.size / max(per_image, 1.0),
    )


def measured_flops(dtype: Any, *, side: int) -> float:
    """FLOP/s of one device in the best of five products of square matrices."""
    product = jax.jit(jnp.matmul)
    a = jnp.asarray(np.ones((side, side), np.float32), dtype)
    product(a, a).block_until_ready()
    best = 0.0
    for _ in range(5):
        begun = time.perf_counter()
        product(a, a).block_until_ready()
        best = max(best, 2 * side**3 / (time.perf_counter() - begun))
    return best


def _mean_over_cycle(flops: dict[tuple[Update, ...], float], recipe: Recipe) -> float:
    due = [recipe.due(i * recipe.batch_size) for i in range(recipe.cycle)]
    return sum(flops[updates] for updates in due) / recipe.cycle


def _flops(program: Any) -> float:
    """FLOPs of a program on all devices."""
    cost = program.cost_analysis()
    cost = cost[0] if isinstance(cost, list) else cost
    return float(cost.get("flops", 0.0)) * len(jax.tree.leaves(program.input_shardings)[0].device_set)


def _count(tree: Any) -> int:
    flat = jax.tree_util.tree_leaves_with_path(tree)
    return sum(leaf.size for path, leaf in flat if not any(name in str(path) for name in UNTRAINED))
