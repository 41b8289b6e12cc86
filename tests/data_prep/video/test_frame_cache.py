"""Cached frames are read back exactly, any number of times, and made once."""

import resource

import numpy as np
import pytest

from data_prep.errors import WorkError
from data_prep.video.frame_cache import FrameCache


def test_frames_are_made_once_and_read_often(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (5, 7, 9, 3), np.uint8)
    made = []

    def make():
        for i, frame in enumerate(frames):
            made.append(i)
            yield frame[:, ::-1][:, ::-1]

    spool = FrameCache(make(), tmp_path)
    assert made == []
    for _ in range(3):
        np.testing.assert_array_equal(list(spool()), frames)
    assert made == list(range(5))
    assert list(tmp_path.iterdir()) == []  # the file has no name


def test_frames_pass_as_they_are_made(tmp_path):
    """The first reader does not wait for the last frame."""
    made = []
    spool = FrameCache((made.append(i) or np.zeros((2, 2, 1), np.uint8) for i in range(3)), tmp_path)
    reader = spool()
    next(reader)
    assert made == [0]


def test_a_full_disk_is_reported(tmp_path, rng):
    """A file-size limit stands in for the disk; what the maker of frames raises is left as it is."""
    frames = rng.integers(0, 256, (3, 50, 50, 1), np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(WorkError, match=rf"frames in {tmp_path} could not be written: \S"):
            list(FrameCache(iter(frames), tmp_path)())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    def failing():
        yield frames[0]
        raise OSError("no frame")

    with pytest.raises(OSError, match="no frame"):
        list(FrameCache(failing(), tmp_path)())
