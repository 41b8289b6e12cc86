"""`gan sweep`: what it writes, resumes and refuses."""

import json

import jax
import pytest
from PIL import Image

from configs.gan.tiny import CONFIG
from data_prep.errors import WorkError
from gan.__main__ import main
from gan.families import build
from gan.runs import sweep_folder
from gan.sample import save_generator
from tests.gan.runs.test_sweep import write_log


@pytest.fixture
def trained(monkeypatch):
    """(config, folder) of each training, which only saves an initial generator and a log."""
    calls = []
    params = jax.jit(build(CONFIG, (8, 8, 1)).init_generator)(jax.random.key(0))

    def train_run(config, data, run, *, progress, note):
        calls.append((config, run))
        if config.loss.r1_gamma == 13:
            raise WorkError("loss_d is no longer finite near nimg 8")
        write_log(run, score=config.loss.r1_gamma + config.seed, layout=1.25)
        save_generator(run, params, config=config, shape=(8, 8, 1), nimg=config.total_nimg)

    monkeypatch.setattr(sweep_folder, "train_run", train_run)
    return calls


def test_a_sweep_is_a_table_a_sheet_and_a_folder_per_run(small_tiles, tmp_path, trained, capsys):
    out = tmp_path / "sweep"
    words = ["sweep", "tiny", "--data", str(small_tiles), "--out", str(out), "--r1-gamma", "3", "1"]
    words += ["--seeds", "0", "2", "--budget-nimg", "24", "--columns", "3"]
    assert main(words) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].split() == ["r1_gamma", "seeds", "score", "layout", "images_per_sec"]
    assert [line.split()[:2] for line in shown[1:3]] == [["1", "2/2"], ["3", "2/2"]]
    assert (out / "table.txt").read_text().splitlines() == shown[:3]
    assert len(json.loads((out / "sweep.json").read_text())["runs"]) == 4
    assert Image.open(out / "samples.png").size[0] > 3 * 64
    assert {run.name for _, run in trained} == {f"r1-gamma-{g}_seed-{s}" for g in (1, 3) for s in (0, 2)}
    assert {config.total_nimg for config, _ in trained} == {24}
    trained.clear()
    assert main(words) == 0  # again: nothing is trained, and the table is shown
    assert capsys.readouterr().out.splitlines()[:3] == shown[:3]
    assert trained == []
    assert main([*words[:-1], "4", "--r1-gamma", "5"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_a_failed_run_is_reported_and_the_others_go_on(small_tiles, tmp_path, trained, capsys):
    words = ["sweep", "tiny", "--data", str(small_tiles), "--out", str(tmp_path / "sweep")]
    assert main([*words, "--r1-gamma", "13", "2"]) == 1
    shown = capsys.readouterr()
    assert [line.split()[:2] for line in shown.out.splitlines()[1:3]] == [["2", "1/1"], ["13", "0/1"]]
    assert "1 run failed: r1-gamma-13_seed-0" in shown.err
    assert "loss_d is no longer finite" in shown.err
    trained.clear()
    assert main([*words, "--r1-gamma", "13", "2"]) == 1
    assert [config.loss.r1_gamma for config, _ in trained] == [13]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--r1-gamma", "-1", "2"], "--r1-gamma -1"),
        (["--r1-gamma", "2", "2"], "values must differ"),
        (["--channels", "3"], "--channels 3"),
        (["--budget-nimg", "0"], "--budget-nimg"),
        (["--columns", "0"], "--columns"),
    ],
)
def test_what_cannot_start_leaves_no_folder(small_tiles, tmp_path, trained, capsys, flags, message):
    out = tmp_path / "sweep"
    assert main(["sweep", "tiny", "--data", str(small_tiles), "--out", str(out), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.slow
def test_a_sweep_trains_and_measures(small_tiles, tmp_path, capsys):
    words = ["sweep", "tiny", "--data", str(small_tiles), "--out", str(tmp_path / "sweep")]
    words += ["--seeds", "0", "1", "--budget-nimg", "16", "--metric-images", "16", "--r1-interval", "1"]
    assert main(words) == 0
    header, row = (line.split() for line in capsys.readouterr().out.splitlines()[:2])
    assert header[:3] == ["seeds", "score", "distance"]
    assert row[0] == "2/2"
