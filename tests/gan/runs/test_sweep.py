"""Sweeps with a training that only writes a log: order, resuming, failures, ranks."""

import json

import pytest

from data_prep.errors import InputError, WorkError
from gan.config import TrainConfig
from gan.runs.sweep import FILE, SweepRun, last_measures, plan_runs, rank, sweep

AXES = {"r1_gamma": (3.0, 10.0), "learning_rate": (0.001, "auto")}


def write_log(run, **values):
    run.mkdir(parents=True, exist_ok=True)
    lines = [
        {"kind": "tick", "nimg": 8, "images_per_sec": 50.0},
        {"kind": "snapshot", "nimg": 0, "distance": 999.0, "score": 999.0},
        {"kind": "tick", "nimg": 16, "images_per_sec": 70.0},
        {"kind": "snapshot", "nimg": 16, **values},
    ]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def runs(tmp_path):
    return plan_runs(TrainConfig(), AXES, seeds=(0, 7), budget_nimg=48, out=tmp_path)


def test_runs_are_all_combinations_of_values_and_seeds(runs):
    assert [run.folder.name for run in runs] == [
        f"r1-gamma-{gamma}_learning-rate-{rate}_seed-{seed}"
        for seed in (0, 7)
        for gamma in (3, 10)
        for rate in ("0.001", "auto")
    ]
    for run in runs:
        assert run.config.total_nimg == 48
        assert run.setting == {
            "r1_gamma": run.config.loss.r1_gamma,
            "learning_rate": run.config.optim.learning_rate,
        }


@pytest.mark.parametrize(
    ("axes", "seeds", "message"),
    [
        ({"r1_gamma": (1.0, -1.0)}, (0,), "--r1-gamma -1"),
        ({}, (0, 0), "--seeds 0 0"),
        ({}, (), "--seeds"),
        ({"r1_gamma": (1.0, 1.0000001)}, (0,), "first digits"),
    ],
)
def test_invalid_values_start_nothing(tmp_path, axes, seeds, message):
    with pytest.raises(InputError, match=message):
        plan_runs(TrainConfig(), axes, seeds=seeds, budget_nimg=48, out=tmp_path)


def test_finished_runs_are_skipped_and_failed_ones_tried_again(runs, tmp_path):
    """A run fails, another is interrupted; the next call trains these and those not yet reached."""
    trained, reports = [], []
    failing, interrupted = runs[1].folder, runs[3].folder

    def train(config, run):
        trained.append(run)
        write_log(run, score=1.0)
        if run == failing:
            raise WorkError("the loss is no longer\nfinite")
        if run == interrupted:
            raise KeyboardInterrupt

    options = {"out": tmp_path, "train": train, "report": lambda run, number: reports.append((number, run))}
    with pytest.raises(KeyboardInterrupt):
        sweep(runs, **options)
    assert trained == [run.folder for run in runs[:4]]
    assert [(number, run.error) for number, run in reports] == [
        (0, None),
        (1, "the loss is no longer finite"),
        (2, None),
    ]
    trained.clear()
    interrupted = None
    result = sweep(runs, **options)
    assert trained == [run.folder for run in (runs[1], *runs[3:])]
    assert [run.folder for run in result.failed] == [failing]
    assert {run.folder for run in result.runs if run.is_done} == {run.folder for run in runs} - {failing}
    failing = None
    trained.clear()
    assert sweep(runs, **options).failed == []
    assert trained == [runs[1].folder]
    written = json.loads((tmp_path / FILE).read_text())
    assert [line["is_done"] for line in written["runs"]] == [True] * 8
    assert len(written["settings"]) == 4


def made(tmp_path, gamma, seed, *, is_done=True, **measures):
    error = None if is_done else "failed"
    return SweepRun(
        tmp_path / f"{gamma}-{seed}", TrainConfig(seed=seed), {"r1_gamma": gamma}, measures, error, is_done
    )


def test_settings_are_ranked_by_their_mean_score_then_distance(tmp_path):
    runs = [
        made(tmp_path, 1.0, 0, score=9.0, distance=1.0),
        made(tmp_path, 2.0, 0, score=4.0, distance=4.0),
        made(tmp_path, 3.0, 0, distance=2.0),
        made(tmp_path, 4.0, 0, is_done=False, score=0.1),
        made(tmp_path, 5.0, 0, score=1.0, distance=5.0),
        made(tmp_path, 5.0, 1, score=9.0, distance=6.0),
        made(tmp_path, 6.0, 0, distance=1.0),
    ]
    result = rank(runs)
    assert [summary.setting["r1_gamma"] for summary in result.summaries] == [2.0, 5.0, 1.0, 6.0, 3.0, 4.0]
    assert result.summaries[1].means == {"score": 5.0, "distance": 5.5}
    assert result.summaries[-1].means == {}


def test_measures_are_of_the_last_snapshot(tmp_path):
    write_log(tmp_path, distance=3.0, score=4.0, floor=1.0, values={"recall": 0.25, "kid": 0.1})
    assert last_measures(tmp_path) == {
        "distance": 3.0,
        "score": 4.0,
        "recall": 0.25,
        "images_per_sec": 60.0,
    }
    assert last_measures(tmp_path / "absent") == {}
