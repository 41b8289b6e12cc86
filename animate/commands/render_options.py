"""Options that all commands which render a path have in common."""

from typing import Any

import tyro

from animate.config import OutputConfig, VideoConfig
from animate.controls.config import ControlConfig
from data_prep.progress import print_note, progress
from fill.video.palette import VideoPalette

CONTROLS = ControlConfig()
Controlled = tyro.conf.OmitArgPrefixes[ControlConfig]


def render_options(video: VideoConfig, controls: ControlConfig) -> dict[str, Any]:
    """Validate before the generator is loaded; return the options shared by `animate.pipeline`."""
    controls.check()
    video.check()
    return {"controls": controls, "palette": read_fill(video), "report": print_note, "progress": progress}


def read_fill(output: OutputConfig) -> VideoPalette | None:
    """The palette of --fill. Raises: InputError: it cannot be read."""
    if output.fill is None:
        return None
    from fill.commands.palettes import read_video_palette
    from fill.parallel import reuse_freed_memory

    reuse_freed_memory()
    return read_video_palette(output.fill, output.fill_palette, output.fill_with, flag="--fill")
