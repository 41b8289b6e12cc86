"""Options of composed videos: defaults change nothing, colours and backgrounds are parsed."""

import pytest

from animate.compose import PLAIN, parse_config
from animate.compose_config import BackgroundConfig, InkConfig
from animate.compose_video import open_background
from data_prep.errors import InputError


def test_defaults_change_nothing():
    assert parse_config(InkConfig(), background=False) == PLAIN
    assert open_background(BackgroundConfig()) is None


def test_colours_and_backgrounds_are_parsed(tmp_path):
    config = parse_config(InkConfig(ink="#1b4d5c", invert=True, min_value=9), background=True)
    assert (config.ink, config.invert, config.min_value, config.background) == ((27, 77, 92), True, 9, True)
    background = open_background(BackgroundConfig(str(tmp_path / "b.mp4"), "end", "stretch"))
    assert (background.file, background.ends, background.fit) == (tmp_path / "b.mp4", "end", "stretch")
    assert open_background(BackgroundConfig("#102030")).file is None


@pytest.mark.parametrize(
    ("drawing", "flag"),
    [
        (InkConfig(ink="red"), "--ink red"),
        (InkConfig(tint="#12"), "--tint #12"),
        (InkConfig(paper="blue", tint="#000000"), "--paper blue"),
        (InkConfig(min_value=256), "--min-value 256"),
        (InkConfig(ink="#000000", white=0), "--white 0"),
    ],
)
def test_invalid_values_name_the_flag(drawing, flag):
    with pytest.raises(InputError, match=flag):
        parse_config(drawing, background=False)
