"""Output of a run: ticks log means, losses must be finite, the checkpoints that evaluation needs stay."""

import dataclasses
import json
import threading
from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.images import read_image
from gan.config import replace
from gan.monitoring.evaluation import Event
from gan.monitoring.run_monitor import RunMonitor
from gan.runs.log import read_log
from tests.gan.recipes.linear_regression import recipe_for

SHAPE = (8, 8, 1)


class Bar:
    def __init__(self):
        self.count, self.shown = 0, ""

    def update(self, count):
        self.count += count

    def set_postfix_str(self, shown, *, refresh):
        self.shown = shown


class Evaluation:
    """Stands for an evaluation in progress."""

    def __init__(self, events=()):
        self.events, self.cancelled = list(events), 0

    def poll(self):
        events, self.events = self.events, []
        return events

    def protected(self):
        return {16, 48}

    def wait(self, stop):
        return not stop.is_set()

    def cancel(self):
        self.cancelled += 1
        return True


@pytest.fixture
def notes():
    """Messages for the user."""
    return []


@pytest.fixture
def monitor(tmp_path, notes):
    reals = SimpleNamespace(
        class_names=(), count=96, look=lambda count, *, seed: iter([np.full((count, *SHAPE), 90, np.uint8)])
    )
    recipe = recipe_for(SHAPE, total_nimg=64)
    made = RunMonitor(recipe, reals, tmp_path, nimg=0, checkpoints=set(), note=notes.append)
    made.start(Bar())
    return made


def sums(loss, weight_norm, *, iterations, lazy):
    values = {"loss": loss, "weight_norm": weight_norm, "iterations": iterations, "lazy_model": lazy}
    return {name: jnp.float32(value) for name, value in values.items()}


def test_a_tick_logs_the_means_since_the_last_one(monitor, tmp_path):
    """Lazy metrics are averaged over the iterations in which they were due."""
    monitor.add(sums(6, 3, iterations=2, lazy=1), 16)
    monitor.add(sums(2, 5, iterations=2, lazy=1), 32)
    monitor.tick(idle_sec=0.0)
    monitor.add(sums(9, 0, iterations=2, lazy=0), 48)
    monitor.tick(idle_sec=0.0)
    first, second = read_log(tmp_path)
    assert (first["kind"], first["nimg"], first["loss"], first["weight_norm"]) == ("tick", 32, 2.0, 4.0)
    assert (second["nimg"], second["loss"]) == (48, 4.5)
    assert "weight_norm" not in second  # never due
    assert not {"iterations", "lazy_model"} & set(first)
    assert first["images_per_sec"] > 0
    assert monitor._bar.count == 48
    assert monitor._bar.shown == "loss 4.50"


def test_input_wait_is_a_fraction_of_the_time(monitor, tmp_path):
    monitor._clock -= 10.0  # ten seconds ago
    monitor.add(sums(1, 0, iterations=2, lazy=0), 100)
    monitor.tick(idle_sec=2.5)
    line = read_log(tmp_path)[0]
    assert line["input_wait"] == pytest.approx(0.25, abs=0.01)
    assert line["images_per_sec"] == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_ends_the_run(monitor, value):
    """The call before is checked, so that the newest one is not waited for; a tick checks all."""
    monitor.add(sums(1, 0, iterations=1, lazy=0), 8)
    monitor.add(sums(value, 0, iterations=1, lazy=0), 16)
    with pytest.raises(WorkError, match="loss is no longer finite near nimg 16"):
        monitor.tick(idle_sec=0.0)
    with pytest.raises(WorkError, match="a lower learning rate"):
        monitor.add(sums(1, 0, iterations=1, lazy=0), 24)


def test_parameters_that_are_not_finite_are_not_saved(monitor):
    fine = {"w": jnp.ones(3), "b": jnp.zeros(())}
    monitor.require_finite(SimpleNamespace(weights=fine))
    with pytest.raises(WorkError, match="a parameter is no longer finite"):
        monitor.require_finite(SimpleNamespace(weights=fine | {"w": jnp.array([1.0, np.nan, 1.0])}))


def test_a_recipe_that_is_not_measured_protects_no_checkpoint(monitor):
    assert monitor.evaluation is None
    assert monitor.protected() == set()
    assert monitor.find_collapse(threading.Event()) is None
    monitor.evaluation = Evaluation()
    assert monitor.protected() == {16, 48}


