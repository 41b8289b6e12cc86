"""Measured beside the training: the best is kept, nothing of the training changes, a kill loses nothing."""

import json
from pathlib import Path

import numpy as np
import pytest

from gan.__main__ import main
from gan.evaluation import best
from gan.log import read_log
from gan.sample import load_generator

FLAGS = ["--total-nimg", "128", "--snapshot-nimg", "32", "--checkpoint-nimg", "64", "--keep-latest", "1"]
MEASURED = ["--metric-images", "24", "--metrics", "kid", "precision-recall"]


def train(tiles: Path, run: Path, *more: str) -> int:
    return main(["train", "tiny", "--data", str(tiles), "--run", str(run), *FLAGS, *more])


def snapshots(run: Path) -> dict[int, dict]:
    return {line["nimg"]: line for line in read_log(run) if line["kind"] == "snapshot"}


def results(run: Path, name: str) -> dict[int, float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return {line["nimg"]: line["values"][name] for line in lines if name in line["values"]}


@pytest.fixture(scope="module")
def measured(tiles, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "measured"
    assert train(tiles, run, *MEASURED, "--best-by", "recall") == 0
    return run


def test_the_best_and_the_newest_checkpoints_stay(measured):
    recall = results(measured, "recall")
    assert list(recall) == [32, 64, 96, 128]
    winner = max(recall, key=lambda nimg: (recall[nimg], -nimg))
    kept = {int(path.name) for path in (measured / "checkpoints").iterdir() if path.is_dir()}
    assert kept == {winner, 128}
    assert load_generator(measured / "best").nimg == winner


def test_each_snapshot_has_its_distance_in_the_log_and_its_metrics_in_a_file(measured):
    assert list(snapshots(measured)) == [0, 32, 64, 96, 128]
    assert all(line["distance"] > line["floor"] > 0 for line in snapshots(measured).values())
    assert list(results(measured, "kid")) == [32, 64, 96, 128]
    assert load_generator(measured).nimg == 128
    ticks = [line for line in read_log(measured) if line["kind"] == "tick"]
    assert all(0 <= line["input_wait"] <= 1 for line in ticks)


def test_what_is_written_is_what_gan_metrics_finds(measured, capsys):
    assert main(["metrics", str(measured), "--metrics", "kid", "--images", "24"]) == 0
    assert "(measured before)" in capsys.readouterr().out


def test_measuring_changes_nothing_of_the_training(measured, tiles, tmp_path):
    assert train(tiles, tmp_path / "run", "--metric-images", "0") == 0
    weights = [run / "generator" / "weights.safetensors" for run in (measured, tmp_path / "run")]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert not (tmp_path / "run" / "best").exists()


def test_a_kill_before_the_line_measures_again(tiles, tmp_path, capsys):
    """The log as a kill leaves it: the snapshot is drawn and the checkpoint is there, the distance is not."""
    run = tmp_path / "run"
    assert train(tiles, run, "--metric-images", "24") == 0
    before, log = snapshots(run), run / "log.jsonl"
    lines = [line for line in read_log(run) if not (line["kind"] == "snapshot" and line["nimg"] == 128)]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert train(tiles, run) == 0
    assert "already done" in capsys.readouterr().err
    again = snapshots(run)
    assert list(again) == list(before)
    assert again[128]["distance"] == before[128]["distance"]


def test_best_is_the_first_of_the_best():
    values = {0: 3.0, 8: 1.0, 16: float("nan"), 24: 1.0, 32: 7.0}
    assert best(values, by="distance") == 8
    assert best(values, by="precision") == 32
    assert best({}, by="kid") is None
    assert best({8: float("inf")}, by="kid") is None


def test_refusals(tiles, tmp_path, capsys):
    cases = [
        (["--best-by", "kid"], "add kid to --metrics"),
        (["--metrics", "kid", "--metric-images", "4"], "--metric-images 4"),
        ([*MEASURED, "--metric-weights", str(tmp_path / "none.pth")], "none.pth"),
    ]
    for flags, message in cases:
        assert train(tiles, tmp_path / "run", *flags) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_classes_of_generated_images_come_in_the_proportions_of_the_real_ones(tmp_path):
    from PIL import Image

    from data_prep.__main__ import main as prepare
    from data_prep.dataset import Dataset
    from gan.reals import RecordReals
    from tests.gan.conftest import strokes

    for i, image in enumerate(strokes(12, 16)):
        folder = tmp_path / "pictures" / ("rare" if i % 4 == 0 else "often")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(folder / f"{i}.png")
    words = ["pack", str(tmp_path / "pictures"), "--out", str(tmp_path / "data"), "--labels", "subfolders"]
    assert prepare(words) == 0
    dataset = Dataset(tmp_path / "data")
    reals = RecordReals(dataset, conditional=True)
    labels = reals.labels(np.arange(24), seed=5)
    rare = dataset.label_names.index("rare")
    assert (labels == rare).sum() == 6
    shown = np.concatenate(list(reals.look(12, seed=5)))
    for image, label in zip(shown, labels, strict=False):
        own = [r.image for r in map(dataset.__getitem__, range(12)) if r.label == label]
        assert any((image == other).all() for other in own)
    assert RecordReals(dataset).labels(np.arange(3), seed=5) is None
