"""Trainings of one preset with several settings, in sequence: a run folder each, ranked by score.

`gan.runs.sweep_folder` has the files.
"""

import dataclasses
import itertools
import json
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax

from data_prep.errors import InputError, WorkError
from data_prep.outputs import write_json
from gan.config import TrainConfig, check, replace
from gan.config.lists import check_values
from gan.runs.log import FILE as LOG
from gan.runs.log import read_log

FILE = "sweep.json"
MEASURES = (
    *("score", "distance", "distance_by_position", "layout", "nearest", "pixel_std"),
    *("precision", "recall", "images_per_sec"),
)
FAILURES = (InputError, WorkError, jax.errors.JaxRuntimeError)


@dataclasses.dataclass(frozen=True)
class SweepRun:
    """One training of a sweep.

    Attributes:
        folder: of the run.
        config: of the training.
        setting: field -> value of every field that the sweep varies, without the seed.
        measures: of the last snapshot, those of MEASURES that its log has.
        error: why it failed; None: it was trained, or is still to be.
        is_done: whether it was trained to the end.
    """

    folder: Path
    config: TrainConfig
    setting: dict[str, Any]
    measures: dict[str, float] = dataclasses.field(default_factory=dict)
    error: str | None = None
    is_done: bool = False


@dataclasses.dataclass(frozen=True)
class Summary:
    """Runs of one setting, one per seed, and the means of their measures."""

    setting: dict[str, Any]
    runs: tuple[SweepRun, ...]
    means: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Sweep:
    """Result of `sweep`: summaries of all settings, the best first."""

    summaries: tuple[Summary, ...]

    @property
    def runs(self) -> list[SweepRun]:
        """All runs, those of the best setting first."""
        return [run for summary in self.summaries for run in summary.runs]

    @property
    def failed(self) -> list[SweepRun]:
        """Runs that failed."""
        return [run for run in self.runs if run.error is not None]


def plan_runs(
    config: TrainConfig,
    axes: Mapping[str, Sequence[Any]],
    *,
    seeds: Sequence[int],
    budget_nimg: int,
    out: Path,
) -> list[SweepRun]:
    """The trainings of a sweep in their order: all settings with the first seed come first.

    Args:
        config: values of all fields that `axes` does not have.
        axes: field -> values; the settings are all combinations.
        seeds: seeds of each setting.
        budget_nimg: images that each run is trained for.
        out: folder of the run folders.

    Raises: InputError: a value is invalid, or repeated.
    """
    check_values("seeds", tuple(seeds))
    runs = []
    for seed, values in itertools.product(seeds, itertools.product(*axes.values())):
        setting = dict(zip(axes, values, strict=True))
        each = replace(config, **setting, seed=seed, total_nimg=budget_nimg)
        check(each)
        runs.append(SweepRun(out / folder_name(setting, seed=seed), each, setting))
    if len({run.folder for run in runs}) < len(runs):
        raise InputError("two settings have the same name; give values that differ in their first digits")
    return runs


def folder_name(setting: Mapping[str, Any], *, seed: int) -> str:
    """Name of a run folder: r1-gamma-3_seed-0."""
    fields = {**setting, "seed": seed}
    return "_".join(f"{name.replace('_', '-')}-{as_word(value)}" for name, value in fields.items())


def as_word(value: Any) -> str:
    """A value of a setting as it is typed and shown: 10.0 is 10."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def sweep(
    runs: Sequence[SweepRun],
    *,
    out: Path,
    train: Callable[[TrainConfig, Path], object],
    report: Callable[[SweepRun, int], None],
) -> Sweep:
    """Train all runs in sequence, and rank their settings.

    Runs that <out>/sweep.json has as done are not trained again; failed ones are, from their last checkpoint.
    A run that fails does not stop the others.

    Args:
        runs: see `plan_runs`.
        out: folder of sweep.json.
        train: called with the config and the run folder of each.
        report: called with each run when it ends, and its number from 0.

    Raises: whatever `train` raises, except the errors of a run: InputError, WorkError, and those of JAX.
    """
    finished = _finished(out / FILE)
    ended = list(runs)
    for number, run in enumerate(runs):
        if (measures := finished.get(run.folder.name)) is None or not run.folder.is_dir():
            ended[number] = _trained(run, train)
        else:
            ended[number] = dataclasses.replace(run, measures=measures, is_done=True)
        _write(out / FILE, ended)
        report(ended[number], number)
    return rank(ended)


def rank(runs: Sequence[SweepRun]) -> Sweep:
    """Summarise runs by setting, and sort settings by their mean score, then distance; the lowest first.

    The score weighs distance and variety, see `gan.metrics.distance.score`. Settings without it come last.
    """
    groups: dict[str, list[SweepRun]] = {}
    for run in runs:
        groups.setdefault(json.dumps(run.setting), []).append(run)
    summaries = [Summary(group[0].setting, tuple(group), _means(group)) for group in groups.values()]

    def key(summary: Summary) -> list[tuple[bool, float]]:
        values = [summary.means.get(name, math.nan) for name in ("score", "distance")]
        return [(math.isnan(value), 0.0 if math.isnan(value) else value) for value in values]

    return Sweep(tuple(sorted(summaries, key=key)))


def last_measures(run: Path) -> dict[str, float]:
    """Measures of the last snapshot in a run's log, and the median of its images per second."""
    lines = read_log(run) if (run / LOG).is_file() else []
    snapshots = [line for line in lines if line["kind"] == "snapshot"]
    found: dict[str, Any] = {}
    if snapshots:
        last = max(snapshots, key=lambda line: line["nimg"])
        found = last | last.get("values", {})
    rates = [line["images_per_sec"] for line in lines if line["kind"] == "tick"]
    if rates:
        found |= {"images_per_sec": statistics.median(rates)}
    return {name: float(found[name]) for name in MEASURES if found.get(name) is not None}


def _trained(run: SweepRun, train: Callable[[TrainConfig, Path], object]) -> SweepRun:
    try:
        train(run.config, run.folder)
    except FAILURES as error:
        reason = " ".join(str(error).split())
        return dataclasses.replace(run, measures=last_measures(run.folder), error=reason)
    return dataclasses.replace(run, measures=last_measures(run.folder), is_done=True)


def _means(runs: Sequence[SweepRun]) -> dict[str, float]:
    """Means over the runs that are done; a measure that one of them lacks has none."""
    done = [run for run in runs if run.is_done]
    names = [name for name in MEASURES if done and all(name in run.measures for run in done)]
    return {name: statistics.fmean(run.measures[name] for run in done) for name in names}


def _finished(path: Path) -> dict[str, dict[str, float]]:
    """Folder name -> measures of the runs that are done."""
    if not path.is_file():
        return {}
    lines = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return {line["folder"]: line["measures"] for line in lines if line["is_done"]}


def _write(path: Path, runs: Sequence[SweepRun]) -> None:
    lines = [
        {"folder": run.folder.name, "setting": run.setting, "seed": run.config.seed}
        | {"is_done": run.is_done, "measures": run.measures, "error": run.error}
        for run in runs
    ]
    ranked = [
        {"setting": summary.setting, "done": sum(run.is_done for run in summary.runs), "means": summary.means}
        for summary in rank(runs).summaries
    ]
    write_json(path, {"schema": 1, "settings": ranked, "runs": lines})
