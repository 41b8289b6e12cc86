"""Videos coloured by videos: each frame against the plain fill."""

import dataclasses

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.video.codec import write_video
from fill.config import VideoConfig
from fill.palette import from_hex
from fill.video.coloring import prepare
from fill.video.overlay import measure, sample
from fill.video.palette import VideoPalette
from fill.video.recolor import track
from tests.fill import plain
from tests.fill.conftest import draw_web

LENGTH = 7
OVERLAY = VideoConfig(overlay=True)


@pytest.fixture(scope="module")
def web():
    return [draw_web(64, i / LENGTH, cells=8) for i in range(LENGTH)]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(2).integers(0, 256, (3, 64, 64, 3), np.uint8)


@pytest.mark.slow
def test_the_palette_video_repeats(web, images):
    filled = list(sample(lambda: iter(web), lambda: iter(images), OVERLAY, batch=4))
    assert len(filled) == LENGTH
    for i, (drawing, frame) in enumerate(zip(web, filled, strict=True)):
        labels = plain.label(drawing[..., 0] > 160)
        np.testing.assert_array_equal(frame, plain.means(labels, images[i % 3])[plain.nearest(labels)])


def test_skipping_changes_no_frame(web, images):
    filled = list(sample(lambda: iter(web), lambda: iter(images), OVERLAY, batch=4))
    some = sample(lambda: iter(web), lambda: iter(images), OVERLAY, batch=4, skip=lambda i: i % 2 == 0)
    np.testing.assert_array_equal(list(some), filled[1::2])


def test_the_video_is_read_twice_only_if_lines_are_drawn(web, images, tmp_path):
    write_video(images, tmp_path / "moving.apng", fps=5)
    moving = VideoPalette("moving.apng", np.zeros((0, 0, 3), np.uint8), tmp_path / "moving.apng")
    readings = []

    def frames():
        readings.append(len(readings))
        return iter(web)

    coloring = prepare(frames, moving, OVERLAY, batch=4, count=LENGTH)
    assert (len(readings), coloring.count) == (0, LENGTH)
    expected = sample(lambda: iter(web), lambda: iter(images), OVERLAY, batch=4)
    np.testing.assert_array_equal(list(coloring.draw(range(LENGTH))), list(expected))
    assert len(readings) == 1
    prepare(frames, moving, dataclasses.replace(OVERLAY, keep_lines=True), batch=4, count=LENGTH)
    assert len(readings) == 2


@pytest.mark.slow
def test_drawn_lines_equal_those_of_a_tracked_video(web):
    config = dataclasses.replace(OVERLAY, keep_lines=True)
    count, ink = measure(lambda: iter(web), config, batch=4)
    assert count == LENGTH
    followed = track(lambda: iter(web), from_hex(["#ffffff"]), VideoConfig(keep_lines=True), batch=4)
    for ours, theirs in zip(ink, followed.ink, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert measure(lambda: iter(web), OVERLAY, batch=4) == (LENGTH, None)


def test_invalid_videos_are_refused(web, images):
    with pytest.raises(InputError, match="the video has no frames"):
        measure(lambda: iter([]), OVERLAY)
    with pytest.raises(InputError, match="frame 1 is 60 x 64 px"):
        measure(lambda: iter([web[0], web[1][:, :60]]), OVERLAY)
    with pytest.raises(InputError, match="frame 1 is 60 x 64 px"):
        list(sample(lambda: iter([web[0], web[1][:, :60]]), lambda: iter(images), OVERLAY))
    with pytest.raises(InputError, match="--palette: the video has no frames"):
        list(sample(lambda: iter(web), lambda: iter([]), OVERLAY))
