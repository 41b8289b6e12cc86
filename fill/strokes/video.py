"""Trace a video: one numbered SVG file per frame; strokes that persist keep number, direction and order."""

import dataclasses
import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.progress import Progress, Report, Warn, counted, ignore, no_progress
from data_prep.video.image_sequence import frame_path
from data_prep.video.sources import count_decoded, fingerprint, read_frames
from data_prep.workers import chosen_workers, map_in_order
from fill.config import LightConfig, VideoConfig
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig
from fill.strokes.drawing import (
    Inked,
    find_ink,
    on_sheet,
    pen_layers,
    region_layers,
    stroke_ends,
    trace_on_sheet,
)
from fill.strokes.folder import COMMAND, Palette, VectorResult, describe, settings_of
from fill.strokes.pen_order import pen_up_length
from fill.strokes.pens import ink_colors, nearest_pens, pen_colors
from fill.strokes.regions import VideoRegions
from fill.strokes.sources import SUFFIX, write_document
from fill.strokes.svg import Layer, hex_color
from fill.strokes.tracing import Stroke, Traced
from fill.strokes.tracking import Tracks, follow
from fill.threshold import prepare_video

STATE = ".tracks.json"  # strokes after the last frame that was written
SAMPLED = 8  # frames that are looked at first: for lines, and for the colours of several pens


@dataclasses.dataclass(frozen=True)
class _Job:
    frame: np.ndarray
    trace: TraceConfig
    sheet: SheetConfig
    checks_tones: bool


@dataclasses.dataclass(frozen=True)
class _Made:
    """A frame that was traced; without lines, `reason` says why."""

    inked: Inked | None
    traced: Traced
    mm_per_px: float
    reason: str = ""

    def colors(self) -> np.ndarray:
        """Colours of its ink, see pens.ink_colors."""
        assert self.inked is not None
        return ink_colors(self.traced.strokes, self.inked.prepared.image, solids=self.traced.solids)


@dataclasses.dataclass(frozen=True)
class _State:
    """What is known after a frame."""

    frames: int = 0  # that are written
    with_lines: int = 0
    tracks: Tracks = dataclasses.field(default_factory=Tracks)
    pen_of: dict[int, int] = dataclasses.field(default_factory=dict)  # number of a stroke -> its pen

    def write(self, path: Path) -> None:
        pens = [[number, pen] for number, pen in self.pen_of.items()]
        own = {"frames": self.frames, "with_lines": self.with_lines, "pens": pens}
        outputs.write_json(path, own | self.tracks.as_json(), indent=None)

    @staticmethod
    def read(path: Path) -> "_State":
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return _State()
        try:
            tracks = Tracks.from_json(value)
            return _State(value["frames"], value["with_lines"], tracks, dict(value["pens"]))
        except (KeyError, TypeError):
            raise InputError(f"{path} is of another version; use --overwrite") from None


