"""The loop trains any recipe: a linear regression is killed, resumed with the same bits, and logged."""

import dataclasses
import signal
import time
from pathlib import Path

import jax
import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.records.dataset import Dataset
from gan.data.reals import RecordReals
from gan.devices.sharding import make_mesh
from gan.loop import train
from gan.runs.checkpoint import Checkpoints
from gan.runs.log import read_log
from gan.steps.state import abstract_state
from tests.gan.forked import Forked, devices, finished
from tests.gan.recipes import linear_regression
from tests.gan.recipes.linear_regression import recipe_for

TOTAL_NIMG = 640


def words(tiles: Path, run: Path) -> list[str]:
    return [str(tiles), str(run), str(TOTAL_NIMG)]


def finish(tiles: Path, run: Path) -> None:
    code, said = finished(linear_regression.main, words(tiles, run), environment=devices(1))
    assert not code, said


@pytest.fixture(scope="module")
def uninterrupted(small_tiles, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "whole"
    finish(small_tiles, run)
    return run


def last_state(run: Path):
    abstract = abstract_state(
        recipe_for((8, 8, 1), total_nimg=TOTAL_NIMG), make_mesh(devices=jax.devices()[:1])
    )
    state, nimg, damaged = Checkpoints(run, keep_latest=9, keep_every_nimg=0).restore(abstract)
    assert damaged == []
    return jax.device_get(state.replace(key=jax.random.key_data(state.key))), nimg


def lines(run: Path) -> list[dict]:
    changing = ("images_per_sec", "input_wait", "sec")
    return [
        {name: value for name, value in line.items() if name not in changing}
        for line in read_log(run)
        if line["kind"] != "note"
    ]


def test_a_killed_run_resumes_with_the_same_bits(small_tiles, tmp_path, uninterrupted):
    run = tmp_path / "killed"
    process = Forked(linear_regression.main, words(small_tiles, run), environment=devices(1))
    while process.poll() is None and not list((run / "checkpoints").glob("*.crc.json")):
        time.sleep(0.002)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it had finished: nothing was tested"
    finish(small_tiles, run)
    (a, nimg_a), (b, nimg_b) = last_state(run), last_state(uninterrupted)
    assert nimg_a == nimg_b == TOTAL_NIMG
    jax.tree.map(np.testing.assert_array_equal, a, b)
    assert lines(run) == lines(uninterrupted)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.slow_cases("2")
def test_a_signal_saves_and_the_next_start_goes_on(small_tiles, tmp_path, uninterrupted, signum):
    reals, mesh = RecordReals(Dataset(small_tiles)), make_mesh(devices=jax.devices()[:1])
    recipe, notes, seen = recipe_for((8, 8, 1), total_nimg=TOTAL_NIMG), [], []

    class Bar:
        def __init__(self, total, **options): ...

        def __enter__(self):
            return self

        def __exit__(self, *exc): ...

        def update(self, count):
            seen.append(count)
            if len(seen) == 3:
                signal.raise_signal(signum)

    with pytest.raises(KeyboardInterrupt):
        train(recipe, reals, tmp_path, mesh=mesh, progress=Bar, note=notes.append)
    assert any("stopped at nimg" in note for note in notes)
    assert 0 < last_state(tmp_path)[1] < TOTAL_NIMG
    assert train(recipe, reals, tmp_path, mesh=mesh) == TOTAL_NIMG
    jax.tree.map(np.testing.assert_array_equal, last_state(tmp_path)[0], last_state(uninterrupted)[0])
    exported = [run / "regression.npz" for run in (tmp_path, uninterrupted)]
    np.testing.assert_array_equal(*(np.load(file)["w"] for file in exported))


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(small_tiles, tmp_path):
    reals, mesh = RecordReals(Dataset(small_tiles)), make_mesh(devices=jax.devices()[:1])
    train(recipe_for((8, 8, 1), total_nimg=32), reals, tmp_path, mesh=mesh)
    good = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    wild = dataclasses.replace(recipe_for((8, 8, 1), total_nimg=640), rewinds=-100)  # each halves the rate
    with pytest.raises(WorkError, match=r"no longer finite near nimg .* Resume with a lower learning rate"):
        train(wild, reals, tmp_path, mesh=mesh)
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == good


def test_metrics_are_logged_and_the_loss_falls(uninterrupted):
    ticks = [line for line in lines(uninterrupted) if line["kind"] == "tick"]
    assert [line["nimg"] for line in ticks] == list(range(32, TOTAL_NIMG + 1, 32))
    assert all(set(line) == {"kind", "nimg", "loss", "weight_norm"} for line in ticks)
    assert ticks[-1]["loss"] < 0.5 * ticks[0]["loss"]


def test_snapshots_are_drawn_and_exported(uninterrupted):
    grids = sorted(path.name for path in (uninterrupted / "samples").iterdir())
    assert grids == ["000000000.png", "000000320.png", "000000640.png", "reals.png"]
    exported = np.load(uninterrupted / "regression.npz")
    np.testing.assert_array_equal(exported["w"], last_state(uninterrupted)[0].weights["w"])
