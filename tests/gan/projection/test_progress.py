"""Frames of a descent, and its speed."""

import numpy as np
import pytest

from data_prep.video.codec import read_video
from gan.projection import progress
from gan.projection.progress import DescentFrames, Rate, write_frames


def test_frames_are_drawn_only_when_used():
    drawn = []

    def draw():
        drawn.append(0)
        return np.stack([np.full((2, 3, 1), len(drawn)), np.full((2, 3, 1), 9)])

    frames = DescentFrames(every=3)
    for _ in range(7):
        frames(draw)
    assert len(frames.frames) == len(drawn) == 3
    assert frames.frames[1][..., 0].tolist() == [[2, 2, 2, 9, 9, 9]] * 2


def test_the_first_call_after_a_pause_is_excluded(monkeypatch):
    now = iter([10.0, 12.0, 100.0, 103.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    rate = Rate()
    assert rate.per_second() is None
    assert rate.count(5) == 5  # at 10 s: excluded
    rate.count(4)  # at 12 s
    rate.pause()
    rate.count(7)  # at 100 s: excluded
    rate.count(6)  # at 103 s
    assert rate.per_second() == pytest.approx((4 + 6) / (2 + 3))


def test_alpha_is_dropped(tmp_path):
    frames = [np.full((16, 16, 4), 40 * i, np.uint8) for i in range(1, 4)]
    write_frames(frames, tmp_path / "a.mp4", fps=10.0)
    assert [frame.shape for frame in read_video(tmp_path / "a.mp4")] == [(16, 16, 3)] * 3
