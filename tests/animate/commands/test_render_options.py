"""Options of rendering: checked before a generator is loaded."""

from pathlib import Path

import pytest

from animate.commands.render_options import CONTROLS, render_options
from animate.config import VideoConfig
from animate.controls.config import ControlConfig
from data_prep.errors import InputError


def test_a_palette_is_read_only_for_coloured_videos():
    assert render_options(VideoConfig(out=Path("a.mp4")), CONTROLS)["palette"] is None
    coloured = render_options(VideoConfig(out=Path("a.mp4"), fill="harbor"), CONTROLS)["palette"]
    assert coloured is not None


def test_bad_controls_are_refused():
    with pytest.raises(InputError, match="--truncation"):
        render_options(VideoConfig(out=Path("a.mp4")), ControlConfig(truncation=(float("nan"), 1.0)))
