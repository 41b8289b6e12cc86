"""Curves: every number of the log finds its panel, and the picture is one."""

import json

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from gan.__main__ import main
from gan.monitoring.plots import arrange, log_series, result_series, running_mean

LOG = [
    {"kind": "snapshot", "nimg": 0, "distance": 900.0, "floor": 1.0, "metric_images": 64, "sec": 2.0}
    | {"layout": 3.0, "nearest": 0.5, "ink_fraction": 0.1, "ink_fraction_reals": 0.2, "score": 4000.0},
    {"kind": "tick", "nimg": 100, "images_per_sec": 50.0, "loss_g": 1.0, "loss_d": 0.7, "augment_p": 0.1},
    {"kind": "note", "nimg": 150, "message": "learning_rate: 1 -> 2"},
    {"kind": "tick", "nimg": 200, "images_per_sec": 60.0, "loss_g": 2.0, "loss_d": 0.6, "penalty_r1": 0.3},
    {"kind": "tick", "nimg": 300, "images_per_sec": 60.0, "loss_g": float("nan"), "loss_d": 0.6, "heat": 3},
]
RESULT = {"metric": "frechet", "extractor": "random-7", "images": 500, "truncation": 1.0, "nimg": 200}
RESULT |= {"values": {"frechet": 3.5, "relative": 80.0}}


def test_series_of_a_log():
    series = log_series(LOG)
    assert set(series) == {
        *("distance", "floor", "images_per_sec", "loss_g", "loss_d", "augment_p", "penalty_r1", "heat"),
        *("layout", "nearest", "ink_fraction", "ink_fraction_reals", "score"),
    }
    np.testing.assert_array_equal(series["loss_d"], [[100, 200, 300], [0.7, 0.6, 0.6]])


def test_series_of_results_tell_how_they_were_measured():
    later = RESULT | {"nimg": 100, "values": {"frechet": 9.0}}
    drawn_in = RESULT | {"truncation": 0.7}
    series = result_series([RESULT, later, drawn_in])
    np.testing.assert_array_equal(series["frechet (random, 500 images)"], [[100, 200], [9, 3.5]])
    assert set(series) == {"frechet (random, 500 images)", "frechet (random, 500 images, truncation 0.7)"}


def test_margin_and_schedules_have_their_panels():
    line = {
        "kind": "tick",
        "nimg": 100,
        "margin": 0.5,
        "logit_real": 1.0,
        "r1_gamma": 3.0,
        "learning_rate": 0.001,
    }
    panels = {panel.title: sorted(names) for panel, names in arrange(log_series([line]))}
    assert panels == {
        "discriminator's logits": ["logit_real", "margin"],
        "schedules": ["learning_rate", "r1_gamma"],
    }


def test_every_series_is_in_one_panel():
    values = {"precision": 1, "recall": 0, "least_ratio": 1, "kid": 0, "pixel_std": 1.1}
    series = log_series(LOG) | result_series([RESULT | {"values": values}])
    panels = {panel.title: names for panel, names in arrange(series)}
    assert sorted(name for names in panels.values() for name in names) == sorted(series)
    assert panels["losses"] == ["loss_g", "loss_d"]
    assert panels["augmentation p, sign of D"] == ["augment_p"]
    assert panels["distance at snapshots"] == ["distance", "floor", "score"]
    assert panels["variety, ratio to reals (1 is right)"] == [
        *("layout", "nearest", "pixel_std (random, 500 images)"),
    ]
    assert panels["ink fraction"] == ["ink_fraction", "ink_fraction_reals"]
    assert panels["precision, recall"] == ["precision (random, 500 images)", "recall (random, 500 images)"]
    assert panels["metrics"] == ["kid (random, 500 images)"]
    assert panels["others"] == ["heat"]
    with pytest.raises(InputError, match="no numbers yet"):
        arrange({})


def test_running_mean_is_a_mean_of_neighbours():
    values = np.random.default_rng(0).normal(size=20)
    expected = [values[max(0, i - 2) : i + 3].mean() for i in range(20)]
    np.testing.assert_allclose(running_mean(values, window=5), expected)


@pytest.mark.slow
def test_the_picture(tmp_path, capsys):
    """Nothing to name: drawn again in the run."""
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LOG) + '{"kind": "ti')
    (tmp_path / "metrics.jsonl").write_text(json.dumps(RESULT) + "\n")
    assert main(["curves", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'curves.png'}  14 curves")
    first = np.asarray(Image.open(tmp_path / "curves.png").convert("L"))
    assert min(first.shape) > 500
    assert (first < 128).mean() > 0.005
    assert main(["curves", str(tmp_path)]) == 0
    np.testing.assert_array_equal(first, np.asarray(Image.open(tmp_path / "curves.png").convert("L")))


@pytest.mark.slow
def test_other_pictures_are_overwritten_on_request_only(tmp_path):
    many = [{"kind": "tick", "nimg": i, "loss_g": i % 7} for i in range(1, 400)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in many))
    named = str(tmp_path / "other.png")
    assert main(["curves", str(tmp_path), "--out", named]) == 0
    assert main(["curves", str(tmp_path), "--out", named]) == 2
    assert main(["curves", str(tmp_path), "--out", named, "--overwrite"]) == 0


def test_refusals(tmp_path, capsys):
    (tmp_path / "log.jsonl").write_text('{"kind": "note", "nimg": 0, "message": "hello"}\n')
    cases = [
        ([str(tmp_path / "none")], "holds no log.jsonl"),
        ([str(tmp_path), "--out", str(tmp_path / "a.gif")], "must end in .png"),
        ([str(tmp_path)], "no numbers yet"),
    ]
    for words, message in cases:
        assert main(["curves", *words]) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["log.jsonl"]
