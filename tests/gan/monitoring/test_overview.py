"""Overview of a run from its files."""

import json
import math
import shutil

import numpy as np
import pytest

from configs.gan.tiny import CONFIG
from data_prep.errors import InputError
from data_prep.images import write_image
from gan.config import replace, to_json
from gan.monitoring.overview import best, read_overview, sample_grid

TOTAL = 8_000  # images
SNAPSHOT = {"kind": "snapshot", "floor": 1.0, "layout": 1.0, "nearest": 1.0, "pixel_std": 1.0}
SNAPSHOT |= {"ink_fraction": 0.2, "ink_fraction_reals": 0.2, "metric_images": 8, "sec": 1.0}


def write_run(run, lines):
    """A run folder of hand-written lines, with a sample grid at 0 and 800."""
    config = {"schema": 1, "recipe": "adversarial", "train": to_json(replace(CONFIG, total_nimg=TOTAL))}
    config |= {"data": {"folder": "tiles", "content_hash": "0", "shape": [16, 16, 1], "classes": []}}
    run.mkdir()
    (run / "config.json").write_text(json.dumps(config))
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for nimg in (0, 800):
        write_image(run / "samples" / f"{nimg:09d}.png", np.full((8, 8, 1), nimg // 4, np.uint8))


def tick(nimg, **values):
    return {"kind": "tick", "nimg": nimg, "images_per_sec": 50.0, "loss_g": 1.0} | values


def test_progress_curves_and_the_best_snapshot(tmp_path):
    lines = [SNAPSHOT | {"nimg": 0, "score": 0.5}, tick(400), tick(800, loss_g=2.0)]
    lines += [SNAPSHOT | {"nimg": 800, "score": 9.0, "values": {"recall": 0.4}}]
    lines += [{"kind": "note", "nimg": 800, "message": "a note"}]
    write_run(tmp_path / "run", lines)
    found = read_overview(tmp_path / "run")
    assert (found.nimg, found.total_nimg, found.images_per_sec) == (800, TOTAL, 50.0)
    assert found.left_sec == (TOTAL - 800) / 50
    (losses,) = [panel for panel in found.panels if panel.title == "losses"]
    assert (losses.curves[0].nimg, losses.curves[0].values) == ([400, 800], [1.0, 2.0])
    assert [(shot.nimg, shot.samples is not None) for shot in found.snapshots] == [(0, True), (800, True)]
    assert found.snapshots[1].values["recall"] == 0.4
    assert found.best_nimg == 800  # the untrained one does not count
    assert (found.alarms, found.notes) == ([], [(800, "a note")])


def test_alarms_of_collapse_nan_and_disk(tmp_path, monkeypatch):
    lines = [SNAPSHOT | {"nimg": 400, "score": 1.0}, SNAPSHOT | {"nimg": 800, "score": 1.0, "nearest": 0.1}]
    write_run(tmp_path / "run", [*lines, tick(900, loss_g=math.nan)])
    (tmp_path / "run" / "checkpoints" / "800").mkdir(parents=True)
    (tmp_path / "run" / "checkpoints" / "800" / "weights").write_bytes(bytes(1000))
    usage = shutil.disk_usage(tmp_path)._replace(free=1500)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    alarms = read_overview(tmp_path / "run").alarms
    assert [alarm.kind for alarm in alarms] == ["nearest", "not finite", "disk"]
    assert "loss_g" in alarms[1].text


def test_a_run_before_its_first_line_and_what_is_no_run(tmp_path):
    write_run(tmp_path / "run", [])
    found = read_overview(tmp_path / "run")
    assert (found.nimg, found.panels, found.best_nimg, found.left_sec) == (0, [], None, None)
    with pytest.raises(InputError, match=r"config\.json"):
        read_overview(tmp_path)
    with pytest.raises(InputError, match=r"reals\.png"):
        sample_grid(tmp_path / "run", None)
    assert sample_grid(tmp_path / "run", 800).name == "000000800.png"


def test_best_is_the_least_or_the_greatest_of_the_finite_values():
    values = {1: 3.0, 2: 1.0, 3: math.nan, 4: 1.0}
    assert best(values, by="score") == 2
    assert best(values, by="recall") == 1
    assert best({}, by="score") is None
