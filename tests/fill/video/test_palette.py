"""The palette of a video: what identifies it, and the flags that need tracked colours."""

import numpy as np
import pytest

from data_prep.errors import InputError
from fill.config import VideoConfig
from fill.video.palette import VideoPalette


def test_an_image_is_identified_by_its_pixels():
    image = np.zeros((2, 2, 3), np.uint8)
    assert VideoPalette("p", image).settings() == VideoPalette("p", image.copy()).settings()
    assert VideoPalette("p", image).settings() != VideoPalette("p", image + 1).settings()


def test_a_video_is_identified_by_its_file(tmp_path):
    path, image = tmp_path / "v.mp4", np.zeros((0, 0, 3), np.uint8)
    path.write_bytes(b"one")
    before = VideoPalette("v", image, path).settings()
    path.write_bytes(b"another")
    assert VideoPalette("v", image, path).settings() != before


@pytest.mark.parametrize(
    ("config", "flag"),
    [
        (VideoConfig(overlay=True, memory_frames=3), "--memory-frames"),
        (VideoConfig(overlay=True, new_colors_on_cut=True), "--new-colors-on-cut"),
        (VideoConfig(overlay=True, loop="yes"), "--loop"),
    ],
)
def test_flags_of_tracked_colours_are_refused_with_a_video(tmp_path, config, flag):
    image = np.zeros((0, 0, 3), np.uint8)
    VideoPalette("v", image, None).check(config)
    VideoPalette("v", image, tmp_path / "v.mp4").check(VideoConfig(overlay=True))
    with pytest.raises(InputError, match=flag):
        VideoPalette("v", image, tmp_path / "v.mp4").check(config)
