"""How long is the time from process start to the first training step, and where is it spent?

Presets in a new process, with empty caches of traced and compiled programs and with those of the previous
process. Wall-clock time: imports, initial state, programs of the first step (compilation runs concurrently
with initialisation, and goes on for programs of later steps), and the first step itself. Summed over threads,
for all programs of the process: tracing, lowering and compiling (with a warm cache: reading).
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

STAGES = ("imports", "state", "programs", "first step")
EVENTS = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lower",
    "/jax/core/compile/backend_compile_duration": "compile",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", nargs="+", default=["demo", "auto"])
    parser.add_argument("--px", type=int, nargs="+", default=[64, 256], help="of each preset, in order")
    parser.add_argument("--augment", nargs="+", default=["off"])
    parser.add_argument("--batch-size", type=int, default=None, help="default: the preset's, auto: 4")
    parser.add_argument("--warm", type=int, default=3, help="warm starts; the fastest is reported")
    parser.add_argument(
        "--at-once", type=int, default=0, help="programs compiled concurrently; 0: the default"
    )
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(first_step(**options.child)))
        return
    cells = ["preset", "px", "augment", "caches", "to the first step, s"]
    cells += [*STAGES, *EVENTS.values(), "caches, MB"]
    print(f"| {' | '.join(cells)} |\n{'| --- ' * len(cells)}|")
    pairs = list(zip(options.presets, options.px, strict=True))
    for (preset, size), augment in itertools.product(pairs, options.augment):
        settings = {"preset": preset, "size": size, "augment": augment, "batch": options.batch_size}
        settings["at_once"] = options.at_once
        what = [preset, f"{size}", augment]
        with tempfile.TemporaryDirectory() as cache:
            print(row([*what, "cold"], started(settings, cache), cache), flush=True)
            warm = [started(settings, cache) for _ in range(options.warm)]
            if warm:
                print(row([*what, "warm"], min(warm, key=before_first_step), cache), flush=True)


def row(what: list[str], taken: dict[str, float], cache: str) -> str:
    seconds = [f"{taken[name]:.1f}" for name in (*STAGES, *EVENTS.values())]
    megabytes = sum(file.stat().st_size for file in Path(cache).rglob("*") if file.is_file()) / 1e6
    return f"| {' | '.join([*what, f'{before_first_step(taken):.1f}', *seconds, f'{megabytes:.0f}'])} |"


def before_first_step(taken: dict[str, float]) -> float:
    return sum(taken[stage] for stage in STAGES[:-1])


def started(settings: dict[str, Any], cache: str) -> dict[str, float]:
    """Seconds that a new process takes for its first step."""
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": cache, "INKLOOP_TRACES": f"{cache}/traces"}
    words = [sys.executable, __file__, "--child", json.dumps(settings | {"begun": time.time()})]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def first_step(
    *, preset: str, size: int, augment: Any, batch: int | None, at_once: int, begun: float
) -> dict[str, float]:
    """Seconds of each stage in this process (started at time `begun`) and of each kind of event."""
    from data_prep.cli import cache_compiled_programs
    from data_prep.workers import default_workers

    cache_compiled_programs()  # before JAX is imported, as the CLI does
    import dataclasses
    from unittest import mock

    import jax
    import numpy as np

    from configs.gan import CONFIGS
    from gan.augment.config import AugmentConfig
    from gan.config import auto
    from gan.config_fields import number
    from gan.devices.precision import resolve_dtype
    from gan.devices.sharding import global_array, make_mesh, split
    from gan.recipes import build_recipe
    from gan.steps.compiled_steps import Dispatcher
    from gan.steps.state import make_state

    times = [begun, time.time()]
    spent: Counter[str] = Counter()

    def listen(event: str, duration_secs: float, **_: Any) -> None:
        if event in EVENTS:
            spent[EVENTS[event]] += duration_secs  # type: ignore[assignment]

    jax.monitoring.register_event_duration_secs_listener(listen)
    shape, mesh, config = (size, size, 1 if preset == "demo" else 3), make_mesh(), CONFIGS[preset]
    batch = batch or (4 if preset == "auto" else number(config.batch_size))
    config = dataclasses.replace(config, batch_size=batch, augment=AugmentConfig(augment=augment))
    config, _ = auto.resolve(config, shape, devices=mesh.devices.size)
    config = dataclasses.replace(config, compute_dtype=resolve_dtype(config.compute_dtype))
    recipe = build_recipe(config, shape)
    cores = 2 * at_once if at_once else default_workers()  # two for each program
    with mock.patch("gan.steps.compiled_steps.default_workers", return_value=cores):
        dispatch = Dispatcher(recipe, mesh)
    state = jax.block_until_ready(make_state(recipe, mesh))  # compiles concurrently
    times.append(time.time())
    dispatch.ready(nimg=0)
    times.append(time.time())

    def draw(nimg: int, count: int) -> tuple[Any, None]:
        images = np.random.default_rng(nimg).integers(0, 256, (count, batch, *shape), dtype=np.uint8)
        return global_array(images, split(mesh, axis=1)), None

    jax.block_until_ready(dispatch(state, draw, 0))
    times.append(time.time())
    return dict(zip(STAGES, np.diff(times).tolist(), strict=True)) | {e: spent[e] for e in EVENTS.values()}


if __name__ == "__main__":
    main()
