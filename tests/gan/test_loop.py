"""The loop: calls of several iterations, log, lock, losses that are not finite, rewinds and collapses."""

import dataclasses
import json
from pathlib import Path

import jax
import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.records.dataset import Dataset
from gan.__main__ import main
from gan.config import replace
from gan.data.reals import RecordReals, open_reals
from gan.devices.sharding import make_mesh
from gan.loop import train
from gan.monitoring.run_monitor import RunMonitor
from gan.monitoring.watchdog import Collapse
from gan.recipes import build_recipe
from gan.runs.checkpoint import Checkpoints
from gan.runs.log import read_log
from gan.runs.run_folder import locked
from gan.steps.compiled_steps import Dispatcher
from gan.steps.state import abstract_state, make_state
from tests.gan.recipes.linear_regression import recipe_for
from tests.slow_cases import slow


@pytest.fixture(scope="module")
def tiles(small_tiles):
    return small_tiles


@pytest.mark.slow  # the same of another recipe, by functions: recipes/test_recipe.py
def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tiles, tmp_path, capsys):
    run = tmp_path / "run"
    flags = ["--total-nimg", "16", "--checkpoint-nimg", "16", "--metric-images", "0", "--r1-interval", "1"]
    words = ["train", "tiny", "--data", str(tiles), "--run", str(run), *flags]
    assert main(words) == 0
    good = sorted(p.name for p in (run / "checkpoints").iterdir())
    assert main([*words, "--total-nimg", "128", "--learning-rate", "1e30"]) == 1
    told = capsys.readouterr().err
    assert "no longer finite" in told
    assert "--learning-rate" in told
    assert sorted(p.name for p in (run / "checkpoints").iterdir()) == good


@pytest.mark.slow
def test_calls_of_several_iterations_cover_the_same_images(tiny, tiles):
    """Alignment, R1 and a short last call: 10 iterations in calls of 4 equal 10 calls of one, to rounding."""
    config = dataclasses.replace(tiny, total_nimg=80)
    reals, mesh = open_reals(Dataset(tiles), config), make_mesh(devices=jax.devices()[:1])
    recipe = build_recipe(config, reals.image_shape)
    results = []
    for per_call, first in [(1, 0), (4, 16)]:  # the second goes on off a call's boundary
        dispatch = Dispatcher(recipe, mesh, per_call=per_call).ready()
        state, nimg, stops = make_state(recipe, mesh), 0, []
        if first:
            single = Dispatcher(recipe, mesh, per_call=1).ready()
            draw = reals.open(mesh, batch_size=8, seed=config.seed, nimg=0)
            while nimg < first:
                state, _, nimg = single(state, draw, nimg)
        draw = reals.open(mesh, batch_size=8, seed=config.seed, nimg=nimg)
        penalties = 0.0
        while nimg < 80:
            state, metrics, nimg = dispatch(state, draw, nimg)
            penalties += float(metrics["lazy_discriminator"])
            stops.append(nimg)
        results.append((jax.device_get(state.average), stops, penalties))
    assert results[0][1] == list(range(8, 88, 8))
    assert results[1][1] == [24, 32, 64, 72, 80]
    assert (results[0][2], results[1][2]) == (3, 2)  # at iterations 0, 4, 8
    for x, y in zip(jax.tree.leaves(results[0][0]), jax.tree.leaves(results[1][0]), strict=True):
        assert np.linalg.norm(x - y) <= 1e-2 * np.linalg.norm(x) + 1e-3


def test_a_second_training_in_one_folder_is_refused(tiles, tmp_path, capsys):
    run = tmp_path / "run"
    with locked(run):
        assert main(["train", "tiny", "--data", str(tiles), "--run", str(run)]) == 2
    assert "another process is training in" in capsys.readouterr().err


@pytest.mark.slow
def test_metrics_are_logged(tiles, tmp_path):
    run = tmp_path / "run"
    words = ["train", "tiny", "--data", str(tiles), "--run", str(run), "--total-nimg", "64"]
    words += ["--metric-images", "32", "--r1-interval", "1"]
    assert main(words) == 0
    snapshots = [line for line in read_log(run) if line["kind"] == "snapshot"]
    assert [line["nimg"] for line in snapshots] == [0, 64]
    assert all(line["distance"] > line["floor"] > 0 for line in snapshots)
    tick = next(line for line in read_log(run) if line["kind"] == "tick")
    assert {"loss_d", "loss_g", "penalty_r1", "images_per_sec"} <= set(tick)


