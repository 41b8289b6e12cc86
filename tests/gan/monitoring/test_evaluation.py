"""Measured beside the training: the best is kept, nothing of the training changes, a kill loses nothing."""

import json
import shutil
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from data_prep.records.dataset import Dataset
from gan.__main__ import main
from gan.data.reals import open_reals
from gan.metrics.distance import Measures, score
from gan.metrics.variety import Variety
from gan.monitoring import evaluation
from gan.monitoring.evaluation import Evaluation, best
from gan.recipes import build_recipe
from gan.runs.log import read_log
from gan.runs.run_folder import saved_config
from gan.sample import load_generator
from tests.slow_cases import slow_rows

FLAGS = ["--total-nimg", "128", "--snapshot-nimg", "32", "--checkpoint-nimg", "64", "--keep-latest", "1"]
FLAGS += ["--r1-interval", "1"]  # one program less
MEASURED = ["--metric-images", "24", "--metrics", "kid", "precision-recall"]


@pytest.fixture(scope="module")
def tiles(small_tiles):
    return small_tiles


def train(tiles: Path, run: Path, *more: str) -> int:
    return main(["train", "tiny", "--data", str(tiles), "--run", str(run), *FLAGS, *more])


def snapshots(run: Path) -> list[dict]:
    return [line for line in read_log(run) if line["kind"] == "snapshot"]


