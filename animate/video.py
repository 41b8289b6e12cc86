"""A latent path and a generator -> a video file, or a folder of numbered images.

`plan_video` validates everything and computes the settings once; `write_video` renders what the plan lacks.
Besides the video a plan may have two more outputs: the path file and a plot of the path.
"""

import dataclasses
import itertools
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from animate.config import OutputConfig, VideoConfig
from animate.paths import path_file
from animate.paths.path import LatentPath
from animate.plot import check_plot, has_plot, write_plot
from animate.render import check_path, render
from data_prep.progress import Progress, no_progress
from data_prep.video import export
from data_prep.video.frame_cache import FrameCache
from data_prep.video.throughput import Throughput
from fill.threshold import FRAMES, prepare_video
from fill.video.coloring import Coloring, needs_first_pass, prepare, summarize
from fill.video.palette import VideoPalette
from gan.sample import Generator

COMMAND = "animate"
FILL_BATCH = 8  # frames coloured at once by default


@dataclasses.dataclass(frozen=True)
class VideoPlan:
    """A validated video: all that decides it, and whether it exists."""

    generator: Generator
    path: LatentPath
    config: VideoConfig
    palette: VideoPalette | None  # of `config.fill`
    settings: dict[str, Any]  # stored with the video, JSON-able
    size_px: tuple[int, int]  # (height, width) as written
    done: bool  # the video exists with these settings
    plot: Path | None


@dataclasses.dataclass(frozen=True)
class Video:
    """A written video, or one that existed already."""

    path: Path
    frames: int
    seconds: float
    height_px: int  # as written
    width_px: int
    size_bytes: int
    pace: Throughput | None = None  # None: it existed
    colors: str = ""  # summary of the colouring
    path_file: str = ""  # summary of the path file, if written
    plot: str = ""  # summary of the plot, if written

    def __str__(self) -> str:
        size = f"{self.width_px}x{self.height_px} px  {self.size_bytes / 1e6:.2f} MB"
        line = f"{self.path}  {self.frames} frames  {round(self.seconds, 2):g} s  {size}"
        line = "  ".join(filter(None, [line, self.colors, str(self.pace or "")]))
        return "\n".join(filter(None, [self.path_file, line, self.plot]))


def make_video(
    generator: Generator,
    path: LatentPath,
    config: VideoConfig,
    *,
    palette: VideoPalette | None = None,
    plot: bool = False,
    progress: Progress = no_progress,
) -> Video:
    """Render a path into `config.out`, unless the same video exists.

    A video file is written whole or not at all and stores its settings in its metadata. A folder is filled
    file by file; an interrupted one is resumed.

    Args: as for `plan_video`, and
        progress: opens a progress bar.

    Raises:
        InputError: as `plan_video`.
        WorkError: as `write_video`.
    """
    return write_video(plan_video(generator, path, config, palette=palette, plot=plot), progress=progress)


def plan_video(
    generator: Generator,
    path: LatentPath,
    config: VideoConfig,
    *,
    palette: VideoPalette | None = None,
    plot: bool = False,
) -> VideoPlan:
    """Validate a video and its further outputs; nothing is written.

    Args:
        generator: renders the frames.
        path: latents of the frames.
        config: of the video.
        palette: of `config.fill`: rendered frames are filled with its colours.
        plot: plot the path next to the video, for styles defined by their dimensions.

    Raises:
        InputError: unknown format; other files exist under the names; the path does not match the generator.
    """
    config.check()
    check_path(generator, path.latents, truncation=path.truncation)
    settings = {
        **path.header(),
        "path": path.digest(),
        "generator": generator.identity,
        "noise": config.noise,
        "scale": config.scale,
    }
    if palette is not None:
        settings["fill"] = [*palette.settings(), dataclasses.asdict(config.fill_with)]
    settings |= config.encoding.settings(config.out)
    sources = [] if palette is None or palette.video is None else [palette.video]
    plot_file = config.out.with_name(f"{config.out.stem}-path.png") if plot and has_plot(path.style) else None
    if plot_file is not None:
        check_plot(path, plot_file, overwrite=config.overwrite)
    done = export.is_complete(
        config.out, settings, command=COMMAND, overwrite=config.overwrite, sources=sources
    )
    if config.save_path is not None:
        path_file.check_free(config.save_path, path, overwrite=config.overwrite)
    size_px = export.written_size(config.out, *(px * config.scale for px in generator.resolution))
    return VideoPlan(generator, path, config, palette, settings, size_px, done, plot_file)


