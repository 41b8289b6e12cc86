"""`gan dream`: results and error messages."""

import re

import numpy as np
import pytest
from PIL import Image

from data_prep.video.codec import count_frames
from gan.__main__ import main


def test_images_scores_and_a_video_are_written_once(untrained_run, tmp_path, capsys):
    out = tmp_path / "dreams"
    words = ["dream", str(untrained_run), "--steps", "6", "--count", "3", "--plain", "--out", str(out)]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    found = [re.search(r"dream\d\d\.png  score (\S+) -> (\S+)$", line) for line in lines[:3]]
    assert all(float(match[1]) <= float(match[2]) for match in found)
    assert count_frames(out / "dream.mp4") == 7
    assert Image.open(out / "grid.png").size == (32, 32)
    first = (out / "dream01.png").read_bytes()
    assert main(words) == 0
    assert "already done" in capsys.readouterr().out
    assert main([*words, "--overwrite"]) == 0
    assert (out / "dream01.png").read_bytes() == first


@pytest.mark.slow
def test_an_image_of_the_user_is_where_it_begins(untrained_run, tmp_path):
    image = np.linspace(40, 220, 16 * 16).reshape(16, 16).astype(np.uint8)
    Image.fromarray(image).save(tmp_path / "mine.png")
    words = [
        "dream",
        str(untrained_run),
        "--steps",
        "1",
        "--learning-rate",
        "0.001",
        "--count",
        "1",
        "--plain",
    ]
    assert main([*words, "--image", str(tmp_path / "mine.png"), "--out", str(tmp_path / "own")]) == 0
    dream = np.asarray(Image.open(tmp_path / "own" / "dream00.png")).astype(int)
    assert np.abs(dream - image).max() <= 3  # of 255


def test_refusals(untrained_run, tmp_path, capsys):
    for run, flags, message in [
        (untrained_run, ["--steps", "0"], "--steps 0"),
        (untrained_run, ["--learning-rate", "nan"], "--learning-rate nan"),
        (untrained_run, ["--total-variation", "-1"], "--total-variation -1"),
        (untrained_run, ["--count", "0"], "--count 0"),
        (untrained_run, ["--label", "leaf"], "has no classes"),
        (untrained_run, ["--image", str(tmp_path / "none.png")], "none.png"),
        (tmp_path, [], "is no run folder"),
    ]:
        assert main(["dream", str(run), "--out", str(tmp_path / "out"), *flags]) == 2
        lines = capsys.readouterr().err.strip()
        assert message in lines
        assert len(lines.splitlines()) == 1
    assert not (tmp_path / "out").exists()
