"""Options that all commands which render a path have in common."""

from typing import Any

import tyro

from animate.config import VideoConfig
from animate.controls.config import ControlConfig
from data_prep.progress import print_note, progress

CONTROLS = ControlConfig()
Controlled = tyro.conf.OmitArgPrefixes[ControlConfig]


def render_options(video: VideoConfig, controls: ControlConfig) -> dict[str, Any]:
    """Validate before the generator is loaded; return the options shared by `animate.pipeline`."""
    controls.check()
    video.check()
    palette = None
    if video.fill is not None:
        from fill.commands.palettes import read_video_palette
        from fill.parallel import reuse_freed_memory

        reuse_freed_memory()
        palette = read_video_palette(video.fill, video.fill_palette, video.fill_with, flag="--fill")
    return {"controls": controls, "palette": palette, "report": print_note, "progress": progress}
