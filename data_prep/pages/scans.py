"""Convert a folder of scans to PNG pages; optionally crop, straighten, even out and clean them.

Each frame of a multi-page TIFF is one scan.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import images, outputs
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS
from data_prep.images.notes import DARK_TEXT
from data_prep.pages.drawing import Choice, correct, find_correction
from data_prep.pages.levels import despeckle, find_levels, stretch
from data_prep.pages.numbering import (
    IDENTITY,
    MAPPING,
    Scan,
    gone,
    number_scans,
    read_mapping,
    write_mapping,
)
from data_prep.pages.polarity import read_drawing
from data_prep.pages.sheet import find_sheet, straighten
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress, some
from data_prep.workers import check_workers, map_in_order

MAX_SKEW_DEG = 10.0
TRIM_FRACTION = 0.005  # of the shorter side of the sheet
MAX_DPI = 100_000
SAVE_EVERY = 20  # pages between writes of scans.json


@dataclasses.dataclass(frozen=True)
class ScansConfig:
    """Conversion of scans to pages."""

    mode: Literal["rgb", "gray"] | None = None
    """Channels; None: gray scans stay gray, others become RGB."""
    dpi: float | None = None
    """Resolution stored in the pages; None: that of the scan. Pixels are not resampled."""
    paper: bool = False
    """Find the sheet on the scanner bed, straighten it (up to 10 degrees) and crop to it."""
    trim_px: float | None = None
    """With --paper: margin cut off each side of the sheet in px; None: 0.5% of its shorter side."""
    invert: bool = False
    """Invert the pages: chalkboards, inverted scans, light ink on dark paper."""
    flatten: Choice = "auto"
    """Divide out uneven light, e.g. of a lamp, or the gutter of a book; auto: where the paper, along the
    border too, varies by more than 10%, or by a third of the contrast of fainter ink, unless a scanner bed
    shows. Pages that are light on dark stay as they are."""
    white: int | Literal["auto"] | None = None
    """White point, 1 to 255: values from here on become white; auto: paper level per page and channel."""
    black: int | Literal["auto"] | None = None
    """Black point, 0 to 254: values up to here become black; auto: ink level per page and channel."""
    despeckle_px: int = 0
    """Maximum area in px of dark specks that are replaced by paper; 0 = off."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum scan size in megapixels; larger scans are left out."""


@dataclasses.dataclass(frozen=True)
class ScansResult:
    """Numbered pages of a folder of scans."""

    folder: Path
    pages: int  # that exist now
    made: tuple[tuple[Path, str], ...]  # (file, measurements) of pages that were converted
    failures: Mapping[str, str]  # scans that were left out -> reason

    def __str__(self) -> str:
        lines = [f"{path}  {measured}" for path, measured in self.made]
        return "\n".join(
            [*lines, f"{self.folder}  {counted(self.pages, 'page')}; {MAPPING} lists their scans"]
        )


