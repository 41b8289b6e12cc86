"""The command prints a table and a verdict, and writes JSON."""

import json

import pytest

from gan.__main__ import main


@pytest.mark.slow
def test_scores_are_printed_and_written(next_frame_run, tmp_path, capsys):
    out = tmp_path / "scores.json"
    words = ["next-frame", "test", str(next_frame_run), "--out", str(out)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "repeat the last frame" in printed
    assert "extrapolate linearly in w" in printed
    assert "in perceptual distance" in printed.splitlines()[-1]
    written = json.loads(out.read_text())
    assert written["pairs"] == 11
    assert [set(score) for score in written["scores"]] == [{"name", "mse", "distance", "psnr_db"}] * 4
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_other_videos_need_their_tags(next_frame_run, tagged_clip, capsys):
    assert main(["next-frame", "test", str(next_frame_run), str(tagged_clip / "clip.mp4")]) == 2
    assert "--tags: 0 for 1 videos" in capsys.readouterr().err
