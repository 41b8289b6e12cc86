"""Trace a video: one numbered SVG file per frame; strokes that persist keep number, direction and order."""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError, WorkError
from data_prep.progress import Progress, Report, Warn, ignore, no_progress
from data_prep.video.image_sequence import frame_path
from data_prep.video.sources import count_decoded, fingerprint, read_frames
from data_prep.workers import chosen_workers, map_in_order
from fill.config import LightConfig, VideoConfig
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig
from fill.strokes.drawing import (
    Inked,
    find_ink,
    on_sheet,
    stroke_ends,
    stroke_layer,
    trace_on_sheet,
)
from fill.strokes.folder import COMMAND, Palette, VectorResult, describe, settings_of
from fill.strokes.pen_order import pen_up_length
from fill.strokes.pens import choose_pens
from fill.strokes.sources import SUFFIX, write_document
from fill.strokes.tracing import Traced
from fill.strokes.tracking import Tracks, follow
from fill.threshold import prepare_video

STATE = ".tracks.json"  # strokes after the last frame that was written


@dataclasses.dataclass(frozen=True)
class _Job:
    frame: np.ndarray
    trace: TraceConfig
    sheet: SheetConfig
    mm_per_px: float


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

    Args: as vector_folder.

    Raises:
        InputError: invalid settings, no video, or the output folder holds something else. WorkError: no frame
            has lines, a frame is damaged, or a file could not be written.
    """
    for config in (trace, sheet, output):
        config.check()
    _check(sheet)
    workers = chosen_workers(output.workers)
    settings = settings_of(source, trace, sheet, output, palette)
    settings |= {"source": fingerprint(source), "memory_frames": output.memory_frames}
    light = LightConfig(output.invert, output.flatten)
    prepared = prepare_video(VideoConfig(threshold=trace.threshold), read_frames(source), light=light)
    trace = dataclasses.replace(trace, threshold=prepared.config.fixed_threshold)
    outputs.check_claim(
        output.out, command=COMMAND, settings=settings, overwrite=output.overwrite, source=source
    )
    count = count_decoded(source)
    strokes, pen_up, seen = 0, 0.0, 0
    with outputs.work(
        output.out, command=COMMAND, settings=settings, overwrite=output.overwrite, source=source
    ) as state:
        if state == "done":
            return VectorResult(output.out, count, 0, 0.0, {}, done=True)
        begin, tracks, seen = _read_state(output.out)
        frames = itertools.islice(prepared.frames(read_frames(source)), begin, None)
        jobs = _jobs(frames, trace, sheet)
        with progress(count, unit="frame", label="vector", initial=begin) as bar:
            for index, (inked, traced, mm_per_px) in enumerate(
                map_in_order(_trace, jobs, workers=workers), start=begin
            ):
                width, height = traced.size_px
                tracks, numbered = follow(
                    tracks,
                    traced.strokes,
                    frame=index,
                    memory_frames=output.memory_frames,
                    size_px=(width, height),
                )
                own = [stroke for _, stroke in numbered]
                layers: list[Any] = []
                if inked is not None and own:
                    color = choose_pens(own, inked.prepared.image, count=1).colors[0]
                    numbers = [number for number, _ in numbered]
                    layers.append(stroke_layer(own, numbers, color, sheet, mm_per_px=mm_per_px))
                metadata = describe(source.name, settings) | {"frame": index}
                document = on_sheet(traced, layers, mm_per_px=mm_per_px, metadata=metadata, strokes=len(own))
                write_document(frame_path(output.out, index, suffix=SUFFIX), document.text())
                seen += bool(own)
                state_now = {"frames": index + 1, "with_lines": seen} | tracks.as_json()
                outputs.write_json(output.out / STATE, state_now, indent=None)
                strokes += len(own)
                pen_up += pen_up_length(*stroke_ends(own)) * mm_per_px
                bar.update()
        if not seen:
            raise WorkError(f"{source}: no lines found in any frame; pass a video of line drawings")
        (output.out / STATE).unlink(missing_ok=True)
    return VectorResult(output.out, count, strokes, pen_up, {})


def _check(sheet: SheetConfig) -> None:
    """Raise InputError for what videos have not: colours that stay with regions, and several pens."""
    if sheet.regions != "off":
        raise InputError(f"--regions {sheet.regions}: not for videos; trace single frames, or leave it out")
    if sheet.pens > 1:
        raise InputError(f"--pens {sheet.pens}: not for videos, whose strokes have one pen; leave it out")


def _read_state(out: Path) -> tuple[int, Tracks, int]:
    """Number of frames that are written, the tracks after them, and how many have lines."""
    try:
        value = json.loads((out / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0, Tracks(), 0
    return value["frames"], Tracks.from_json(value), value["with_lines"]


def _jobs(frames: Iterator[np.ndarray], trace: TraceConfig, sheet: SheetConfig) -> Iterator[_Job]:
    for frame in frames:
        yield _Job(frame, trace, sheet, sheet.mm_per_px(frame.shape[1], file_dpi=None))


def _trace(job: _Job) -> tuple[Inked | None, Traced, float]:
    """Ink and strokes of a frame; a frame without lines has none."""
    height, width = job.frame.shape[:2]
    try:
        inked = find_ink(job.frame, job.trace, invert_it="off", flatten_it="off")
        traced = trace_on_sheet(inked, job.trace, job.sheet, mm_per_px=job.mm_per_px)
    except InputError:
        return None, Traced((), np.zeros((0, 2)), (width, height), 0.0), job.mm_per_px
    return inked, traced, job.mm_per_px