def convert_scans(
    source: Path,
    out: Path,
    config: ScansConfig,
    *,
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> ScansResult:
    """Convert scans to pages 01.png, 02.png, ...; only missing and new pages are converted.

    Args:
        source: folder of scans, or one scan.
        out: folder of the pages and of scans.json, which lists their scans.
        config: conversion settings.
        workers: number of processes; does not affect the result.
        overwrite: replace an earlier result in `out`, except adjustments.json.
        progress: opens a progress bar.
        report: called with each scan that is left out, and the reason.
        warn: called with a message about PDF files and missing scans.

    Raises: InputError: an invalid setting, no readable scan, or `out` holds something else. WorkError: a
        page could not be written.
    """
    check_workers(workers)
    check(config)
    found = list_scans(source, max_megapixels=config.max_megapixels, warn=warn)
    for pdf in list_pdfs(source):
        warn(f"{pdf} is PDF, which is not supported; export its pages as PNG or TIFF")
    folder = source.parent if source.is_file() else source
    settings = dataclasses.asdict(config) | {"source": str(folder.resolve())}
    failures, made = Failures(report), []
    with outputs.work(
        out,
        command="data-prep scans",
        settings=settings,
        source=source,
        overwrite=overwrite,
        failures=failures,
    ):
        with progress(len({scan.path for scan in found}), unit="file", label="inspect") as bar:
            pages, of_pages = number_scans(found, read_mapping(out), on_file=bar.update)
        write_mapping(out, pages)
        if lost := gone(out, pages, of_pages):
            warn(f"the scans of {some(lost)} are missing; use --overwrite to leave these pages out")
        with progress(len(pages), unit="page", label="scans") as bar:

            def finish(page: str, measured: str) -> None:
                if measured:
                    made.append((out / page, measured))
                bar.update()

            write_pages(out, pages, of_pages, config, workers=workers, report=failures, on_page=finish)
    count = sum((out / page).is_file() for page in pages)
    return ScansResult(out, count, tuple(made), failures)


def check(config: ScansConfig) -> None:
    """Validate; raise InputError naming the flag."""
    images.check_max_megapixels(config.max_megapixels)
    if config.dpi is not None and not 1 < config.dpi < MAX_DPI:
        raise InputError(f"--dpi {config.dpi:g}: must be above 1 and below {MAX_DPI}")
    if config.trim_px is not None and not 0 <= config.trim_px < math.inf:
        raise InputError(f"--trim-px {config.trim_px:g}: must be at least 0")
    if config.trim_px is not None and not config.paper:
        raise InputError("--trim-px: requires --paper")
    if config.despeckle_px < 0:
        raise InputError(f"--despeckle-px {config.despeckle_px}: must be at least 0")
    black = config.black if isinstance(config.black, int) else 0
    white = config.white if isinstance(config.white, int) else 255
    if not 0 <= black < white <= 255:
        raise InputError(f"--black {black} --white {white}: must be 0 <= black < white <= 255")


def list_scans(source: Path, *, max_megapixels: float, warn: Warn = ignore) -> list[Scan]:
    """List the scans in a folder in natural order, frame after frame; a file lists itself.

    Raises: InputError: no scans, none that can be read, or only PDF files.
    """
    paths = _list_files(source, warn)
    images.check_some_readable(paths, max_megapixels=max_megapixels)
    scans = []
    for path in paths:
        try:
            frames = images.list_frames(path)
        except InputError:  # write_pages reports the reason
            frames = [0]
        several = len(frames) > 1
        scans += [Scan(path, frame + 1 if several else None) for frame in frames]
    return scans


def _list_files(source: Path, warn: Warn) -> list[Path]:
    pdfs = [source] if source.suffix.lower() == ".pdf" else list_pdfs(source)
    try:
        if source.suffix.lower() == ".pdf":
            raise InputError(source)
        return images.list_images(source, warn=warn, reported=(".pdf",))
    except InputError:
        if pdfs:
            raise InputError(
                f"{pdfs[0]} is PDF, which is not supported; export its pages as PNG or TIFF"
            ) from None
        raise


def list_pdfs(source: Path) -> list[Path]:
    """List PDF files in a folder; they are not supported."""
    return sorted(p for p in source.glob("*") if p.suffix.lower() == ".pdf") if source.is_dir() else []


def write_pages(
    folder: Path,
    pages: dict[str, dict[str, Any]],
    scans: dict[str, Scan],
    config: ScansConfig,
    *,
    workers: int,
    report: Report,
    on_page: Callable[[str, str], None] = lambda page, message: None,
) -> None:
    """Make the missing pages in worker processes, and store measurements in scans.json.

    Args:
        folder: folder of the pages.
        pages: mapping returned by numbering.number_scans; entries get `size_px`, `dpi`, what was found of the
            light and, with --paper, the position of the sheet.
        scans: existing scans by page.
        config: conversion settings.
        workers: number of processes; does not affect the result.
        report: called with each scan that is left out, and the reason.
        on_page: called with each finished page and a summary; "" if its scan is left out.
    """
    missing = [
        name
        for name, entry in pages.items()
        if name in scans and not ("size_px" in entry and (folder / name).is_file())
    ]
    jobs = (_Job(scans[name], folder / name, config) for name in missing)
    try:
        for i, (name, found) in enumerate(
            zip(missing, map_in_order(_make, jobs, workers=workers), strict=True)
        ):
            if isinstance(found, str):
                report(scans[name].name, found)
            else:
                pages[name] = {key: pages[name][key] for key in IDENTITY if key in pages[name]} | found
            on_page(name, "" if isinstance(found, str) else _summary(found))
            if i % SAVE_EVERY == SAVE_EVERY - 1:
                write_mapping(folder, pages)
    finally:
        write_mapping(folder, pages)


def make_page(scan: np.ndarray, config: ScansConfig) -> tuple[np.ndarray, dict[str, Any]]:
    """Convert a scan, uint8 [H, W, C], to a page, uint8 [h, w, C], and measurements.

    Raises: InputError: the sheet is rotated by more than 10 degrees, or trimming leaves nothing.
    """
    page = scan
    found: dict[str, Any] = {}
    if config.paper:
        sheet = find_sheet(scan)
        found = {"bed": sheet.has_bed, "angle_deg": round(sheet.angle_deg, 3)}
        if abs(sheet.angle_deg) > MAX_SKEW_DEG:
            raise InputError(
                f"the sheet is rotated by {sheet.angle_deg:.1f} degrees; --paper straightens up to "
                f"{MAX_SKEW_DEG:g} degrees; scan it again"
            )
        if sheet.has_bed:
            found["corners_px"] = [[round(float(v), 1) for v in corner] for corner in sheet.corners_px]
            trim_px = TRIM_FRACTION * min(sheet.size_px) if config.trim_px is None else config.trim_px
            if 2 * trim_px >= min(sheet.size_px):
                raise InputError(f"--trim-px {trim_px:g}: leaves nothing of the sheet")
            page = straighten(scan, sheet, trim_px=trim_px)
    is_bare = config.flatten == "on" or config.paper or not find_sheet(page).has_bed
    page, light = _even_out(page, config if is_bare else dataclasses.replace(config, flatten="off"))
    found |= light
    if config.white is not None or config.black is not None:
        page = stretch(page, *_levels(page, config))
    if config.despeckle_px:
        page = despeckle(page, config.despeckle_px)
    return page, {"size_px": [page.shape[1], page.shape[0]]} | found


def _even_out(page: np.ndarray, config: ScansConfig) -> tuple[np.ndarray, dict[str, Any]]:
    """Invert and flatten a page as configured; return it and what was found of its light."""
    correction = find_correction(page, invert_it="on" if config.invert else "off", flatten_it=config.flatten)
    found: dict[str, Any] = {"light_on_dark": True} if correction.light_on_dark else {}
    if correction.variation:
        found["light_varies"] = round(correction.variation, 3)
    if correction.background is not None:
        found["flattened"] = True
    return correct(page, correction), found


def _levels(page: np.ndarray, config: ScansConfig) -> tuple[np.ndarray, np.ndarray]:
    black, white = find_levels(page)
    if config.black != "auto":
        black = np.full(len(black), float(config.black or 0))
    if config.white != "auto":
        white = np.full(len(white), 255.0 if config.white is None else float(config.white))
    return black, np.maximum(white, black + 1)


def _summary(found: dict[str, Any]) -> str:
    width, height = found["size_px"]
    dpi = "no dpi" if found["dpi"] is None else f"{found['dpi']:g} dpi"
    summary = f"{width} x {height} px, {dpi}"
    if "bed" in found:
        summary += f", sheet rotated by {found['angle_deg']:.1f} degrees" if found["bed"] else ", no bed"
    if "light_varies" in found:
        done = (
            ", evened out (--flatten off leaves it)"
            if "flattened" in found
            else "; --flatten auto evens it out"
        )
        summary += f", light varies by {found['light_varies']:.0%}{done}"
    if "light_on_dark" in found:
        summary += ", light on dark; --invert makes it dark on light"
    for note in found.get("notes", ()):
        summary += f", {note}"
    return summary


@dataclasses.dataclass(frozen=True)
class _Job:
    scan: Scan
    page: Path
    config: ScansConfig


def _make(job: _Job) -> dict[str, Any] | str:
    """Write one page; return its measurements, or the reason for leaving it out."""
    scan, config = job.scan, job.config
    frame, limit = (scan.frame or 1) - 1, config.max_megapixels
    try:
        header = images.read_header(scan.path, max_megapixels=limit, frame=frame)
        dpi = config.dpi or header.dpi
        notes: list[images.Note] = []
        scanned = read_drawing(
            scan.path, mode=config.mode, max_megapixels=limit, frame=frame, note=notes.append
        )
    except InputError as error:
        return str(error)
    try:
        page, found = make_page(scanned, config)
    except InputError as error:
        return f"{scan.path}: {error}"
    images.write_image(job.page, page, dpi=dpi)
    if shown := [str(note) for note in notes if config.white is None or note.text != DARK_TEXT]:
        found["notes"] = shown
    return found | {"dpi": dpi}
