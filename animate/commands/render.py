"""`animate STYLE`, `animate render` and `animate timeline`: a generator and a path -> a video."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from animate.config import PathConfig, VideoConfig, check_seed
from animate.controls.config import ControlConfig

if TYPE_CHECKING:
    from fill.video.palette import VideoPalette

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
        save_path: Path | None = None,
    ) -> None:
        from animate.pipeline import render_style
        from gan.sample import load_generator

        check_seed(seed)
        palette = _checked(video, controls, save_path)
        made = render_style(
            load_generator(run),
            style,
            config,
            video,
            seed=seed,
            controls=controls,
            palette=palette,
            save_path=save_path,
            report=_report,
        )
        print(made)

    command.__annotations__["config"] = type(preset)  # tyro derives the style's flags from it
    command.__doc__ = f"""{type(preset).__doc__}

    Args:
        run: Run folder, or its generator/ folder.
        seed: Seed of all random numbers.
        controls: Layers, truncation, direction and class along the path.
        save_path: Write the path to this file too (.npz), for `inkloop animate render`.
    """
    return command


def render(
    path: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    video: VideoConfig,
    *,
    controls: Controlled = CONTROLS,
    constant_speed: bool = False,
    save_path: Path | None = None,
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
        save_path: Write the path as rendered to this file too (.npz).
    """
    from animate.paths.path_file import read_path
    from animate.pipeline import render_path
    from gan.sample import load_generator

    palette, latent_path = _checked(video, controls, save_path), read_path(path)
    made = render_path(
        load_generator(run),
        latent_path,
        video,
        controls=controls,
        constant_speed=constant_speed,
        palette=palette,
        save_path=save_path,
        report=_report,
    )
    print(made)


def timeline(
    file: tyro.conf.Positional[Path],
    run: tyro.conf.Positional[Path],
    video: VideoConfig,
    *,
    controls: Controlled = CONTROLS,
    constant_speed: bool = False,
    save_path: Path | None = None,
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
        save_path: Write the whole path to this file too (.npz), for `inkloop animate render`.
    """
    from animate.pipeline import render_timeline
    from gan.sample import load_generator

    palette = _checked(video, controls, save_path)
    made = render_timeline(
        load_generator(run),
        file,
        video,
        controls=controls,
        constant_speed=constant_speed,
        palette=palette,
        save_path=save_path,
        report=_report,
    )
    print(made)


def _checked(video: VideoConfig, controls: ControlConfig, save_path: Path | None) -> "VideoPalette | None":
    """Validate before the generator is loaded; returns the palette of --fill."""
    from animate.paths.path_file import check_name

    controls.check()
    video.check()
    if save_path is not None:
        check_name(save_path)
    if video.fill is None:
        return None
    from fill.commands.palettes import read_video_palette
    from fill.parallel import reuse_freed_memory

    reuse_freed_memory()
    return read_video_palette(video.fill, video.fill_palette, video.fill_with, flag="--fill")


def _report(message: str) -> None:
    print(message, file=sys.stderr)
