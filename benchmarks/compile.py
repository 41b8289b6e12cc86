"""How long is the time from process start to the end of the first training step, and where is it spent?

Preset `auto` (StyleGAN2, channel base 16384), batch 4, in a new process, with an empty compilation cache
and with the cache of the previous process. Wall-clock time: imports, initial state, programs (every
combination of lazy penalties; compilation runs concurrently with initialisation), first step. Summed over
threads, for all programs of the process: tracing, lowering and compiling (with a warm cache: reading).
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
from typing import Any

STAGES = ("imports", "state", "programs", "first step")
EVENTS = {
    "/jax/core/compile/jaxpr_trace_duration": "trace",
    "/jax/core/compile/jaxpr_to_mlir_module_duration": "lower",
    "/jax/core/compile/backend_compile_duration": "compile",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--augment", nargs="+", default=["off", "bgc"])
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--warm", type=int, default=3, help="warm starts; the fastest is reported")
    parser.add_argument(
        "--at-once", type=int, default=0, help="programs compiled concurrently; 0: the default"
    )
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        print(json.dumps(first_step(**options.child)))
        return
    cells = ["px", "augment", "cache", "to the first step, s", *STAGES, *EVENTS.values(), "cache, MB"]
    print(f"| {' | '.join(cells)} |\n{'| --- ' * len(cells)}|")
    for size, augment in itertools.product(options.sizes, options.augment):
        settings = {"size": size, "augment": augment, "batch": options.batch_size}
        settings["at_once"] = options.at_once
        with tempfile.TemporaryDirectory() as cache:
            print(row(size, augment, "cold", started(settings, cache), cache), flush=True)
            warm = [started(settings, cache) for _ in range(options.warm)]
            if warm:
                print(row(size, augment, "warm", min(warm, key=total), cache), flush=True)


def row(size: int, augment: str, kind: str, taken: dict[str, float], cache: str) -> str:
    seconds = [f"{taken[name]:.1f}" for name in (*STAGES, *EVENTS.values())]
    megabytes = sum(entry.stat().st_size for entry in os.scandir(cache)) / 1e6
    cells = [f"{size}", augment, kind, f"{total(taken):.1f}", *seconds, f"{megabytes:.0f}"]
    return f"| {' | '.join(cells)} |"


def total(taken: dict[str, float]) -> float:
    return sum(taken[stage] for stage in STAGES)


def started(settings: dict[str, Any], cache: str) -> dict[str, float]:
    """Seconds that a new process takes for its first step."""
    environment = os.environ | {"JAX_COMPILATION_CACHE_DIR": cache}
    words = [sys.executable, __file__, "--child", json.dumps(settings | {"begun": time.time()})]
    done = subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout))


def first_step(*, size: int, augment: Any, batch: int, at_once: int, begun: float) -> dict[str, float]:
    """Seconds of each stage in this process (started at time `begun`) and of each kind of event."""
    from data_prep.cli import cache_compiled_programs
    from data_prep.workers import default_workers

    cache_compiled_programs()  # before JAX is imported, as the CLI does
    import dataclasses
    from unittest import mock

    import jax
    import numpy as np

    from configs.gan.auto import CONFIG
    from gan import auto
    from gan.augment.config import AugmentConfig
    from gan.precision import resolve_dtype
    from gan.recipes import build_recipe
    from gan.sharding import global_array, make_mesh, split
    from gan.steps.compiled_steps import Dispatcher
    from gan.steps.state import make_state

    times = [begun, time.time()]
    spent: Counter[str] = Counter()

    def listen(event: str, duration_secs: float, **_: Any) -> None:
        if event in EVENTS:
            spent[EVENTS[event]] += duration_secs  # type: ignore[assignment]

    jax.monitoring.register_event_duration_secs_listener(listen)
    shape, mesh = (size, size, 3), make_mesh()
    config = dataclasses.replace(CONFIG, batch_size=batch, augment=AugmentConfig(augment=augment))
    config, _ = auto.resolve(config, shape, devices=mesh.devices.size)
    config = dataclasses.replace(config, compute_dtype=resolve_dtype(config.compute_dtype))
    recipe = build_recipe(config, shape)
    cores = 2 * at_once if at_once else default_workers()  # two for each program
    with mock.patch("gan.steps.compiled_steps.default_workers", return_value=cores):
        dispatch = Dispatcher(recipe, mesh)
    state = jax.block_until_ready(make_state(recipe, mesh))  # compiles concurrently
    times.append(time.time())
    dispatch.ready()
    times.append(time.time())

    def draw(nimg: int, count: int) -> tuple[Any, None]:
        images = np.random.default_rng(nimg).integers(0, 256, (count, batch, *shape), dtype=np.uint8)
        return global_array(images, split(mesh, axis=1)), None

    jax.block_until_ready(dispatch(state, draw, 0))
    times.append(time.time())
    return dict(zip(STAGES, np.diff(times).tolist(), strict=True)) | {e: spent[e] for e in EVENTS.values()}


if __name__ == "__main__":
    main()
