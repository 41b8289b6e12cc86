"""Frames of a composed video, by time."""

from pathlib import Path

import numpy as np
import pytest

from animate.compose_config import TimesConfig
from animate.compose_times import check_times, choose_shown
from data_prep.errors import InputError


def choose(times=None, *, count=10, source_fps=5.0, fps=None):
    return choose_shown(
        times or TimesConfig(), count=count, source_fps=source_fps, fps=fps, source=Path("a.mp4")
    )


def test_all_frames():
    shown = choose()
    assert list(shown.numbers) == list(range(10))
    assert shown.is_whole
    assert not choose(fps=6).is_whole
    assert not choose(TimesConfig(start="0.2")).is_whole


@pytest.mark.parametrize("fps", [1, 2, 3, 4.9, 5, 12, 24, 60])
def test_a_rate_keeps_the_duration_and_shows_the_frame_of_each_time(fps):
    shown = choose(fps=fps)
    assert len(shown.numbers) == round(2 * fps)
    assert all(abs(number - k / fps * 5) < 1 for k, number in enumerate(shown.numbers))
    assert sorted(shown.numbers) == list(shown.numbers)


def test_parts_and_retime():
    assert list(choose(TimesConfig(start="0.4", end="1s")).numbers) == [2, 3, 4]
    assert list(choose(TimesConfig(start="0.4", end="1s"), fps=10).numbers) == [2, 2, 3, 3, 4, 4]
    retimed = choose(TimesConfig(start="0.4", end="1s", retime=True), fps=10)
    assert (list(retimed.numbers), retimed.fps) == ([2, 3, 4], 10)
    assert list(choose(TimesConfig(start="1.99")).numbers) == [9]
    assert list(choose(TimesConfig(end="99")).numbers) == list(range(10))


def test_frames_are_picked_from_one_reading():
    frames = (np.full((1, 1, 1), k, np.uint8) for k in range(10))
    assert [int(frame[0, 0, 0]) for frame in choose(fps=7.5).pick(frames)] == list(choose(fps=7.5).numbers)
    assert len(list(choose().pick(iter([np.zeros((1, 1, 1), np.uint8)] * 4)))) == 4


def test_invalid_times():
    for times, flag in (
        (TimesConfig(start="x"), "--start x"),
        (TimesConfig(start="2", end="1"), "--end 1: must be after --start 2"),
        (TimesConfig(retime=True), "--retime: requires --fps"),
    ):
        with pytest.raises(InputError, match=flag):
            check_times(times, fps=None)
    with pytest.raises(InputError, match=r"--start 2: a.mp4 ends after 2\.000 s"):
        choose(TimesConfig(start="2"))
