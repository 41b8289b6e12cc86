"""`gan metrics` at the door: what it writes, what it repeats, what it refuses."""

import dataclasses
import json
import shutil
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from configs.gan.stylegan2_tiny import CONFIG as STYLEGAN2
from data_prep.__main__ import main as pack
from data_prep.records.dataset import Dataset
from gan.__main__ import main
from gan.data.reals import RecordReals
from gan.families import build
from gan.metrics import METRICS, Result
from gan.metrics.extractors import EXTRACTORS
from gan.runs.run_folder import open_run
from gan.sample import save_generator
from tests.gan.conftest import strokes
from tests.slow_cases import slow


@pytest.fixture(scope="module")
def run(short_run, tmp_path_factory):
    return Path(shutil.copytree(short_run[0], tmp_path_factory.mktemp("metrics") / "run"))


def lines(path):
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_names_at_the_door_are_those_of_the_tables():
    assert list(METRICS) == [
        *("frechet", "kid", "precision-recall", "ppl", "nearest", "variety", "frechet-by-position", "bound")
    ]
    assert list(EXTRACTORS) == ["random", "inception"]


ALL = tuple(name for name in METRICS if name != "bound")


@pytest.mark.slow
@pytest.mark.parametrize("names", [("frechet", "kid", "nearest"), *slow(ALL)], ids=len)
def test_lines_and_sheet_and_nothing_twice(short_run, tmp_path, capsys, names):
    run = Path(shutil.copytree(short_run[0], tmp_path / "run"))
    before = {path.name for path in run.iterdir()}
    words = ["metrics", str(run), "--images", "40"]
    of_names = [] if names == ALL else ["--metrics", *names]  # all is the default
    assert main([*words, *of_names]) == 0
    told = capsys.readouterr().out.splitlines()
    warned = [line.endswith("; 40 images for 128 features: the distance is biased upwards") for line in told]
    assert warned == [True] + [False] * (len(names) - 1)
    assert tuple(line.split(":")[0].split()[-1] for line in told) == names
    written = lines(run / "metrics.jsonl")
    assert tuple(line["metric"] for line in written) == names
    for line in written:
        assert (line["nimg"], line["images"], line["reals"], line["seed"]) == (16, 40, 96, 0)
        assert all(np.isfinite(value) for value in line["values"].values())
        assert {"generator", "data", "extractor", "truncation", "sec"} <= set(line)
        assert "name" not in line
    (drawn,) = (line for line in written if "sheet" in line)
    sheet = run / drawn["sheet"]
    assert Image.open(sheet).size == ((16 * 6 + 2) * 7 + 2 * 8, (16 * 6 + 2) * 16)
    assert {p.name for p in run.iterdir()} - before == {"metrics.jsonl", "metrics-cache", sheet.name}

    assert main([*words, "--metrics", "kid", "nearest", "kid"]) == 0
    again = capsys.readouterr().out.splitlines()
    assert len(again) == 2
    assert all(line.endswith("(measured before)") for line in again)
    assert lines(run / "metrics.jsonl") == written

    kept = list((run / "metrics-cache").iterdir())
    assert len(kept) == (2 if names == ALL else 1)  # features; figures of variety
    for path in kept:
        path.unlink()
    assert main([*words, *of_names]) == 0
    assert not any(path.exists() for path in kept)  # nothing was computed
    assert "128 features" not in capsys.readouterr().out

    assert main([*words, "--metrics", "frechet", "--seed", "1"]) == 0
    assert "128 features" not in capsys.readouterr().out  # this file has it already

    sheet.unlink()
    assert main([*words, "--metrics", "nearest"]) == 0
    assert sheet.is_file()
    redone = lines(run / "metrics.jsonl")[-1]
    assert redone["values"] == drawn["values"]


@pytest.mark.slow
def test_other_settings_are_other_lines(run, tmp_path):
    out = tmp_path / "results.jsonl"
    words = ["metrics", str(run), "--metrics", "ppl", "--images", "10", "--out", str(out)]
    assert main(words) == 0
    assert main([*words, "--ppl-sampling", "end"]) == 0
    assert main([*words, "--truncation", "0.5"]) == 0
    assert main([*words, "--reals", "20"]) == 0
    written = lines(out)
    assert [(w["sampling"], w["truncation"], w["reals"]) for w in written] == [
        ("full", 1, 96), ("end", 1, 96), ("full", 0.5, 96), ("full", 1, 20)
    ]  # fmt: skip
    assert written[0]["space"] == "z"
    assert len({w["values"]["ppl"] for w in written[:3]}) == 3
    assert written[3]["values"]["ppl"] == written[0]["values"]["ppl"]