# A collapse: the linear regression stands for a recipe, and decisions are given.


@pytest.fixture
def regression(tiles, monkeypatch):
    """Trains a linear regression to 256 images with a decision at given (rewinds, nimg) -> good nimg."""
    reals = RecordReals(Dataset(tiles))

    def run(folder, decisions=(), *, on_collapse="rewind", total_nimg=256, rewinds=0):
        def find(monitor, stop):
            good = dict(decisions).get((monitor.recipe.rewinds, monitor._shown))
            return None if good is None else Collapse("copies", good)

        monkeypatch.setattr(RunMonitor, "find_collapse", find)
        recipe = recipe_for(reals.image_shape, total_nimg=total_nimg)
        fields = {"snapshot_nimg": 64, "checkpoint_nimg": 64, "keep_latest": 9, "on_collapse": on_collapse}
        recipe = dataclasses.replace(recipe, config=replace(recipe.config, **fields), rewinds=rewinds)
        folder.mkdir(exist_ok=True)
        mesh = make_mesh(devices=jax.devices()[:1])
        assert train(recipe, reals, folder, mesh=mesh) == total_nimg
        with Checkpoints(folder, keep_latest=9, keep_every_nimg=0) as checkpoints:
            state, _, _ = checkpoints.restore(abstract_state(recipe, mesh))
        return jax.device_get(state.weights), checkpoints.finished()

    return run


def notes_of(run: Path) -> list[str]:
    return [line["message"] for line in read_log(run) if line["kind"] == "note"]


@pytest.mark.parametrize("good", [128, *slow(0)])
def test_a_rewind_goes_on_from_the_good_checkpoint_with_the_remedy(regression, tmp_path, good):
    weights, kept = regression(tmp_path / "rewound", {(0, 192): good})
    if good:
        regression(tmp_path / "by-hand", total_nimg=good)
    expected, _ = regression(tmp_path / "by-hand", rewinds=1)
    jax.tree.map(np.testing.assert_array_equal, weights, expected)
    (saved,) = json.loads((tmp_path / "rewound" / "rewinds.json").read_text())["rewinds"]
    assert saved == {"from_nimg": 192, "to_nimg": good, "reason": "copies"}
    assert f"rewind 1 from nimg 192 to nimg {good}: copies" in notes_of(tmp_path / "rewound")
    lines = [line["nimg"] for line in read_log(tmp_path / "rewound") if line["kind"] == "snapshot"]
    assert lines == [0, 64, 128, 192, 256]
    assert kept == set(range(64, 257, 64))


def test_a_rewind_that_is_killed_has_the_same_bits(regression, tmp_path, monkeypatch):
    expected, _ = regression(tmp_path / "whole", {(0, 192): 128})
    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "discard_after", lambda self, nimg: (_ for _ in ()).throw(OSError))
        with pytest.raises(OSError):  # noqa: PT011
            regression(tmp_path / "killed", {(0, 192): 128})
    weights, _ = regression(tmp_path / "killed", {(0, 192): 128})
    jax.tree.map(np.testing.assert_array_equal, weights, expected)
    rewinds = [tmp_path / run / "rewinds.json" for run in ("whole", "killed")]
    assert rewinds[0].read_text() == rewinds[1].read_text()


@pytest.mark.slow
def test_a_run_that_collapses_after_three_rewinds_stops(regression, tmp_path):
    decisions = {(count, 192): 128 for count in range(4)}
    with pytest.raises(WorkError, match="collapsed, and again after 3 rewinds: copies; nimg 192 is saved"):
        regression(tmp_path / "run", decisions)
    assert len(json.loads((tmp_path / "run" / "rewinds.json").read_text())["rewinds"]) == 3
    assert (tmp_path / "run" / "checkpoints" / "192.crc.json").exists()


@pytest.mark.parametrize("nimg", [192, 256])
def test_a_collapse_stops_the_run_after_a_checkpoint(regression, tmp_path, nimg):
    message = f"has collapsed: copies; nimg {nimg} is saved. In a new run, lower the learning rate"
    with pytest.raises(WorkError, match=message):
        regression(tmp_path / "run", {(0, nimg): 64}, on_collapse="stop")
    assert (tmp_path / "run" / "checkpoints" / f"{nimg}.crc.json").exists()
    assert not (tmp_path / "run" / "rewinds.json").exists()
