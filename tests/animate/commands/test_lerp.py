"""The command: a video of the line, and one line for bad ends."""

import numpy as np
import pytest

from animate.__main__ import main
from data_prep.video.codec import read_video


@pytest.fixture(autouse=True)
def run(monkeypatch, new_generator):
    """The folder run stands for a trained generator."""
    made = new_generator()
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: made)


def test_a_video_leads_from_one_seed_to_the_other(tmp_path):
    out = tmp_path / "lerp.mp4"
    words = ["lerp", "run", "3", "4", "--seconds", "0.5", "--fps", "10", "--out", str(out)]
    assert main([*words, "--save-path", str(tmp_path / "path.npz")]) == 0
    assert len(list(read_video(out))) == 5
    assert main(["render", str(tmp_path / "path.npz"), "run", "--out", str(tmp_path / "again.mp4")]) == 0
    frames = [np.stack(list(read_video(path))) for path in (out, tmp_path / "again.mp4")]
    np.testing.assert_array_equal(*frames)


@pytest.mark.slow
def test_fill_colours_the_frames(tmp_path):
    words = ["lerp", "run", "3", "4", "--seconds", "0.2", "--fps", "10"]
    assert main([*words, "--out", str(tmp_path / "plain.gif")]) == 0
    assert main([*words, "--fill", "#c02020,#20c020", "--out", str(tmp_path / "colour.gif")]) == 0
    plain, colour = (np.stack(list(read_video(tmp_path / name))) for name in ("plain.gif", "colour.gif"))
    assert np.ptp(plain.astype(int), axis=-1).max() == 0
    assert np.ptp(colour.astype(int), axis=-1).max() > 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["missing.png", "4"], "missing.png"),
        (["three", "4"], "three"),
        (["3", "4", "--seconds", "0"], "--seconds 0: must be above 0"),
    ],
)
def test_bad_ends_are_one_line(words, message, tmp_path, capsys):
    assert main(["lerp", "run", *words, "--out", str(tmp_path / "a.mp4")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())
