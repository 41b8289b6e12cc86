"""Runs of ffmpeg: errors are passed on with their reason, processes end with their block."""

import subprocess

import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.video.codec import write_video
from data_prep.video.ffmpeg import Ffmpeg, finish


def test_the_reason_of_ffmpeg_is_passed_on(tmp_path):
    tall = (np.zeros((17000, 2, 1), np.uint8) for _ in range(2))  # H.264 ends at 16384
    with pytest.raises(WorkError, match=r"a\.mp4 could not be encoded: .*\w"):
        write_video(tall, tmp_path / "a.mp4", fps=10)
    assert list(tmp_path.iterdir()) == []


def test_the_first_error_is_the_reason(tmp_path):
    missing = str(tmp_path / "none.mp4")
    with pytest.raises(WorkError, match=r"b\.mp4 could not be encoded: .*No such file"):
        finish(["-i", missing, str(tmp_path / "b.mp4")], tmp_path / "b.mp4")
    with Ffmpeg(["-i", missing, str(tmp_path / "b.mp4")]) as ffmpeg:
        assert ffmpeg.failed()
        assert "none.mp4" in ffmpeg.log()


def test_a_process_does_not_outlive_its_block():
    endless = ["-f", "lavfi", "-i", "color=black:size=16x16", "-f", "rawvideo", "pipe:1"]
    with Ffmpeg(endless, stdout=subprocess.PIPE) as ffmpeg:
        assert len(ffmpeg.stdout.read(16)) == 16
    assert ffmpeg._process.returncode is not None
