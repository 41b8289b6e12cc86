"""Colour a line-drawing video from an image or a video palette: first pass, then any subset of frames."""

import dataclasses
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from data_prep.images import Notes
from data_prep.progress import Failures, Progress, Report, Warn, ignore, no_progress
from data_prep.video import export, sources
from data_prep.video.sources import Frames
from fill.config import VideoConfig
from fill.ink import Levels
from fill.parallel import explain_out_of_memory
from fill.pins import FramePin
from fill.threshold import prepare_video
from fill.video.overlay import measure, sample
from fill.video.palette import VideoPalette
from fill.video.plan import COMMAND, VideoPlan
from fill.video.recolor import Changes, Tracking, color, track


@dataclasses.dataclass(frozen=True)
class Coloring:
    """A video that is ready to be coloured."""

    frames: Frames
    palette: VideoPalette
    config: VideoConfig
    batch: int
    count: int  # of frames
    tracking: Tracking | None  # None: the palette is a video, colours are sampled frame by frame
    ink: Levels | None  # where `tracking` is None
    changes: Changes = dataclasses.field(default_factory=Changes)  # updated while frames are drawn

    def draw(self, todo: Sequence[int]) -> Iterator[np.ndarray]:
        """Yield the frames of these ascending indices, uint8 [H, W, 3]."""
        requested, video = frozenset(todo), self.palette.video

        def skip(index: int) -> bool:
            return index not in requested

        with explain_out_of_memory(self.batch):
            if self.tracking is not None:
                yield from color(
                    self.frames,
                    self.tracking,
                    self.config,
                    batch=self.batch,
                    skip=skip,
                    changes=self.changes,
                )
            elif video is not None:
                yield from sample(
                    self.frames,
                    lambda: sources.read_frames(video),
                    self.config,
                    ink=self.ink,
                    batch=self.batch,
                    skip=skip,
                )


def prepare(
    frames: Frames,
    palette: VideoPalette,
    config: VideoConfig,
    *,
    seed: int = 0,
    pins: Sequence[FramePin] = (),
    batch: int = 8,
    count: int | None = None,
    on_frame: Callable[[], object] = lambda: None,
) -> Coloring:
    """Run the first pass over a video: track regions, or count frames and measure ink.

    Nothing is read where `count` is passed and `needs_first_pass` is false.

    Args:
        frames: the video; read once more when frames are drawn.
        palette: checked against the config.
        config: see VideoConfig.
        seed: random colours depend on it.
        pins: of tracked colours.
        batch: frames processed at once, here and when drawing. Does not change the result.
        count: number of frames, if known; otherwise counted.
        on_frame: called after each frame read here.

    Raises: InputError: no frames, or frames of different sizes. WorkError: out of memory.
    """
    with explain_out_of_memory(batch):
        if palette.video is not None:
            ink = None
            if count is None or needs_first_pass(palette, config):
                count, ink = measure(frames, config, batch=batch, on_frame=on_frame)
            return Coloring(frames, palette, config, batch, count, None, ink)
        tracking = track(
            frames,
            palette.image,
            config,
            seed=seed,
            masked=palette.masked,
            pins=pins,
            batch=batch,
            on_frame=on_frame,
        )
    return Coloring(frames, palette, config, batch, len(tracking.of_frames), tracking, None)


@dataclasses.dataclass(frozen=True)
class RecolorResult:
    """A coloured video that was written."""

    frames: int
    seconds: float  # spent
    cuts: tuple[int, ...]  # first frames of new scenes; empty for a video palette
    summary: str  # see `summarize`
    failures: Mapping[str, str]  # images that cannot be read -> reason


def recolor_video(
    plan: VideoPlan, *, progress: Progress = no_progress, report: Report = ignore, warn: Warn = ignore
) -> RecolorResult:
    """Colour a planned video and write it.

    Args:
        plan: not done yet.
        progress: opens a progress bar.
        report: called with each image of a folder that cannot be read, and the reason.
        warn: called with what is changed about the frames that are read.

    Raises: InputError: frames differ in size. WorkError: out of memory, or encoding failed.
    """

    def frames() -> Iterator[np.ndarray]:
        return sources.read_frames(plan.source, report=failures, notes=notes)

    failures, notes = Failures(report), Notes()
    started = time.monotonic()
    sources.check_one_size(plan.source)
    if message := sources.resampling(plan.source):
        warn(message)
    prepared = prepare_video(plan.config, frames(), light=plan.light)
    config = prepared.config

    def drawings() -> Iterator[np.ndarray]:
        return prepared.frames(frames())

    if needs_first_pass(plan.palette, plan.config):
        doing = "tracking" if plan.palette.video is None else "measuring"
        with progress(plan.count, unit="frame", label=f"{doing} {plan.source.name}") as bar:
            coloring = prepare(
                drawings,
                plan.palette,
                config,
                seed=plan.seed,
                pins=plan.pins,
                batch=plan.batch,
                on_frame=bar.update,
            )
    else:
        count = sources.count_decoded(plan.source)
        coloring = prepare(drawings, plan.palette, config, batch=plan.batch, count=count)
    throughput = export.export_video(
        coloring.draw,
        plan.out,
        count=coloring.count,  # a file may hold packets that are not shown
        fps=plan.fps,
        settings=plan.settings,
        command=COMMAND,
        encoding=plan.encoding,
        overwrite=plan.overwrite,
        progress=progress,
    )
    for line in notes.lines():
        warn(line)
    seconds = time.monotonic() - started
    cuts = () if coloring.tracking is None else tuple(coloring.tracking.cuts)
    summary = f"{prepared}, {summarize(coloring, seconds=seconds, drawn=throughput.frames)}"
    return RecolorResult(coloring.count, seconds, cuts, summary, failures)


def needs_first_pass(palette: VideoPalette, config: VideoConfig) -> bool:
    """Whether frames are read twice: for tracking, or for the ink levels of lines drawn over the colours."""
    return palette.video is None or config.keep_lines


def summarize(coloring: Coloring, *, seconds: float, drawn: int) -> str:
    """Describe a coloured video in one line: tracks, colour stability, time per frame.

    Args:
        coloring: after its frames were drawn.
        seconds: time spent.
        drawn: number of frames drawn; fewer than all after a resume, colour changes refer to these.
    """
    tracking, changes = coloring.tracking, coloring.changes
    parts = [f"colours of {coloring.palette.name} in every frame"] if tracking is None else _tracks(tracking)
    if changes.px:
        some = f" of {drawn} frames" if drawn < coloring.count else ""
        parts.append(
            f"{100 * changes.broken_fraction:.2f} % of the paper{some} changes colour though its region "
            f"persists, {100 * changes.fraction:.2f} % with mergers and splits"
        )
    if drawn == coloring.count:
        parts.append(f"{1e3 * seconds / drawn:.0f} ms a frame")
    elif drawn:  # tracking may still have read all frames
        parts.append(f"{drawn} of {coloring.count} frames drawn in {seconds:.1f} s")
    return ", ".join(parts)


def _tracks(tracking: Tracking) -> list[str]:
    parts = [f"{tracking.followed} regions tracked"]
    if tracking.found_again:
        parts.append(f"{tracking.found_again} found again")
    if tracking.cuts:
        shown = ", ".join(map(str, tracking.cuts[:5])) + (", ..." if len(tracking.cuts) > 5 else "")
        parts.append(f"cuts at {shown}")
    if tracking.is_loop:
        parts.append("a loop")
    if tracking.seam_changes:
        parts.append(f"{tracking.seam_changes} regions change colour at its seam")
    return parts
