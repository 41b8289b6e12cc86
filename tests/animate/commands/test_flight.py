"""`animate flight`: settings reach the video, and colours stay with what flies by."""

import numpy as np
import pytest

from animate import ground
from animate.__main__ import main
from data_prep.images import read_image

SMALL = ["--canvas", "48x40", "--frames", "8", "--fps", "8"]


@pytest.fixture(autouse=True)
def runs(monkeypatch, field_generator, new_generator):
    made = {"run": field_generator, "framed": new_generator()}
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: made[str(folder)])
    monkeypatch.setattr(ground, "TILE_PX", 64)


def test_the_same_command_gives_the_same_video(tmp_path, capsys):
    for name, seed in (("a.gif", "1"), ("b.gif", "1"), ("c.gif", "2")):
        words = ["flight", "run", "--out", str(tmp_path / name), "--seed", seed, "--pan", "24"]
        assert main([*words, *SMALL]) == 0
    assert "8 frames  1 s  48x40 px" in capsys.readouterr().out
    assert (tmp_path / "a.gif").read_bytes() == (tmp_path / "b.gif").read_bytes()
    assert (tmp_path / "a.gif").read_bytes() != (tmp_path / "c.gif").read_bytes()


@pytest.mark.slow
def test_flights_are_coloured_in_the_same_command(tmp_path):
    out = tmp_path / "a"
    words = ["flight", "run", "--out", str(out), "--pan", "8", "--fill", "#ff0000,#00ff00,#0000ff", *SMALL]
    assert main([*words, "--threshold", "120"]) == 0
    frames = [read_image(file, mode="rgb") for file in sorted(out.glob("*.png"))]
    assert len(frames) == 8
    colors = {(255, 0, 0), (0, 255, 0), (0, 0, 255)}
    assert {tuple(color) for color in np.concatenate(frames).reshape(-1, 3).tolist()} <= colors


def test_errors_are_one_line(tmp_path, capsys):
    for words, part in (
        (["framed", *SMALL], "only networks of family field"),
        (["run", "--close", "1", *SMALL], "--pan"),
        (["run", "--fill", "ink", "--torus", *SMALL], "--torus: opposite edges of the frames of a flight"),
    ):
        assert main(["flight", *words, "--out", str(tmp_path / "a.gif"), "--pan", "300"]) == 2
        error = capsys.readouterr().err.strip()
        assert part in error
        assert len(error.splitlines()) == 1
    assert not (tmp_path / "a.gif").exists()
