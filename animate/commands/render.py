"""`animate STYLE`, `animate render` and `animate timeline`: a generator and a path -> a video."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tyro

from animate.config import PathConfig, VideoConfig, check_seed
from animate.controls.config import ControlConfig
from data_prep.progress import progress

CONTROLS = ControlConfig()
Controlled = tyro.conf.OmitArgPrefixes[ControlConfig]


def style_command(style: str, preset: PathConfig) -> Callable[..., None]:
    """The command `animate STYLE`, whose flags are the fields of its config."""

    def command(
        run: tyro.conf.Positional[Path],
        video: VideoConfig,
        config: PathConfig = preset,
        *,
        seed: int = 0,
        controls: Controlled = CONTROLS,
    ) -> None:
        from animate.pipeline import render_style
        from gan.sample import load_generator

        check_seed(seed)
        options = _options(video, controls)
        print(render_style(load_generator(run), style, config, video, seed=seed, **options))

    command.__annotations__["config"] = type(preset)  # tyro derives the style's flags from it
    command.__doc__ = f"""{type(preset).__doc__}

    Args:
        run: Run folder, or its generator/ folder.
        seed: Seed of all random numbers.
        controls: Layers, truncation, direction and class along the path.
    """
    return command


def render(
    path: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    video: VideoConfig,
    *,
    controls: Controlled = CONTROLS,
    constant_speed: bool = False,
) -> None:
    """Render a saved path with its own or another generator.

    A path of style period, phase or bitloop is also plotted next to the video, as by `animate period`.

    Args:
        path: Path file (.npz).
        run: Run folder, or its generator/ folder.
        controls: Layers, truncation, direction and class; --truncation replaces the path's own.
        constant_speed: Retime the path to constant perceptual speed, in as many frames (renders up to 8
            thumbnails per frame, up to 4 above 1,800 frames). Pauses are removed. Cuts stay cuts: those
            recorded in the file, else steps far longer than their neighbours.
    """
    from animate.paths.path_file import read_path
    from animate.pipeline import render_path
    from gan.sample import load_generator

    options, latent_path = _options(video, controls), read_path(path)
    print(render_path(load_generator(run), latent_path, video, constant_speed=constant_speed, **options))


def timeline(
    file: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    video: VideoConfig,
    *,
    controls: Controlled = CONTROLS,
    constant_speed: bool = False,
) -> None:
    """Join, repeat, reverse, retime and cross-fade paths as a JSON file describes, and render the result.

    Args:
        file: Timeline: {"fps": 30, "close_sec": 1, "parts": [{"path": "path.npz", "repeat": 2}, {"style":
            "bezier", "seed": 3, "seconds": 8, "config": {"segments": 5}, "fade_sec": 1.5, "reverse": true,
            "ping_pong": true, "retime_sec": 6}]}.
        run: Run folder, or its generator/ folder.
        controls: Layers, truncation, direction and class along the whole path.
        constant_speed: Retime the path to constant perceptual speed, in as many frames (renders up to 8
            thumbnails per frame, up to 4 above 1,800 frames). Pauses are removed, cuts stay cuts.
    """
    from animate.pipeline import render_path, timeline_path
    from gan.sample import load_generator

    options, generator = _options(video, controls), load_generator(run)
    latent_path = timeline_path(generator, file, report=_report)
    print(render_path(generator, latent_path, video, constant_speed=constant_speed, **options))


def _options(video: VideoConfig, controls: ControlConfig) -> dict[str, Any]:
    """Validate before the generator is loaded; return the options shared by `animate.pipeline`."""
    controls.check()
    video.check()
    palette = None
    if video.fill is not None:
        from fill.commands.palettes import read_video_palette
        from fill.parallel import reuse_freed_memory

        reuse_freed_memory()
        palette = read_video_palette(video.fill, video.fill_palette, video.fill_with, flag="--fill")
    return {"controls": controls, "palette": palette, "report": _report, "progress": progress}


def _report(message: str) -> None:
    print(message, file=sys.stderr)
