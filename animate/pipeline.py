"""A style, a path file or a timeline -> a video: what the commands, notebooks and the studio call.

Messages about the work, such as the evenness of a retimed path, go to the `report` callback.
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from animate.canvas import canvas_path
from animate.config import PathConfig, VideoConfig, check_seed
from animate.controls.config import ControlConfig
from animate.controls.controls import (
    Controls,
    check_controls,
    check_label,
    controlled_path,
    read_controls,
    seam_warning,
)
from animate.layout_config import LayoutConfig
from animate.lazy_latents import LazyLatents
from animate.mosaic import mosaic_path
from animate.paths.constant_speed import thumbnails
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.path import LatentPath, Transform, make_path, retime_style
from animate.paths.resample import retime_path
from animate.paths.timeline_file import read_timeline
from animate.style_fit import fit_style, has_typical_norm, typical_norm
from animate.video import Video, make_video
from data_prep.errors import InputError
from data_prep.progress import Progress, ignore, no_progress
from fill.video.palette import VideoPalette
from gan.canvas.family import CanvasFamily
from gan.canvas.mask_config import MaskConfig
from gan.sample import Generator

Report = Callable[[str], None]
PLAIN = ControlConfig()
ONE_IMAGE = LayoutConfig()
NO_MASK = MaskConfig()


def render_style(
    generator: Generator,
    style: str,
    config: PathConfig,
    video: VideoConfig,
    *,
    seed: int = 0,
    controls: ControlConfig = PLAIN,
    layout: LayoutConfig = ONE_IMAGE,
    masked: MaskConfig = NO_MASK,
    palette: VideoPalette | None = None,
    report: Report = ignore,
    progress: Progress = no_progress,
) -> Video:
    """Draw the path of a style for a generator and render it.

    Args:
        generator: renders the frames.
        style: key of PATHS.
        config: of that style; its latent size is taken from the generator.
        video: how the video is written.
        seed: of all random numbers.
        controls: layers, truncation, direction and class along the path.
        layout: what a frame shows: an image, a canvas or a mosaic.
        masked: flags of a mask, which mixes another style or network into a canvas.
        palette: of `video.fill`.
        report: receives messages.
        progress: opens a progress bar.

    Raises: InputError: invalid settings, or existing files; nothing is written then. WorkError.
    """
    check_seed(seed)
    controls.check()
    video.check()
    layout.check()
    masked.check()
    if masked.mask is not None and layout.canvas is None:
        raise InputError(f"--mask {masked.mask} requires --canvas WIDTHxHEIGHT")
    if layout != ONE_IMAGE and video.save_path is not None:
        raise InputError("--save-path: paths of canvases and mosaics are not saved; leave it out")
    if layout.mosaic is not None and video.fill_with.torus:
        raise InputError("--torus: opposite edges of a mosaic do not meet; leave it out")
    if layout.canvas is not None:
        generator, path = canvas_path(
            generator, style, config, layout, seed=seed, controls=controls, masked=masked, note=report
        )
        _check_edges(generator, video)
    elif layout.mosaic is not None:
        generator, path = _mosaic(
            generator, style, config, layout.mosaic_grid, seed=seed, controls=controls, report=report
        )
    else:
        path = style_path(generator, style, config, seed=seed, controls=controls, report=report)
    return make_video(generator, path, video, palette=palette, plot=layout == ONE_IMAGE, progress=progress)


def _check_edges(generator: Generator, video: VideoConfig) -> None:
    """Raise InputError where --torus colours over the edges of a canvas that is cropped."""
    family = generator.family
    if video.fill_with.torus and isinstance(family, CanvasFamily) and not family.size.is_whole:
        raise InputError(
            f"--torus: --canvas {family.size} is cropped, so its opposite edges do not meet; use --canvas "
            f"{family.size.rounded_up()}, or leave --torus out"
        )


def _mosaic(
    generator: Generator,
    style: str,
    config: PathConfig,
    grid: tuple[int, int],
    *,
    seed: int,
    controls: ControlConfig,
    report: Report,
) -> tuple[Generator, LatentPath]:
    """The generator and path of a mosaic of the paths of consecutive seeds."""
    if isinstance(config, KeyframesConfig):
        raise InputError("--mosaic: keyframes have no seed, all paths are the same; choose another style")
    seeds = [(seed + i) % 2**32 for i in range(grid[0] * grid[1])]
    paths = [
        style_path(generator, style, config, seed=own, controls=controls, report=report) for own in seeds
    ]
    return mosaic_path(generator, paths, grid=grid)


def render_path(
    generator: Generator,
    path: LatentPath,
    video: VideoConfig,
    *,
    controls: ControlConfig = PLAIN,
    constant_speed: bool = False,
    palette: VideoPalette | None = None,
    report: Report = ignore,
    progress: Progress = no_progress,
) -> Video:
    """Render a path of a file or timeline.

    Args: as `render_style`, and
        controls: its truncation replaces the path's own.
        constant_speed: retime the path to constant apparent speed, in as many frames.

    Raises: as `render_style`.
    """
    controls.check()
    video.check()
    if path.generator not in (None, generator.identity):
        report("the path was made for another generator")
    path = prepare_path(generator, path, controls=controls, constant_speed=constant_speed, report=report)
    return make_video(generator, path, video, palette=palette, plot=True, progress=progress)


def timeline_path(generator: Generator, file: Path, *, report: Report = ignore) -> LatentPath:
    """Read the path that a timeline file describes, for a generator.

    Args:
        generator: sets the latent size.
        file: timeline as JSON.
        report: receives a message about the length.

    Raises: InputError: no such file, or an invalid one.
    """
    path = read_timeline(file, latent_size=generator.z_dim)
    count = len(path.latents)
    report(f"{file}: {count} frames, {count / path.fps:g} s at {path.fps:g} fps")
    return path


def style_path(
    generator: Generator,
    style: str,
    config: PathConfig,
    *,
    seed: int = 0,
    controls: ControlConfig = PLAIN,
    report: Report = ignore,
) -> LatentPath:
    """The path of a style for a generator, with its controls and at constant speed if configured."""
    fitted = fit_style(generator, config, controls)
    config, points = fitted.config, fitted.points
    config.check()
    is_drawn = not isinstance(config, KeyframesConfig)
    active = _active_controls(
        controls, generator, in_w=config.space == "w", drawn_in_w=config.space == "w" and is_drawn
    )
    transform: Transform | None = None
    truncation = controls.constant
    if active is not None:
        check_label(active, path_in_w=not fitted.uses_z)
        _report_jumps(active, closed=config.closed, report=report)
        transform, truncation = partial(active, closed=config.closed), 1.0
    if has_typical_norm(generator, [style]):
        transform = _with_typical_norm(transform)
    at = None
    if config.constant_speed:
        measure = thumbnails(generator, truncation=truncation)
        retiming = retime_style(style, config, measure, seed=seed, transform=transform, **points)
        at = retiming.at
        report(f"constant speed: {retiming}")
    path = make_path(
        style,
        config,
        seed=seed,
        truncation=truncation,
        generator=generator.identity,
        at=at,
        transform=transform,
        **points,
    )
    if active is None:
        return path
    return dataclasses.replace(path, config=path.config | {"controls": controls.changed()})


def prepare_path(
    generator: Generator,
    path: LatentPath,
    *,
    controls: ControlConfig = PLAIN,
    constant_speed: bool = False,
    report: Report = ignore,
) -> LatentPath:
    """A path as rendered: retimed if `constant_speed`, with controls applied at the original times."""
    active, transform, u = _active_controls(controls, generator), None, None
    if path.space == "z" and has_typical_norm(generator, path.config.get("styles", [path.style])):
        latents = path.latents
        scaled = LazyLatents(len(latents), lambda rows: typical_norm(latents[rows]))
        path = dataclasses.replace(path, latents=scaled)
    if active is not None:
        check_controls(path, active)
        _report_jumps(active, closed=path.closed, report=report)
        transform = partial(active, closed=path.closed, truncation=path.truncation)
    elif controls.truncation:
        path = dataclasses.replace(path, truncation=controls.constant)
    if constant_speed:
        measure = thumbnails(generator, truncation=path.truncation if active is None else 1.0)
        path, retiming, u = retime_path(path, measure, transform=transform)
        path = dataclasses.replace(path, generator=generator.identity)
        report(f"constant speed: {retiming}")
    return path if active is None else controlled_path(path, active, u=u)


def _with_typical_norm(then: Transform | None) -> Transform:
    """Scale normal latents to their typical norm, then apply `then`."""

    def transform(latents: np.ndarray, u: np.ndarray) -> np.ndarray:
        scaled = typical_norm(latents)
        return scaled if then is None else then(scaled, u)

    return transform


def _active_controls(
    config: ControlConfig, generator: Generator, *, in_w: bool = False, drawn_in_w: bool = False
) -> Controls | None:
    """Controls that act in w; None: a constant truncation at most, applied by the mapping network.

    Args:
        in_w: the path is in w anyway.
        drawn_in_w: and is drawn from the distribution of w.
    """
    if not (in_w or config.in_w):
        return None
    return read_controls(config, generator, drawn_in_w=drawn_in_w)


def _report_jumps(controls: Controls, *, closed: bool, report: Report) -> None:
    if warning := seam_warning(controls, closed=closed):
        report(warning)