def write_video(plan: VideoPlan, *, progress: Progress = no_progress) -> Video:
    """Write the path file, the video and the plot of a plan.

    With a palette whose colours follow regions, or with `keep_lines`, all drawings are cached, packed, in a
    nameless file in the folder of `config.out` until the video is complete.

    Args:
        plan: what to write.
        progress: opens a progress bar.

    Raises: WorkError: the encoder or a file failed.
    """
    config, path, saved, plotted = plan.config, plan.path, "", ""
    count = len(path.latents)
    if config.save_path is not None:
        path_file.write_path(config.save_path, path)
        saved = f"{config.save_path}  {count} latents of size {path.latents.shape[-1]}"
    pace, colors = None, ""
    if not plan.done:
        pace, colors = write_frames(
            lambda frames: _rendered(plan, frames),
            config,
            count=count,
            fps=path.fps,
            closed=path.closed,
            seed=path.seed,
            settings=plan.settings,
            palette=plan.palette,
            batch=config.batch,
            progress=progress,
        )
    if plan.plot is not None:
        plotted = write_plot(path, plan.plot, overwrite=config.overwrite)
    height_px, width_px = plan.size_px
    return Video(
        config.out,
        frames=count,
        seconds=count / path.fps,
        height_px=height_px,
        width_px=width_px,
        size_bytes=export.size_bytes(config.out),
        pace=pace,
        colors=colors,
        path_file=saved,
        plot=plotted,
    )


def write_frames(
    draw: export.Draw,
    config: OutputConfig,
    *,
    count: int,
    fps: float,
    closed: bool,
    seed: int,
    settings: dict[str, Any],
    palette: VideoPalette | None,
    batch: int | None = None,
    progress: Progress = no_progress,
) -> tuple[Throughput, str]:
    """Draw, colour and encode frames into `config.out`, which is not complete.

    Args:
        draw: frames of any numbers in any order.
        config: output.
        count: number of frames.
        fps: frames per second.
        closed: frame `count` would equal frame 0, so colours have to close too.
        seed: of colours.
        settings: stored with the video.
        palette: of `config.fill`.
        batch: frames coloured at once.
        progress: opens a progress bar.

    Returns: the pace, and a summary of the colouring. Raises: WorkError.
    """
    coloring, started = None, time.monotonic()

    def colored(frames: Sequence[int]) -> Iterator[np.ndarray]:
        nonlocal coloring
        assert palette is not None
        coloring = _coloring(
            draw(range(count)),
            palette,
            config,
            count=count,
            closed=closed,
            seed=seed,
            batch=batch or FILL_BATCH,
            progress=progress,
        )
        yield from coloring.draw(frames)

    pace = export.export_video(
        draw if palette is None else colored,
        config.out,
        count=count,
        fps=fps,
        settings=settings,
        command=COMMAND,
        encoding=config.encoding,
        overwrite=config.overwrite,
        any_order=palette is None,
        progress=progress,
    )
    if coloring is None:
        return pace, ""
    return pace, summarize(coloring, seconds=time.monotonic() - started, drawn=pace.frames)


def _rendered(plan: VideoPlan, frames: Sequence[int]) -> Iterator[np.ndarray]:
    config = plan.config
    keeps_alpha = plan.palette is None and export.supports_alpha(config.out, config.encoding)
    batches = render(
        plan.generator,
        plan.path.latents,
        frames=frames,
        batch=config.batch,
        truncation=plan.path.truncation,
        noise=config.noise,
        scale=config.scale,
        over_white=not keeps_alpha,
    )
    return (frame for batch in batches for frame in batch)


def _coloring(
    rendered: Iterator[np.ndarray],
    palette: VideoPalette,
    config: OutputConfig,
    *,
    count: int,
    closed: bool,
    seed: int,
    batch: int,
    progress: Progress,
) -> Coloring:
    """The prepared colouring of all frames; each is rendered once, though tracking reads them twice."""
    out, first = config.out, list(itertools.islice(rendered, FRAMES))
    prepared = prepare_video(config.fill_with, first)
    fill, frames = prepared.config, prepared.frames(itertools.chain(first, rendered))
    if fill.loop == "auto":
        fill = dataclasses.replace(fill, loop="yes" if closed else "no")
    if not needs_first_pass(palette, fill):
        return prepare(lambda: frames, palette, fill, batch=batch, count=count)
    out.parent.mkdir(parents=True, exist_ok=True)
    drawings = FrameCache(frames, out.parent)
    with progress(count, unit="frame", label=f"drawing {out.name}") as bar:
        return prepare(drawings, palette, fill, seed=seed, batch=batch, on_frame=bar.update)