def test_a_snapshot_writes_grid_and_export_and_real_images_are_shown_once(monitor, tmp_path):
    grids = tmp_path / "samples"
    reals = read_image(grids / "reals.png")
    assert reals.shape[:2] == (16, 16)  # two by two
    assert (reals == 90).all()
    params = {"w": jnp.full(SHAPE, 0.5), "b": jnp.zeros(())}
    monitor.snapshot(params, 32, stop=threading.Event())
    assert sorted(file.name for file in grids.iterdir()) == ["000000032.png", "reals.png"]
    np.testing.assert_array_equal(np.load(tmp_path / "regression.npz")["w"], params["w"])
    assert [(line["kind"], line["nimg"]) for line in read_log(tmp_path)] == [("snapshot", 32)]


def test_events_of_the_evaluation_are_logged(monitor, tmp_path, notes):
    monitor.evaluation = Evaluation([Event(16, "measured", {"distance": 3.5}), Event(16, "a warning", None)])
    monitor.add(sums(1, 0, iterations=1, lazy=0), 24)
    snapshot, note = read_log(tmp_path)
    assert snapshot == {"kind": "snapshot", "nimg": 16, "distance": 3.5}
    assert (note["kind"], note["message"]) == ("note", "a warning")
    assert notes == ["measured", "a warning"]


def test_leaving_by_an_exception_cancels_the_evaluation(monitor):
    monitor.evaluation = Evaluation()
    with monitor:
        pass
    assert monitor.evaluation.cancelled == 0
    with pytest.raises(KeyError), monitor:
        raise KeyError
    assert monitor.evaluation.cancelled == 1


GOOD = {"layout": 1.0, "nearest": 0.9, "pixel_std": 0.9, "ink_fraction": 0.1, "ink_fraction_reals": 0.1}
COPIES = GOOD | {"nearest": 0.1}


@pytest.fixture
def guarded(tmp_path):
    """A monitor of a recipe that is measured and rewinds, made after the lines of the log so far."""

    def make(*values, nimg=24):
        lines = [{"kind": "snapshot", "nimg": 8 * i, **v} for i, v in enumerate(values, 1)]
        (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        recipe = recipe_for(SHAPE, total_nimg=64)
        config = replace(recipe.config, on_collapse="rewind", metric_images=0)
        recipe = dataclasses.replace(recipe, config=config)
        reals = SimpleNamespace(
            class_names=(), count=9, look=lambda count, *, seed: iter([np.zeros((count, *SHAPE), np.uint8)])
        )
        monitor = RunMonitor(recipe, reals, tmp_path, nimg=nimg, checkpoints=set())
        object.__setattr__(recipe, "measured", True)
        monitor.start(Bar())
        return monitor

    return make


def test_a_collapse_is_found_when_the_last_snapshot_is_measured(guarded):
    stop = threading.Event()
    monitor = guarded(GOOD, GOOD)
    assert monitor.find_collapse(stop) is None
    monitor.evaluation = Evaluation([Event(24, "measured", COPIES)])
    collapse = monitor.find_collapse(stop)
    assert collapse.good_nimg == 16
    assert collapse.reason == "samples are near copies of each other: nearest 0.10 (1 is right)"
    assert monitor.protected() == {16, 48}  # the last good one also
    assert "and again after 3 rewinds" in str(monitor.collapsed(collapse))
    resumed = guarded(GOOD, GOOD, COPIES)
    assert resumed.find_collapse(stop) == collapse
    monitor.config = replace(monitor.config, on_collapse="warn")
    assert monitor.find_collapse(stop) is None


def test_nothing_is_decided_while_stopping(guarded):
    monitor, stop = guarded(GOOD, COPIES), threading.Event()
    monitor.evaluation = Evaluation()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        monitor.find_collapse(stop)


def test_a_finding_is_noted_once_with_what_to_do(guarded, tmp_path):
    monitor = guarded(GOOD, GOOD)
    for nimg, values in ((24, COPIES), (32, COPIES), (40, GOOD), (48, COPIES)):
        monitor.evaluation = Evaluation([Event(nimg, "measured", values)])
        monitor.add(sums(1, 0, iterations=1, lazy=0), nimg)
    notes = [line for line in read_log(tmp_path) if line["kind"] == "note"]
    words = "samples are near copies of each other: nearest 0.10 (1 is right); lower the learning rate"
    assert [(note["nimg"], note["message"]) for note in notes] == [(24, words), (48, words)]
    again = guarded(GOOD, COPIES, nimg=16)
    again.add(sums(1, 0, iterations=1, lazy=0), 24)
    again.tick(idle_sec=0.0)
    assert not [line for line in read_log(tmp_path) if line["kind"] == "note"]  # it was noted before
