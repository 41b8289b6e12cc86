"""Frames of a coloured video one by one: those of the command; pins follow their region."""

import numpy as np
import pytest

from data_prep.video.codec import write_video
from data_prep.video.frame_index import read_index
from fill.config import VideoConfig
from fill.palette import from_hex
from fill.pins import FramePin
from fill.video.coloring import prepare
from fill.video.palette import VideoPalette
from fill.video.preview import VideoPreview
from tests.fill import plain
from tests.fill.conftest import draw_web

COLORS = from_hex(["#c02030", "#2060a0", "#e0c040"])
LENGTH = 6
RED = [255, 0, 0]


@pytest.fixture(scope="module")
def preview(tmp_path_factory):
    video = tmp_path_factory.mktemp("preview") / "web.mp4"
    write_video(
        [np.repeat(draw_web(64, i / LENGTH, cells=6), 3, -1) for i in range(LENGTH)], video, fps=10, crf=0
    )
    opened = VideoPreview(video, VideoConfig())
    yield opened
    opened.close()


def pin(preview, frame, x, y, color="#ff0000"):
    return FramePin(frame, int(read_index(preview.clip.video).pts[frame]), x, y, color)


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.slow_cases("True")
def test_frames_are_those_of_the_command(preview, lines):
    pins = [pin(preview, 2, 30, 30)]
    frames = [preview.frame(number) for number in range(LENGTH)]
    config = VideoConfig(threshold=preview.config.threshold, keep_lines=lines)
    coloring = prepare(lambda: iter(frames), VideoPalette("", COLORS), config, seed=4, pins=pins)
    for number, expected in enumerate(coloring.draw(range(LENGTH))):
        ours = preview.draw(number, COLORS, seed=4, pins=pins, keep_lines=lines)
        np.testing.assert_array_equal(ours, expected)


def test_a_pin_colours_its_region_in_every_frame_and_no_other(preview):
    tracking, first = preview.tracking, pin(preview, 0, 30, 30)
    for number in range(LENGTH):
        before, after = (preview.draw(number, COLORS, pins=pins) for pins in ((), (first,)))
        labels = plain.label(preview.frame(number)[..., 0] > preview.config.threshold)
        tracks = tracking.of_frames[number][labels]
        pinned = tracking.roots[tracks] == preview.groups([first])[0]
        paper = labels > 0
        assert (after[pinned & paper] == RED).all()
        np.testing.assert_array_equal(after[paper & ~pinned], before[paper & ~pinned])
    assert (preview.draw(0, COLORS, pins=(first,))[30, 30] == RED).all()


def test_pins_of_one_region_in_different_frames_are_one_group(preview):
    one, beyond = pin(preview, 0, 30, 30), FramePin(99, 0, 1, 1, "#ff0000")
    y, x = np.argwhere((preview.draw(3, COLORS, pins=[one]) == RED).all(-1))[0]
    a, b, c = preview.groups([one, pin(preview, 3, int(x), int(y)), beyond])
    assert a == b > 0 > c