def test_other_data(run, tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for i, image in enumerate(strokes(30, 16, seed=5)):
        Image.fromarray(image[..., 0]).save(pictures / f"{i}.png")
    assert pack(["pack", str(pictures), "--out", str(tmp_path / "held-out")]) == 0
    out = tmp_path / "m.jsonl"
    words = ["metrics", str(run), "--metrics", "frechet", "--images", "20", "--out", str(out)]
    assert main([*words, "--data", str(tmp_path / "held-out")]) == 0
    assert main(words) == 0
    held_out, own = lines(out)
    assert (held_out["reals"], own["reals"]) == (30, 96)
    assert held_out["data"] != own["data"]
    assert held_out["values"]["frechet"] != own["values"]["frechet"]


@pytest.mark.slow
def test_classes_are_those_of_the_run(tmp_path, capsys):
    """Other classes, or the same in other places, are no measure of a generator of classes."""

    def packed(name, classes):
        for i, image in enumerate(strokes(20, 16, seed=len(name))):
            folder = tmp_path / name / classes[i % len(classes)]
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0]).save(folder / f"{i}.png")
        labels = ["--labels", "subfolders"] if classes != [""] else []
        out = str(tmp_path / f"{name}-data")
        assert pack(["pack", str(tmp_path / name), "--out", out, *labels]) == 0
        return out

    run, own = tmp_path / "run", packed("own", ["leaf", "root"])
    save_conditional(run, data=own)
    words = ["metrics", str(run), "--metrics", "frechet", "--images", "9"]
    assert main(words) == 0
    assert lines(run / "metrics.jsonl")[0]["classes"] == "as the reals"
    assert main([*words, "--data", packed("same", ["leaf", "root"])]) == 0
    capsys.readouterr()
    for name, classes, message in [
        ("other", ["bark", "leaf", "root"], "generates 2 classes (leaf, root)"),
        ("none", [""], "holds no classes"),
    ]:
        assert main([*words, "--data", packed(name, classes)]) == 2
        told = capsys.readouterr().err.strip().splitlines()[-1]
        assert message in told
        assert "--labels subfolders" in told
    assert len(lines(run / "metrics.jsonl")) == 2


def save_conditional(run, *, data):
    """A run folder with an untrained generator of the dataset's classes."""
    config = dataclasses.replace(STYLEGAN2, conditional=True, compute_dtype="float32")
    dataset = Dataset(data)
    open_run(run, config, dataset, RecordReals(dataset, conditional=True))
    shape, names = dataset.image_shape, dataset.label_names
    params = jax.jit(build(config, shape, num_classes=len(names)).init_generator)(jax.random.key(0))
    save_generator(run, params, config=config, shape=shape, nimg=8, class_names=names)


def test_refusals(run, tmp_path, capsys):
    small = tmp_path / "small"
    small.mkdir()
    for i in range(9):
        Image.fromarray(np.full((8, 8), i, np.uint8)).save(small / f"{i}.png")
    assert pack(["pack", str(small), "--out", str(tmp_path / "eights")]) == 0
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    capsys.readouterr()
    r = str(run)
    cases = [
        ([str(tmp_path)], "holds no generator/weights.safetensors"),
        ([r + "/generator"], "is no run folder"),
        ([r, "--images", "4"], "--images 4: must be at least 5"),
        ([r, "--reals", "-1"], "--reals -1: must be at least 5"),
        ([r, "--metrics", "fid"], "--metrics fid: must be one of frechet"),
        ([r, "--data", str(tmp_path / "none")], "is not a dataset"),
        ([r, "--data", str(tmp_path / "eights")], "has images of 8 x 8 x 1"),
        ([r, "--extractor", "inception"], "needs --weights FILE"),
        ([r, "--weights", str(notes)], "add --extractor inception"),
        ([r, "--extractor", "inception", "--weights", str(notes)], "is not a complete state dict"),
        ([r, "--out", str(notes)], "is not a results file"),
    ]
    for words, message in cases:
        assert main(["metrics", *words]) == 2, words
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert notes.read_text() == "mine"


def test_a_dataset_that_changed(run, tmp_path, capsys):
    """The run's config names a folder; its content is held against the hash."""
    config = json.loads((run / "config.json").read_text())
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "generator").symlink_to(run / "generator")
    config["data"]["content_hash"] = "0" * 16
    (copy / "config.json").write_text(json.dumps(config))
    assert main(["metrics", str(copy), "--images", "9"]) == 2
    assert "has changed since" in capsys.readouterr().err


def test_a_metric_added_to_the_table_is_measured(run, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(METRICS, "ink", lambda m: Result({"ink": float(m.fake_features.mean())}))
    words = ["--metrics", "ink", "--images", "9", "--out", str(tmp_path / "ink.jsonl")]
    assert main(["metrics", str(run), *words]) == 0
    assert "ink: ink " in capsys.readouterr().out
    assert [line["metric"] for line in lines(tmp_path / "ink.jsonl")] == ["ink"]
