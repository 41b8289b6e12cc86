"""How fast are the convolutions of training on a CPU, and what do their forms bring?

Two tables, each of XLA's own convolution against the forms that `gan.ops.matmul_conv` chooses, in turns in
one run, the best of N rounds, float32:

1. GFLOP/s of a layer's value and kernel gradient, at stride 1 and of the stride-2 maps of the same widths.
2. Presets: milliseconds per iteration (discriminator and generator update, lazy penalties by their
   interval), and the discriminator's update of StyleGAN2 (channel base 16384) over its own forward pass;
   counting passes, the work is 7.
"""

import argparse
import contextlib
import importlib
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from phases import phases

from data_prep.cli import cache_compiled_programs
from gan.config import replace
from gan.devices.sharding import global_array, make_mesh, split
from gan.ops.conv import conv, kernel_gradient
from gan.ops.strided_conv import kernel_gradient as strided_kernel_gradient
from gan.ops.strided_conv import strided_conv, transposed_conv
from gan.recipes import build_recipe
from gan.steps.compiled_steps import Dispatcher
from gan.steps.state import make_state

LAYERS = [  # batch, size, inputs, outputs
    (8, 64, 256, 256),
    (8, 32, 512, 512),
    (8, 16, 512, 512),
    (8, 8, 512, 512),
    (16, 32, 16, 16),
    (16, 16, 32, 32),
    (16, 8, 64, 64),
]


@contextlib.contextmanager
def xla_convolutions() -> Iterator[None]:
    """Programs traced in the block use XLA's convolutions only."""
    with mock.patch("gan.ops.conv.on_cpu", _elsewhere), mock.patch("gan.ops.strided_conv.on_cpu", _elsewhere):
        yield


def _elsewhere(form: Any, elsewhere: Callable[..., jax.Array], *operands: jax.Array) -> jax.Array:
    return elsewhere(*operands)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--layers", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--presets", nargs="*", default=["demo", "small"])
    parser.add_argument("--resolutions", nargs="*", type=int, default=[64])
    options = parser.parse_args()
    cache_compiled_programs()
    if options.layers:
        print("| map | layer | XLA, GFLOP/s | chosen form | ratio |")
        print("| --- | --- | --- | --- | --- |")
        for layer in LAYERS:
            for line in layer_rows(*layer, rounds=options.rounds):
                print(line, flush=True)
        print()
    print("| update | XLA, ms | chosen forms | ratio |")
    print("| --- | --- | --- | --- |")
    for preset in options.presets:
        for line in preset_rows(preset, rounds=options.rounds):
            print(line, flush=True)
    for resolution in options.resolutions:
        for line in discriminator_rows(resolution, rounds=options.rounds):
            print(line, flush=True)


def layer_rows(n: int, size: int, inputs: int, outputs: int, *, rounds: int) -> Iterator[str]:
    """Rows of the first table."""
    key = jax.random.key(0)
    x = jax.random.normal(key, (n, size, size, inputs))
    w = jax.random.normal(key, (3, 3, inputs, outputs))
    d = jax.random.normal(key, (n, size, size, outputs))
    fine = jax.random.normal(key, (n, 2 * size + 1, 2 * size + 1, inputs))
    flops = 2 * d.size * 9 * inputs
    maps: dict[str, tuple[Any, tuple[jax.Array, jax.Array]]] = {
        "value": (partial(conv, pad=1), (x, w)),
        "kernel gradient": (partial(kernel_gradient, pad=1), (x, d)),
        "down": (strided_conv, (fine, w)),
        "up": (transposed_conv, (d, w)),
        "kernel gradient, down": (strided_kernel_gradient, (fine, d)),
    }
    for name, (op, arguments) in maps.items():
        xla, chosen = both_forms(op, arguments, rounds=rounds)
        rates = f"{flops / xla / 1e9:.0f} | {flops / chosen / 1e9:.0f} | {xla / chosen:.2f}"
        yield f"| {name} | batch {n}, {size} px, {inputs} -> {outputs} | {rates} |"