def without_line(run: Path, nimg: int) -> None:
    """The log as a kill leaves it: the snapshot is drawn, and not measured."""
    lines = [line for line in read_log(run) if not (line["kind"] == "snapshot" and line["nimg"] == nimg)]
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def results(run: Path, name: str) -> dict[int, float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return {line["nimg"]: line["values"][name] for line in lines if name in line["values"]}


@pytest.fixture(scope="module")
def measured(tiles, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "measured"
    assert train(tiles, run, *MEASURED, "--best-by", "recall") == 0
    return run


@pytest.fixture(scope="module")
def trained(tiles, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "trained"
    assert train(tiles, run, "--metric-images", "24") == 0
    return run


@pytest.fixture
def run(trained, tmp_path):
    """A copy of a trained run."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


@pytest.mark.slow
def test_the_best_and_the_newest_checkpoints_stay(measured):
    values = {line["nimg"]: line["values"]["recall"] for line in snapshots(measured)[1:]}
    assert list(values) == [32, 64, 96, 128]
    assert values == results(measured, "recall")
    winner = max(values, key=lambda nimg: (values[nimg], -nimg))
    kept = {int(path.name) for path in (measured / "checkpoints").iterdir() if path.is_dir()}
    assert kept == {winner, 128}
    assert load_generator(measured / "best").nimg == winner


@pytest.mark.parametrize(("by", "winner"), [("distance", 64), *slow_rows(("score", 96), ("precision", 96))])
def test_a_snapshot_in_the_middle_wins_and_its_checkpoint_stays(tiles, tmp_path, monkeypatch, by, winner):
    """Values are given: least distance at 64, where images are copies, and greatest precision at 96."""
    nearest = {9.0: 1.0, 5.0: 1.0, 3.0: 0.4, 4.0: 1.0, 8.0: 1.0}  # by distance
    measures = (
        Measures(distance, 0.0, Variety(1.0, 1.0, near, 0.1, 0.1)) for distance, near in nearest.items()
    )
    monkeypatch.setattr(evaluation.RealStatistics, "measure", lambda self, fakes: next(measures))
    precisions = iter([0.1, 0.2, 0.7, 0.3])
    monkeypatch.setattr(evaluation, "record", lambda *args: ("told", {"precision": next(precisions)}))
    flags = ["--metric-images", "24", "--metrics", "precision-recall", "--best-by", by]
    assert train(tiles, tmp_path / "run", *flags) == 0
    kept = {int(path.name) for path in (tmp_path / "run" / "checkpoints").iterdir() if path.is_dir()}
    assert kept == {winner, 128}
    assert load_generator(tmp_path / "run" / "best").nimg == winner


@pytest.mark.slow
def test_each_snapshot_has_its_distance_in_the_log_and_its_metrics_in_a_file(measured):
    lines = snapshots(measured)
    assert [line["nimg"] for line in lines] == [0, 32, 64, 96, 128]
    assert all(line["distance"] > line["floor"] > 0 for line in lines)
    for line in lines:
        assert line["distance_by_position"] > line["floor_by_position"] > 0
        expected = score(line["distance"], layout=line["layout"], nearest=line["nearest"])
        assert line["score"] == pytest.approx(expected, rel=1e-2, abs=1e-3)  # of rounded values
        assert line["pixel_std"] > 0
        assert 0 < line["ink_fraction_reals"] < 0.5
    assert list(results(measured, "kid")) == [32, 64, 96, 128]
    assert load_generator(measured).nimg == 128


@pytest.mark.slow
def test_what_is_written_is_what_gan_metrics_finds(measured, capsys):
    assert main(["metrics", str(measured), "--metrics", "kid", "--images", "24"]) == 0
    assert "(measured before)" in capsys.readouterr().out


@pytest.mark.slow
def test_measuring_more_changes_nothing_of_the_training(measured, trained):
    weights = [run / "generator" / "weights.safetensors" for run in (measured, trained)]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_a_run_that_ended_before_its_snapshot_was_measured_measures_it(tiles, run, capsys):
    """At the end, and also when it goes on."""
    before = snapshots(run)
    without_line(run, 128)
    assert train(tiles, run) == 0
    assert "already done" in capsys.readouterr().err
    assert [line | {"sec": 0} for line in snapshots(run)] == [line | {"sec": 0} for line in before]
    without_line(run, 128)
    assert train(tiles, run, "--total-nimg", "136") == 0
    assert [line["nimg"] for line in snapshots(run)] == [0, 32, 64, 96, 128, 136]


@pytest.mark.slow
def test_what_cannot_be_measured_is_told_and_the_training_goes_on(tiles, tmp_path, monkeypatch, capsys):
    def broken(*args):
        raise OSError("no room left")

    monkeypatch.setattr(evaluation, "record", broken)
    run = tmp_path / "run"
    assert train(tiles, run, *MEASURED) == 1
    told = capsys.readouterr().err.strip().splitlines()
    assert "training is done and saved, but 4 snapshots could not be measured" in told[-1]
    assert "no room left" in told[-1]
    assert (run / "checkpoints" / "128").is_dir()
    monkeypatch.undo()
    assert train(tiles, run) == 0
    assert [line["nimg"] for line in snapshots(run)] == [0, 128]


def test_a_stop_gives_up_the_measuring_and_the_next_start_does_it(tiles, run, monkeypatch):
    begun, stop = threading.Event(), threading.Event()

    def endless(self, fakes):
        begun.set()
        first._cancel.wait(60)
        list(fakes)  # the next batch notices
        raise AssertionError("it was not given up")

    without_line(run, 128)
    reals = open_reals(Dataset(tiles), saved_config(run))
    recipe = build_recipe(saved_config(run), reals.image_shape)
    make = partial(Evaluation, recipe, reals, run, nimg=128, checkpoints=range(129))
    first = make()
    monkeypatch.setattr(evaluation.RealStatistics, "measure", endless)
    first.start_missing(128)
    assert begun.wait(60)
    assert first.protected() == {128} | ({first.best_nimg} - {None})
    stop.set()
    assert not first.wait(stop)
    assert first.poll() == []
    monkeypatch.undo()
    second = make()
    second.start_missing(128)
    assert second.wait(threading.Event())
    (event,) = second.poll()
    assert event.nimg == 128
    assert event.line["distance"] > event.line["floor"]
    assert second.poll() == []


@pytest.mark.slow  # each gamma is compiled; tests/gan/test_loop.py rewinds a recipe that compiles sooner
def test_a_collapse_rewinds_with_a_larger_gamma(tiles, tmp_path, monkeypatch):
    """Values are given: images are copies at 96, which is known when 128 is due."""
    good, copies = Variety(1.0, 1.0, 1.0, 0.1, 0.1), Variety(1.0, 1.0, 0.1, 0.1, 0.1)
    varieties = iter([good, good, good, copies, good, good])

    class Statistics:
        count, floor, floor_by_position = 24, 1.0, 1.0

        def __init__(self, *args, **options): ...

        def measure(self, fakes):
            return Measures(5.0, 5.0, next(varieties))

    monkeypatch.setattr(evaluation, "RealStatistics", Statistics)
    run = tmp_path / "run"
    assert train(tiles, run, "--metric-images", "24", "--on-collapse", "rewind") == 0
    assert [line["nimg"] for line in snapshots(run)] == [0, 32, 64, 96, 128]
    (rewind,) = json.loads((run / "rewinds.json").read_text())["rewinds"]
    assert (rewind["from_nimg"], rewind["to_nimg"]) == (128, 64)
    notes = [line["message"] for line in read_log(run) if line["kind"] == "note"]
    words = "samples are near copies of each other: nearest 0.10 (1 is right); r1_gamma 1.0 -> 3.0"
    assert f"rewind 1 from nimg 128 to nimg 64: {words}" in notes
    assert saved_config(run).loss.r1_gamma == 1.0  # the command's


@pytest.mark.slow
def test_another_measure_starts_a_new_competition(tiles, run):
    """Distances of other numbers of images do not compare; what was best by them goes."""
    assert load_generator(run / "best").nimg > 0
    assert train(tiles, run, "--metric-images", "12", "--total-nimg", "136") == 0
    assert load_generator(run / "best").nimg == 136


def test_a_log_without_scores_starts_a_new_competition(tiles, run):
    """Lines of an earlier version have distances only."""
    lines = read_log(run)
    for line in lines:
        line.pop("score", None)
    (run / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    recipe = build_recipe(saved_config(run), (8, 8, 1))
    reals = open_reals(Dataset(tiles), saved_config(run))
    made = Evaluation(recipe, reals, run, nimg=128, checkpoints=range(129))
    assert made.best_nimg is None
    assert not (run / "best").exists()


def test_best_is_the_first_of_the_best():
    values = {0: 3.0, 8: 1.0, 16: float("nan"), 24: 1.0, 32: 7.0}
    assert best(values, by="distance") == 8
    assert best(values, by="precision") == 32
    assert best({}, by="kid") is None
    assert best({8: float("inf")}, by="kid") is None


def test_refusals(tiles, tmp_path, capsys):
    cases = [
        (["--best-by", "kid"], "add kid to --metrics"),
        (["--on-collapse", "stop", "--metric-images", "0"], "--on-collapse stop: needs --metric-images"),
        (["--metrics", "kid", "--metric-images", "4"], "--metric-images 4"),
        ([*MEASURED, "--metric-weights", str(tmp_path / "none.pth")], "none.pth"),
    ]
    for flags, message in cases:
        assert train(tiles, tmp_path / "run", *flags) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_classes_of_generated_images_come_in_the_proportions_of_the_real_ones(tmp_path):
    from PIL import Image

    from data_prep.__main__ import main as prepare
    from data_prep.records.dataset import Dataset
    from gan.data.reals import RecordReals
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
