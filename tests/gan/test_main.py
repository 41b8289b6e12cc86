"""The door: what it refuses, in one line, and what it makes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan.__main__ import main
from gan.runs.log import read_log


@pytest.fixture
def trained(short_run, tmp_path):
    """A copy of a short run, and the command that resumes it."""
    run, words = short_run
    copy = Path(shutil.copytree(run, tmp_path / "run"))
    return copy, [str(copy) if word == str(run) else word for word in words]


def test_refusals(tiles, trained, tmp_path, capsys):
    """Each of these is one line, names what would be right, and starts nothing."""
    run, words = trained
    data, new = str(tiles), str(tmp_path / "new")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    odd = tmp_path / "odd"
    odd.mkdir()
    for i in range(40):
        Image.fromarray(np.full((20, 20), i, np.uint8)).save(odd / f"{i}.png")
    from data_prep.__main__ import main as pack

    assert pack(["pack", str(odd), "--out", str(tmp_path / "odd-data")]) == 0
    capsys.readouterr()
    cases = [
        (["train", "tine", "--data", data, "--run", new], "no preset 'tine'; did you mean 'tiny'?"),
        (["train", "tiny", "--data", new, "--run", new], "is not a dataset"),
        (["train", "demo", "--data", data, "--run", new], "--resolution 64: "),
        (
            ["train", "tiny", "--data", data, "--run", new, "--channels", "3"],
            "--channels 3: ",
        ),
        (
            ["train", "tiny", "--data", str(tmp_path / "odd-data"), "--run", new],
            "the short side must be 4, 8, 16",
        ),
        (
            ["train", "tiny", "--data", data, "--run", new, "--batch-size", "0"],
            "--batch-size 0: must be above 0",
        ),
        (["train", "tiny", "--data", data, "--run", new, "--batch-size", "12"], "take 8 or 16"),
        (["train", "tiny", "--data", data, "--run", new, "--batch-size", "200"], "fewer than a batch"),
        (
            ["train", "tiny", "--data", data, "--run", new, "--iterations-per-dispatch", "3"],
            "must be a multiple of --iterations-per-dispatch",
        ),
        (
            ["train", "tiny", "--data", data, "--run", new, "--beta2", "1"],
            "--beta2 1.0: must be between 0 and 1",
        ),
        (["train", "tiny", "--data", data, "--run", new, "--process-id", "1"], "must be used together"),
        (["train", "tiny", "--data", data, "--run", str(foreign)], "is no run folder"),
        (["train", "demo", "--data", data, "--run", str(run)], "was started from preset 'tiny'"),
        ([*words, "--channel-max", "4"], "channel_max is 16 there, 4 requested"),
        ([*words, "--batch-size", "16"], "batch_size is 8 there, 16 requested"),
        (
            ["train", "stylegan2-tiny", "--data", data, "--run", new, "--generator-widths", "8"],
            "--generator-widths 8: must be 3 numbers at 16 px",
        ),
        (
            [
                "train",
                "stylegan2-tiny",
                "--data",
                data,
                "--run",
                new,
                "--discriminator-widths",
                "8",
                "0",
                "4",
            ],
            "--discriminator-widths 8 0 4: must be above 0",
        ),
        (["sample", str(foreign), "--out", new], "holds no generator/weights.safetensors"),
        (["sample", str(run), "--out", str(foreign)], "files that inkloop did not write"),
        (["sample", str(run), "--out", new, "--seeds", "5-"], "--seeds 5-"),
    ]
    for arguments, expected in cases:
        assert main(arguments) == 2, arguments
        told = capsys.readouterr().err.strip()
        assert expected in told
        assert len(told.splitlines()) == 1, told
    assert not (tmp_path / "new").exists()
    assert [p.name for p in foreign.iterdir()] == ["thesis.txt"]


def test_other_data_is_refused(trained, tmp_path, capsys):
    _run, words = trained
    other = tmp_path / "pictures"
    other.mkdir()
    for i in range(16):
        Image.fromarray(np.full((16, 16), 10 * i, np.uint8)).save(other / f"{i}.png")
    from data_prep.__main__ import main as pack

    assert pack(["pack", str(other), "--out", str(tmp_path / "other")]) == 0
    words = [*words[:3], str(tmp_path / "other"), *words[4:]]
    assert main(words) == 2
    assert "whose content is not that of" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1}', '{"schema": 2, "data": {}, "train": {}}'])
def test_a_damaged_run_config(trained, text, capsys):
    run, words = trained
    (run / "config.json").write_text(text)
    assert main(words) == 2
    assert "config.json is damaged" in capsys.readouterr().err


def test_an_unknown_field_in_a_run_config(trained, capsys):
    run, words = trained
    value = json.loads((run / "config.json").read_text())
    value["train"]["momentum"] = 3
    (run / "config.json").write_text(json.dumps(value))
    assert main(words) == 2
    assert "does not hold a training config" in capsys.readouterr().err


def test_a_run_remembers_its_flags(trained, capsys):
    """Flags that are not repeated keep the run's values, not the preset's."""
    _run, words = trained
    short = [w for w in words if w not in ("--total-nimg", "16")]
    assert main(short) == 0
    assert "already done: 16 images" in capsys.readouterr().err


def test_sample_writes_named_seeds_and_a_grid(trained, tmp_path, capsys):
    run, _ = trained
    assert main(["sample", str(run), "--out", str(tmp_path / "a"), "--seeds", "3,10-12"]) == 0
    names = sorted(p.name for p in (tmp_path / "a").glob("*.png"))
    assert names == ["grid.png", "seed00003.png", "seed00010.png", "seed00011.png", "seed00012.png"]
    assert main(["sample", str(run), "--out", str(tmp_path / "b"), "--seeds", "12"]) == 0
    assert (tmp_path / "a" / "seed00012.png").read_bytes() == (tmp_path / "b" / "seed00012.png").read_bytes()
    capsys.readouterr()
    assert main(["sample", str(run), "--out", str(tmp_path / "b"), "--seeds", "12"]) == 0
    assert "already done" in capsys.readouterr().out
    assert main(["sample", str(run), "--out", str(tmp_path / "b"), "--seeds", "13"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_losses_and_penalties_are_logged(short_run):
    tick = next(line for line in read_log(short_run[0]) if line["kind"] == "tick")
    assert {"loss_d", "loss_g", "penalty_r1", "images_per_sec"} <= set(tick)


def test_help_imports_no_jax():
    program = (
        "import sys, gan.__main__ as m\ntry: m.main(['--help'])\nexcept SystemExit: pass\n"
        "assert 'jax' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True).returncode == 0