def preset_rows(preset: str, *, rounds: int) -> Iterator[str]:
    """Rows of the updates of a preset and of a mean iteration, on random images of its resolution."""
    config = replace(importlib.import_module(f"configs.gan.{preset}").CONFIG, compute_dtype="float32")
    shape, mesh = (64, 64, 1), make_mesh()
    recipe = build_recipe(config, shape)
    images = np.random.default_rng(0).integers(0, 256, (1, recipe.batch_size, *shape), dtype=np.uint8)
    reals = global_array(images, split(mesh, axis=1))
    with xla_convolutions():
        jax.clear_caches()  # functions that are already traced would be reused
        plain = Dispatcher(recipe, mesh).ready().programs
    jax.clear_caches()
    chosen = Dispatcher(recipe, mesh).ready().programs
    state = make_state(recipe, mesh)
    best = {(update, form): np.inf for update in chosen for form in ("xla", "chosen")}
    for _ in range(rounds + 1):
        for update in chosen:
            for form, programs in (("xla", plain), ("chosen", chosen)):
                begun = time.perf_counter()
                for _ in range(4):
                    state, _ = programs[update](state, reals, None)
                jax.block_until_ready(state)
                best[update, form] = min(best[update, form], (time.perf_counter() - begun) / 4)
    means = dict.fromkeys(("xla", "chosen"), 0.0)
    for i in range(recipe.cycle):
        for due in recipe.due(i * recipe.batch_size):
            for form in means:
                means[form] += _time_of(best, due, form) / recipe.cycle
    for update in chosen:
        name = f"{preset}, {update.updates[0].name}{' with penalties' if update.updates[0].lazy else ''}"
        yield _row(name, best[update, "xla"], best[update, "chosen"])
    yield _row(f"{preset}, mean iteration", means["xla"], means["chosen"])


def _time_of(best: dict[Any, float], due: Any, form: str) -> float:
    return next(taken for (program, of), taken in best.items() if program.updates == (due,) and of == form)


def discriminator_rows(resolution: int, *, rounds: int) -> Iterator[str]:
    """Rows of StyleGAN2's discriminator: its pass, its update, and the update over the pass."""
    made = phases(resolution, 4)
    taken = {}
    for name in ("D forward", "Dmain"):
        taken[name] = both_forms(made[name].function, made[name].arguments, rounds=rounds)
        yield _row(f"stylegan2 {resolution} px, {name}", *taken[name])
    xla, chosen = (
        update / forward for update, forward in zip(taken["Dmain"], taken["D forward"], strict=True)
    )
    yield f"| stylegan2 {resolution} px, Dmain over D forward | {xla:.1f} | {chosen:.1f} | |"


def both_forms(
    function: Callable[..., Any], arguments: tuple[Any, ...], *, rounds: int
) -> tuple[float, float]:
    """Best seconds of a call: with XLA's convolutions, with the chosen forms; their results must agree."""
    with xla_convolutions():
        jax.clear_caches()
        xla = jax.jit(lambda *operands: function(*operands)).lower(*arguments).compile()
    jax.clear_caches()
    chosen = jax.jit(lambda *operands: function(*operands)).lower(*arguments).compile()
    for one, other in zip(jax.tree.leaves(xla(*arguments)), jax.tree.leaves(chosen(*arguments)), strict=True):
        error, length = jnp.linalg.norm(other - one), jnp.linalg.norm(one)
        assert error <= 1e-3 * length + 1e-12, (error, length)
    best = [np.inf, np.inf]
    for _ in range(rounds):
        for i, program in enumerate((xla, chosen)):
            begun = time.perf_counter()
            jax.block_until_ready(program(*arguments))
            best[i] = min(best[i], time.perf_counter() - begun)
    return best[0], best[1]


def _row(name: str, xla: float, chosen: float) -> str:
    return f"| {name} | {xla * 1e3:.1f} | {chosen * 1e3:.1f} | {xla / chosen:.2f} |"


if __name__ == "__main__":
    main()
