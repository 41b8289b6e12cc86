"""Do several iterations per call train faster than one, and does the input pipeline keep up?

Preset `demo` at 64 px on random images, compiled as in a run: one iteration is two programs, one per
network; several are one program. Calls of 1, 2 and 4 iterations are interleaved, R1 where it is due; one
warm-up, then the best and median of N rounds of 16 iterations. The input pipeline (shuffled records ->
batches, read ahead in threads) is timed separately, from a raw dataset of the same images, and compared
with the images that the fastest step consumes.
"""

import argparse
import dataclasses
import itertools
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from configs.gan.demo import CONFIG
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from gan.config import check
from gan.data.batches import batches
from gan.devices.precision import resolve_dtype
from gan.devices.sharding import global_array, make_mesh, split
from gan.recipes import build_recipe
from gan.steps.compiled_steps import Dispatcher
from gan.steps.state import make_state

PER_CALL = (1, 2, 4)
SHAPE = (64, 64, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (512, *SHAPE), dtype=np.uint8)
    mesh = make_mesh()
    config = dataclasses.replace(CONFIG, compute_dtype=resolve_dtype(CONFIG.compute_dtype))
    check(config)
    recipe = build_recipe(config, SHAPE)
    state = make_state(recipe, mesh)
    steps = {k: Dispatcher(recipe, mesh, per_call=k).ready() for k in PER_CALL}
    batch_size, cycle_nimg = recipe.batch_size, config.loss.r1_interval * recipe.batch_size

    def draw(nimg: int, count: int) -> tuple[Any, None]:
        call = np.resize(images[nimg:], (count, batch_size, *SHAPE))
        return global_array(call, split(mesh, axis=1)), None

    def round_of(state: Any, per_call: int) -> tuple[Any, float]:
        start, nimg = time.perf_counter(), 0
        while nimg < cycle_nimg:
            state, _, nimg = steps[per_call](state, draw, nimg)
        jax.block_until_ready(state)
        return state, cycle_nimg / (time.perf_counter() - start)

    rates: dict[int, list[float]] = {k: [] for k in PER_CALL}
    for per_call in PER_CALL:
        state, _ = round_of(state, per_call)
    for _, per_call in itertools.product(range(options.rounds), PER_CALL):
        state, rate = round_of(state, per_call)
        rates[per_call].append(rate)
    print("| iterations per call | images/s, median | best | ratio to one |")
    print("| --- | --- | --- | --- |")
    one = statistics.median(rates[1])
    for per_call, measured in rates.items():
        median = statistics.median(measured)
        print(f"| {per_call} | {median:.1f} | {max(measured):.1f} | {median / one:.2f} |")

    supply = pipeline_rate(images, batch_size=batch_size, rounds=options.rounds)
    consumed = max(max(measured) for measured in rates.values())
    print(f"\nInput pipeline alone: {supply:.0f} images/s; a step takes in {consumed:.0f} images/s.")


def pipeline_rate(images: np.ndarray, *, batch_size: int, rounds: int) -> float:
    """Images per second out of `batches`, the best of `rounds` rounds of 200 batches."""
    with tempfile.TemporaryDirectory() as scratch:
        write_dataset([Record(image, {"page": "random"}) for image in images], Path(scratch) / "data")
        stream = batches(Dataset(Path(scratch) / "data"), batch_size=batch_size, seed=0)
        best = 0.0
        for _ in range(rounds):
            for _ in range(20):  # drain the read-ahead
                next(stream)
            start = time.perf_counter()
            for _ in range(200):
                next(stream)
            best = max(best, 200 * batch_size / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    main()
