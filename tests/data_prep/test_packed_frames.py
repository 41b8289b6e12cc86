"""Packed frames come back as they were, and a file of them is whole or not there."""

import numpy as np
import pytest

from data_prep.packed_frames import keep_packed, read_packed


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_frames_pass_and_come_back(tmp_path, rng, channels):
    frames, path = rng.integers(0, 256, (4, 5, 7, channels), np.uint8), tmp_path / "a.frames"
    np.testing.assert_array_equal(list(keep_packed(iter(frames), path)), frames)
    np.testing.assert_array_equal(list(read_packed(path)), frames)
    assert [file.name for file in tmp_path.iterdir()] == ["a.frames"]


def test_there_is_no_file_before_the_last_frame_has_passed(tmp_path, rng):
    frames, path = rng.integers(0, 256, (3, 5, 7, 1), np.uint8), tmp_path / "a.frames"
    passing = keep_packed(iter(frames), path)
    for _ in frames:
        next(passing)
        assert not path.exists()
    assert next(passing, None) is None
    assert path.exists()
    stopped = keep_packed(iter(frames), tmp_path / "b.frames")
    next(stopped)
    stopped.close()
    assert [file.name for file in tmp_path.iterdir()] == ["a.frames"]
