"""`animate compose` from file to file."""

import numpy as np
import pytest

from animate.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.video import read_video, video_info, write_video

FRAMES = [np.full((16, 24, 3), v, np.uint8) for v in (0, 255, 0, 255, 0)]


@pytest.fixture
def clip(tmp_path):
    write_video(FRAMES, tmp_path / "clip.apng", fps=5)
    return tmp_path / "clip.apng"


def run(source, out, *flags):
    return main(["compose", str(source), "--out", str(out), *map(str, flags)])


def levels(out):
    return [tuple(read_image(path)[0, 0]) for path in sorted(out.glob("*.png"))]


def test_ink_over_a_film_that_plays_on(clip, tmp_path, capsys):
    write_video([np.full((8, 8, 3), v, np.uint8) for v in (50, 100, 150)], tmp_path / "under.apng", fps=5)
    flags = ["--ink", "#ff0000", "--background", tmp_path / "under.apng"]
    assert run(clip, tmp_path / "out", *flags) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'out'}  5 frames  1 s\n"
    red = (255, 0, 0)
    assert levels(tmp_path / "out") == [red, (100,) * 3, red, (50,) * 3, red]
    assert run(clip, tmp_path / "short", *flags, "--background-ends", "end") == 0
    assert len(levels(tmp_path / "short")) == 3
    assert run(clip, tmp_path / "out", *flags) == 0
    assert "already done" in capsys.readouterr().out
    assert run(clip, tmp_path / "out", "--ink", "#00ff00") == 2
    assert "--overwrite" in capsys.readouterr().err


def test_colours_negatives_and_sizes(clip, tmp_path):
    assert run(clip, tmp_path / "a", "--tint", "#102030", "--paper", "#a0b0c0") == 0
    assert levels(tmp_path / "a")[:2] == [(16, 32, 48), (160, 176, 192)]
    assert run(clip, tmp_path / "b", "--invert", "--min-value", 40, "--width", 48) == 0
    assert levels(tmp_path / "b")[:2] == [(255,) * 3, (40,) * 3]
    assert read_image(tmp_path / "b" / "000000.png").shape == (32, 48, 3)
    assert run(clip, tmp_path / "c.webp", "--ink", "#000000", "--fps", 10, "--crf", 0) == 0
    assert video_info(tmp_path / "c.webp").frames == 5
    write_image(tmp_path / "still.png", np.full((3, 3, 3), 77, np.uint8))
    assert run(clip, tmp_path / "d.mp4", "--background", tmp_path / "still.png") == 0
    assert abs(int(list(read_video(tmp_path / "d.mp4"))[1].mean()) - 77) < 4


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--ink", "red"], "--ink red: it should be #"),
        (["--ink", "#000000"], ".mp4 has no alpha"),
        (["--background", "nowhere.png"], "--background nowhere.png: no such file"),
        (["--background", "#12"], "--background #12"),
        (["--width", "0"], "--width 0"),
        (["--fps", "0"], "--fps 0"),
        (["--one-bit"], "--invert"),
    ],
)
def test_nothing_starts_on_bad_settings(clip, tmp_path, capsys, flags, said):
    assert run(clip, tmp_path / "out.mp4", *flags) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out.mp4").exists()


def test_a_film_does_not_replace_what_it_is_made_of(clip, capsys):
    assert run(clip, clip, "--invert", "--overwrite") == 2
    assert "is what the film is made of" in capsys.readouterr().err
