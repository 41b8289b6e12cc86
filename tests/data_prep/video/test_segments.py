"""Segments of a video: an interrupted encoding continues; packed frames come back unchanged."""

import numpy as np
import pytest

from data_prep.video import segments
from data_prep.video.segments import Segments, interleaved, read_packed, segment_frames, store_packed

COUNT = 7  # in segments of 3, 3 and 1
FRAMES = np.random.default_rng(0).integers(0, 256, (COUNT, 4, 5, 3), np.uint8)


@pytest.fixture(autouse=True)
def short_segments(monkeypatch):
    """Of three frames."""
    monkeypatch.setattr(segments, "SECONDS", 1.0)


def open_segments(folder, settings=None):
    return Segments(
        folder / "a.gif", count=COUNT, fps=3.0, settings=settings or {"seed": 1}, suffix=".frames"
    )


def test_missing_segments_are_drawn_and_stored(tmp_path):
    assert segment_frames(3.0) == 3
    assert open_segments(tmp_path).missing() == [range(0, 3), range(3, 6), range(6, 7)]
    passing = open_segments(tmp_path).all_frames(iter(FRAMES))
    for _ in range(5):  # killed in the second segment
        next(passing)
    passing.close()
    assert open_segments(tmp_path).missing() == [range(3, 6), range(6, 7)]
    np.testing.assert_array_equal(list(open_segments(tmp_path).all_frames(iter(FRAMES[3:]))), FRAMES)
    assert open_segments(tmp_path).missing() == []
    np.testing.assert_array_equal(list(open_segments(tmp_path).all_frames(iter(()))), FRAMES)
    open_segments(tmp_path).clear()
    assert list(tmp_path.iterdir()) == []


def test_a_segment_in_the_middle_may_be_missing(tmp_path):
    list(open_segments(tmp_path).all_frames(iter(FRAMES)))
    (middle,) = tmp_path.rglob("00000003.frames")
    middle.unlink()
    assert open_segments(tmp_path).missing() == [range(3, 6)]
    np.testing.assert_array_equal(list(open_segments(tmp_path).all_frames(iter(FRAMES[3:6]))), FRAMES)


def test_segments_of_another_video_and_empty_folders_are_deleted(tmp_path):
    list(open_segments(tmp_path).all_frames(iter(FRAMES)))
    other = open_segments(tmp_path, {"seed": 2})
    assert sum(map(len, other.missing())) == COUNT
    other.tidy()
    assert list(tmp_path.iterdir()) == []


def test_segments_are_interleaved(monkeypatch):
    monkeypatch.setattr(segments, "TURN", 2)
    ranges = [range(0, 3), range(3, 6), range(6, 8)]
    order = list(interleaved(ranges, 2))
    assert [frame for _, frame, _ in order] == [0, 1, 3, 4, 2, 5, 6, 7]
    assert [frame for _, frame, is_last in order if is_last] == [2, 5, 7]
    assert all(frame in piece for piece, frame, _ in order)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_packed_frames_are_read_back(tmp_path, rng, channels):
    frames, path = rng.integers(0, 256, (4, 5, 7, channels), np.uint8), tmp_path / "a.frames"
    np.testing.assert_array_equal(list(store_packed(iter(frames), path)), frames)
    np.testing.assert_array_equal(list(read_packed(path)), frames)
    assert [file.name for file in tmp_path.iterdir()] == ["a.frames"]


def test_there_is_no_file_before_the_last_frame_has_passed(tmp_path, rng):
    frames, path = rng.integers(0, 256, (3, 5, 7, 1), np.uint8), tmp_path / "a.frames"
    passing = store_packed(iter(frames), path)
    for _ in frames:
        next(passing)
        assert not path.exists()
    assert next(passing, None) is None
    assert path.exists()
    stopped = store_packed(iter(frames), tmp_path / "b.frames")
    next(stopped)
    stopped.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a.frames"]
