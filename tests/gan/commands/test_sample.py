"""`gan sample`: named seeds, results that exist, errors."""

import pytest
from PIL import Image

from gan.__main__ import main


def test_seeds_and_grid(untrained_run, tmp_path, capsys):
    out = tmp_path / "a"
    assert main(["sample", str(untrained_run), "--out", str(out), "--seeds", "3,10-12", "--scale", "2"]) == 0
    names = sorted(path.name for path in out.glob("*.png"))
    assert names == ["grid.png", "seed00003.png", "seed00010.png", "seed00011.png", "seed00012.png"]
    assert Image.open(out / "grid.png").size == (64, 64)
    words = ["sample", str(untrained_run), "--out", str(tmp_path / "b"), "--seeds", "12", "--no-grid"]
    assert main([*words, "--scale", "2"]) == 0
    assert [path.name for path in (tmp_path / "b").glob("*.png")] == ["seed00012.png"]
    assert (tmp_path / "b" / "seed00012.png").read_bytes() == (out / "seed00012.png").read_bytes()
    capsys.readouterr()
    assert main([*words, "--scale", "2"]) == 0
    assert "already done" in capsys.readouterr().out
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--seeds", "5-"], "--seeds 5-"),
        (["--scale", "0"], "--scale 0: must be from 1 to 16"),
        (["--label", "leaf"], "--label leaf"),
    ],
)
def test_errors(untrained_run, tmp_path, capsys, flags, message):
    assert main(["sample", str(untrained_run), "--out", str(tmp_path / "out"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
