"""`find` from the command line: with an image and without, accepted or not."""

import io
import sys

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.images import write_image
from data_prep.video.codec import read_video, write_video
from data_prep.video.exclusions import read_exclusions
from tests.data_prep import generated_videos as generated
from tests.data_prep.comic_videos import blobs


@pytest.fixture
def episodes(tmp_path):
    """Two slide shows of half a second an image with the same 6 s in them."""
    rng = np.random.default_rng(0)
    titles = [blobs(rng, 32, 56) for _ in range(12)]
    for number, before in enumerate((5, 9)):
        slides = [blobs(rng, 32, 56) for _ in range(before)] + titles + [blobs(rng, 32, 56) for _ in range(8)]
        write_video((slide for slide in slides for _ in range(3)), tmp_path / f"{number}.mp4", fps=6)
    write_image(tmp_path / "intro.png", list(read_video(tmp_path / "0.mp4"))[24])
    return [str(tmp_path / "0.mp4"), str(tmp_path / "1.mp4")]


def test_around_an_image(tmp_path, episodes, capsys):
    out = str(tmp_path / "exclusions.json")
    words = ["find", *episodes, "--image", str(tmp_path / "intro.png"), "--before", "1s", "--after", "0:02"]
    assert main([*words, "--out", out, "--yes"]) == 0
    assert "2 of 2 videos with a range" in capsys.readouterr().out
    found = read_exclusions(tmp_path / "exclusions.json")
    for name, before in (("0.mp4", 15), ("1.mp4", 27)):
        (entry,) = found[name]
        at = before + 9  # the first frame of the slide
        assert abs(entry.first_frame - (at - 6)) <= 2
        assert abs(entry.last_frame - (at + 12)) <= 2
        assert entry.reason == "intro.png"
    assert main([*words, "--out", out, "--yes"]) == 0
    assert read_exclusions(tmp_path / "exclusions.json") == found


def test_what_videos_have_in_common(tmp_path, episodes, capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("y\nn\n"))
    assert main(["find", *episodes, "--out", str(tmp_path / "exclusions.json")]) == 0
    ((name, (entry,)),) = read_exclusions(tmp_path / "exclusions.json").items()
    assert name == "0.mp4"
    assert abs(entry.first_frame - 15) <= 2
    assert abs(entry.last_frame - 50) <= 2


def test_accepted_ranges_are_kept_without_further_answers(tmp_path, episodes, capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert main(["find", *episodes, "--out", str(tmp_path / "exclusions.json")]) == 2
    assert "no answer; pass --yes" in capsys.readouterr().err
    assert list(read_exclusions(tmp_path / "exclusions.json")) == ["0.mp4"]


def test_a_bad_video_is_named_and_the_others_are_searched(tmp_path, episodes, capsys):
    (tmp_path / "bad.mp4").write_text("no video")
    words = [str(tmp_path / "bad.mp4"), str(generated.damaged_inside(tmp_path / "damaged.mp4")), *episodes]
    for number, flags in enumerate(([], ["--image", str(tmp_path / "intro.png")])):
        out = tmp_path / f"{number}.json"
        assert main(["find", *words, *flags, "--out", str(out), "--yes"]) == 1
        assert "2 videos were left out: bad.mp4, damaged.mp4" in capsys.readouterr().err
        assert list(read_exclusions(out)) == ["0.mp4", "1.mp4"]


def test_flags_that_do_not_fit(tmp_path, episodes, capsys):
    (tmp_path / "a.json").mkdir()
    for flags, reason in (
        ([], "--yes: required"),
        (["--before", "3s"], "require --image"),
        (["--yes", "--window", "soon"], "--window soon"),
        (["--yes", "--out", "a.txt"], "must end in .json"),
        (["--yes", "--out", str(tmp_path / "a.json")], "is a folder"),
    ):
        assert main(["find", *episodes, *flags]) == 2
        assert reason in capsys.readouterr().err
