"""Plans of coloured videos: validation, settings, and outputs that exist already."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video.export import Encoding
from fill.config import VideoConfig
from fill.video.palette import VideoPalette
from fill.video.plan import plan_video

PLAIN = VideoConfig()
PALETTE = VideoPalette("red", np.full((1, 1, 3), (200, 30, 30), np.uint8))


@pytest.fixture
def source(tmp_path):
    for i in range(3):
        write_image(tmp_path / "in" / f"{i}.png", np.full((8, 8, 1), 255, np.uint8))
    return tmp_path / "in"


def plan(source, out, *, config=PLAIN, **options):
    return plan_video(source, out, PALETTE, config, encoding=Encoding(), **options)


def test_frames_and_rate_come_from_the_source_and_nothing_is_written(source, tmp_path):
    planned = plan(source, tmp_path / "a.mp4")
    assert (planned.count, planned.fps, planned.done) == (3, 30.0, False)
    assert plan(source, tmp_path / "a.mp4", fps=5).fps == 5
    assert not (tmp_path / "a.mp4").exists()


def test_settings_contain_all_that_determines_the_result(source, tmp_path):
    settings = plan(source, tmp_path / "a.mp4").settings
    assert plan(source, tmp_path / "a.mp4", batch=3).settings == settings
    for other in ({"seed": 1}, {"fps": 5}, {"config": VideoConfig(blend=True)}):
        assert plan(source, tmp_path / "a.mp4", **other).settings != settings
    write_image(source / "0.png", np.zeros((8, 8, 1), np.uint8))
    assert plan(source, tmp_path / "a.mp4").settings["source"] != settings["source"]


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        ({"seed": -1}, "--seed -1"),
        ({"batch": 0}, "--batch 0"),
        ({"fps": 0}, "--fps 0"),
        ({"config": VideoConfig(threshold=300)}, "--threshold 300"),
    ],
)
def test_invalid_options_name_the_flag(source, tmp_path, options, flag):
    with pytest.raises(InputError, match=flag):
        plan(source, tmp_path / "a.mp4", **options)


def test_the_source_is_never_the_output(source):
    with pytest.raises(InputError, match="is an input"):
        plan(source, source)