def vector_video(
    source: Path,
    trace: TraceConfig,
    sheet: SheetConfig,
    output: OutputConfig,
    *,
    palette: Palette | None = None,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> VectorResult:
    """Trace the frames of a video to OUT/000000.svg, ...; an interrupted run is resumed.

    Strokes keep their pens, and regions their colours, from frame to frame.

    Args: as vector_folder; warn is called if there are frames without lines.

    Raises:
        InputError: invalid settings, no video, no lines in it, or the output folder holds something else.
        WorkError: a frame is damaged, or a file could not be written.
    """
    for config in (trace, sheet, output):
        config.check()
    workers = chosen_workers(output.workers)
    settings = settings_of(source, trace, sheet, output, palette)
    settings |= {"source": fingerprint(source), "memory_frames": output.memory_frames}
    claim: dict[str, Any] = {
        "command": COMMAND,
        "settings": settings,
        "overwrite": output.overwrite,
        "source": source,
    }
    state_of_folder = outputs.check_claim(output.out, **claim)
    count = count_decoded(source)
    if state_of_folder == "done":
        return VectorResult(output.out, count, 0, 0.0, {}, done=True)
    light = LightConfig(output.invert, output.flatten)
    prepared = prepare_video(VideoConfig(threshold=trace.threshold), read_frames(source), light=light)
    checks_tones = trace.threshold == "auto"
    trace = dataclasses.replace(trace, threshold=prepared.config.fixed_threshold)

    def frames() -> Iterator[np.ndarray]:
        return prepared.frames(read_frames(source))

    def jobs(chosen: Iterable[np.ndarray]) -> Iterator[_Job]:
        return (_Job(frame, trace, sheet, checks_tones) for frame in chosen)

    pens = _find_pens(source, jobs(_sampled(frames(), count)), pens=sheet.pens)
    regions: VideoRegions | None = None
    if sheet.regions != "off" and palette is not None:
        video = dataclasses.replace(prepared.config, memory_frames=output.memory_frames)
        regions = VideoRegions(frames, palette.colors, video, seed=output.seed)
    strokes, pen_up = 0, 0.0
    with outputs.work(output.out, **claim):
        state = _State.read(output.out / STATE)
        rest = itertools.islice(frames(), state.frames, None)
        with progress(count, unit="frame", label="vector", initial=state.frames) as bar:
            for made in map_in_order(_trace, jobs(rest), workers=workers):
                index = state.frames
                state, layers, own, way = _lay_out(made, state, pens, sheet, output, regions)
                metadata = describe(source.name, settings) | {"frame": index, "scene": state.tracks.scene}
                document = on_sheet(
                    made.traced, layers, mm_per_px=made.mm_per_px, metadata=metadata, strokes=own
                )
                write_document(frame_path(output.out, index, suffix=SUFFIX), document.text())
                state.write(output.out / STATE)
                strokes, pen_up = strokes + own, pen_up + way
                bar.update()
        (output.out / STATE).unlink(missing_ok=True)
    if state.with_lines < count:
        warn(f"{source}: {counted(count - state.with_lines, 'frame')} of {count} without lines")
    return VectorResult(output.out, count, strokes, pen_up, {})


def _sampled(frames: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """SAMPLED frames, evenly spaced."""
    chosen = set(np.linspace(0, count - 1, SAMPLED).round().astype(int).tolist())
    return (frame for index, frame in enumerate(frames) if index in chosen)


def _find_pens(source: Path, jobs: Iterator[_Job], *, pens: int) -> np.ndarray | None:
    """Colours of the pens of a video, uint8 [P, 3]; None: one pen, with the colour of each frame.

    Raises: InputError: none of these frames has lines.
    """
    colors, reason = [], ""
    for made in map(_trace, jobs):
        reason = reason or made.reason
        if made.inked is not None:
            if pens == 1:
                return None
            colors.append(made.colors())
    if not colors:
        raise InputError(f"{source}: {reason or 'no frames'}; pass a video of line drawings")
    return pen_colors(np.concatenate(colors), count=pens)


def _lay_out(
    made: _Made,
    state: _State,
    pens: np.ndarray | None,
    sheet: SheetConfig,
    output: OutputConfig,
    regions: VideoRegions | None,
) -> tuple[_State, list[Layer], int, float]:
    """The next state; the layers of a frame, its number of strokes, and its way with the pen up in mm."""
    index, traced, mm_per_px = state.frames, made.traced, made.mm_per_px
    tracks, numbered = follow(
        state.tracks,
        traced.strokes,
        frame=index,
        memory_frames=output.memory_frames,
        size_px=traced.size_px,
    )
    layers: list[Layer] = []
    pen_of: dict[int, int] = {}
    way = 0.0
    if made.inked is not None:
        image = made.inked.prepared.image
        if regions is not None:
            found = regions.of_frame(image, index)
            layers += region_layers(found, sheet, mm_per_px=mm_per_px, line_px=traced.line_px)
        own = [stroke for _, stroke in numbered]
        colors = ink_colors(own, image, solids=traced.solids)
        known = pen_colors(colors, count=1) if pens is None else pens
        nearest = nearest_pens(colors, known).tolist()
        pen_of = {
            number: state.pen_of.get(number, pen) for (number, _), pen in zip(numbered, nearest, strict=False)
        }
        for pen, color in enumerate(known):
            chosen = [(number, stroke) for number, stroke in numbered if pen_of[number] == pen]
            shapes = [s for s, of in zip(traced.solids, nearest[len(own) :], strict=True) if of == pen]
            members: list[Stroke] = [stroke for _, stroke in chosen]
            layers += pen_layers(
                members,
                [number for number, _ in chosen],
                shapes,
                hex_color(color),
                sheet,
                mm_per_px=mm_per_px,
            )
            way += pen_up_length(*stroke_ends(members)) * mm_per_px
    alive = {track.number for track in tracks.tracks}
    kept = {number: pen for number, pen in (state.pen_of | pen_of).items() if number in alive}
    seen = state.with_lines + (made.inked is not None)
    return _State(index + 1, seen, tracks, kept), layers, len(numbered), way


def _trace(job: _Job) -> _Made:
    """Ink and strokes of a frame; a frame without lines has none."""
    height, width = job.frame.shape[:2]
    mm_per_px = job.sheet.mm_per_px(width, file_dpi=None)
    try:
        inked = find_ink(
            job.frame, job.trace, invert_it="off", flatten_it="off", checks_tones=job.checks_tones
        )
        traced = trace_on_sheet(inked, job.trace, job.sheet, mm_per_px=mm_per_px)
    except InputError as error:
        return _Made(None, Traced((), np.zeros((0, 2)), (width, height), 0.0), mm_per_px, str(error))
    return _Made(inked, traced, mm_per_px)
