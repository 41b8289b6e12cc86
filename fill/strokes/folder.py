"""Trace the drawings of a folder or dataset in several processes, each to an SVG file."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError, WorkError
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.workers import chosen_workers, map_in_order
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig
from fill.strokes.drawing import Vectorized, find_ink, vectorize
from fill.strokes.sources import Item, describe_source, list_items, write_document

COMMAND = "vector"


@dataclasses.dataclass(frozen=True)
class Palette:
    """Colours of the regions."""

    name: str
    colors: np.ndarray  # uint8 [h, w, 3]


@dataclasses.dataclass(frozen=True)
class VectorResult:
    """SVG files of drawings, or of the frames of a video."""

    folder: Path
    files: int  # that exist now
    strokes: int  # in the files that were written
    pen_up_mm: float  # way with the pen up, in the files that were written
    failures: Mapping[str, str]  # drawings that were left out -> reason
    done: bool = False  # all existed

    def __str__(self) -> str:
        summary = f"{self.folder}  {counted(self.files, 'SVG file')}"
        if self.done:
            return f"{summary}, already done"
        return f"{summary}  {counted(self.strokes, 'stroke')}  {self.pen_up_mm / 1000:.2f} m with the pen up"


def settings_of(
    source: Path,
    trace: TraceConfig,
    sheet: SheetConfig,
    output: OutputConfig,
    palette: Palette | None,
) -> dict[str, Any]:
    """What determines the result."""
    settings = describe_source(source) | dataclasses.asdict(trace) | dataclasses.asdict(sheet)
    settings |= {"invert": output.invert, "flatten": output.flatten}
    if sheet.regions != "off" and palette is not None:
        settings |= {"palette": palette.name, "seed": output.seed}
    return settings


def vector_folder(
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
    """Trace image files or records; files that exist and are not older than their source stay.

    Args:
        source: a folder of images, an image, or a dataset.
        trace, sheet, output: see their types.
        palette: colours of the regions, if any.
        progress: opens a progress bar.
        report: called with each drawing that is left out, and the reason.
        warn: called with one line for each note about a drawing.

    Raises:
        InputError: invalid settings, no images, the output folder holds something else, or the only drawing
            has no lines. WorkError: a file could not be written.
    """
    for config in (trace, sheet, output):
        config.check()
    workers = chosen_workers(output.workers) if sheet.regions == "off" else 1  # JAX uses all cores by itself
    items = list_items(source, output.out, warn=warn)
    settings = settings_of(source, trace, sheet, output, palette)
    state = outputs.check_claim(
        output.out, command=COMMAND, settings=settings, overwrite=output.overwrite, source=source
    )
    todo = [item for item in items if state == "new" or not item.is_done()]
    jobs = [_Job(item, trace, sheet, output, palette, settings) for item in todo]
    first = _make(jobs[0]) if len(items) == 1 and jobs else None
    if first is not None and first.failure:
        raise InputError(first.failure)
    failures, strokes, pen_up = Failures(report), 0, 0.0
    with outputs.work(
        output.out,
        command=COMMAND,
        settings=settings,
        overwrite=output.overwrite,
        source=source,
        failures=failures,
    ):
        made = [first] if first else map_in_order(_make, jobs, workers=max(1, min(workers, len(jobs))))
        with progress(len(jobs), unit="img", label="vector") as bar:
            for one in made:
                if one.failure:
                    failures(one.name, one.failure)
                if one.text:
                    write_document(one.target, one.text)
                for line in one.notes:
                    warn(line)
                strokes, pen_up = strokes + one.strokes, pen_up + one.pen_up_mm
                bar.update()
    return VectorResult(
        output.out, len(items) - len(failures), strokes, pen_up, failures, done=not jobs and not failures
    )


@dataclasses.dataclass(frozen=True)
class _Job:
    item: Item
    trace: TraceConfig
    sheet: SheetConfig
    output: OutputConfig
    palette: Palette | None
    settings: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class _Made:
    name: str
    target: Path
    text: str = ""
    strokes: int = 0
    pen_up_mm: float = 0.0
    notes: tuple[str, ...] = ()
    failure: str = ""


def _make(job: _Job) -> _Made:
    """The file of one drawing, or why there is none."""
    item = job.item
    try:
        page = item.read(max_megapixels=job.output.max_megapixels)
        made = vectorize_image(
            page.image,
            job.trace,
            job.sheet,
            job.output,
            palette=job.palette,
            file_dpi=page.dpi,
            item_id=item.item_id,
            metadata=describe(item.name, job.settings),
        )
    except (InputError, WorkError) as error:
        reason = str(error) if item.name in str(error) else f"{item.name}: {error}"
        return _Made(item.name, item.target, failure=reason)
    notes = tuple(f"{item.name}: {note}" for note in page.notes)
    return _Made(item.name, item.target, made.document.text(), len(made.strokes), made.pen_up_mm, notes)


def vectorize_image(
    image: np.ndarray,
    trace: TraceConfig,
    sheet: SheetConfig,
    output: OutputConfig,
    *,
    palette: Palette | None = None,
    file_dpi: float | None = None,
    item_id: int = 0,
    metadata: dict[str, Any] | None = None,
) -> Vectorized:
    """Trace one drawing, uint8 [H, W, C]. Raises InputError if it has no lines."""
    inked = find_ink(image, trace, invert_it=output.invert, flatten_it=output.flatten)
    return vectorize(
        inked,
        trace,
        sheet,
        mm_per_px=sheet.mm_per_px(image.shape[1], file_dpi=file_dpi),
        palette=None if palette is None else palette.colors,
        seed=output.seed,
        item_id=item_id,
        metadata=metadata,
    )


def describe(name: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Metadata of a file: what it was made of, and how."""
    own = {key: value for key, value in settings.items() if key not in ("source", "dataset")}
    return {"made_by": f"inkloop {COMMAND}", "source": name, "settings": own}
