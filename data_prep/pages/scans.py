"""Any folder of scans -> PNG pages: upright, straightened and cleaned where that is asked for.

A TIFF of several pages, as feeders make, is as many scans.
"""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS
from data_prep.pages.levels import despeckle, find_levels, stretch
from data_prep.pages.numbering import IDENTITY, Scan, write_mapping
from data_prep.pages.sheet import find_sheet, straighten
from data_prep.progress import Report
from data_prep.workers import map_in_order

MAX_SKEW_DEG = 10.0
TRIM_SHARE = 0.005  # of the sheet's shorter side
MAX_DPI = 100_000
SAVE_EVERY = 20  # pages between writes of scans.json


@dataclasses.dataclass(frozen=True)
class ScansConfig:
    """How scans become pages."""

    mode: Literal["rgb", "gray"] | None = None
    """Channels; None: gray scans stay gray, all others become RGB."""
    dpi: float | None = None
    """Resolution that pages note; None: what their scans say. No pixel changes."""
    paper: bool = False
    """Find the sheet on the scanner bed, lay it straight (up to 10 degrees) and cut it out."""
    trim_px: float | None = None
    """With --paper: cut off inside each side of the sheet; None: 0.5% of its shorter side."""
    white: int | Literal["auto"] | None = None
    """Values from here on become white: 1 to 255; auto: the paper of each page, in each channel."""
    black: int | Literal["auto"] | None = None
    """Values up to here become black: 0 to 254; auto: the ink of each page."""
    despeckle_px: int = 0
    """Dark specks of at most so many pixels become paper; 0: none do."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Larger scans are refused."""


def check(config: ScansConfig) -> None:
    """Raise InputError unless every setting is allowed."""
    images.check_max_megapixels(config.max_megapixels)
    if config.dpi is not None and not 1 < config.dpi < MAX_DPI:
        raise InputError(f"--dpi is {config.dpi:g}; it should be above 1 and below {MAX_DPI}")
    if config.trim_px is not None and not 0 <= config.trim_px < math.inf:
        raise InputError(f"--trim-px is {config.trim_px:g}; it should be 0 or more")
    if config.trim_px is not None and not config.paper:
        raise InputError("--trim-px is for the sheet that --paper finds; give --paper too")
    if config.despeckle_px < 0:
        raise InputError(f"--despeckle-px is {config.despeckle_px}; it should be 0 or more")
    black = config.black if isinstance(config.black, int) else 0
    white = config.white if isinstance(config.white, int) else 255
    if not 0 <= black < white <= 255:
        raise InputError(f"--black {black} and --white {white}; it should be 0 <= black < white <= 255")


def list_scans(source: Path, *, max_megapixels: float) -> list[Scan]:
    """The scans in a folder, in natural order, page after page; a file lists itself.

    Raises: InputError: there are none, or none that can be read; says so of PDF files.
    """
    paths = _list_files(source)
    images.check_some_readable(paths, max_megapixels=max_megapixels)
    scans = []
    for path in paths:
        try:
            frames = images.list_frames(path)
        except InputError:  # whoever reads it will say why
            frames = [0]
        several = len(frames) > 1
        scans += [Scan(path, frame + 1 if several else None) for frame in frames]
    return scans


def _list_files(source: Path) -> list[Path]:
    pdfs = [source] if source.suffix.lower() == ".pdf" else list_pdfs(source)
    try:
        if source.suffix.lower() == ".pdf":
            raise InputError(source)
        return images.list_images(source)
    except InputError:
        if pdfs:
            raise InputError(
                f"{pdfs[0]} is PDF, which is not read; export its pages as PNG or TIFF"
            ) from None
        raise


def list_pdfs(source: Path) -> list[Path]:
    """PDF files in a folder, which no scan is read from."""
    return sorted(p for p in source.glob("*") if p.suffix.lower() == ".pdf") if source.is_dir() else []


def write_pages(
    folder: Path,
    pages: dict[str, dict[str, Any]],
    scans: dict[str, Scan],
    config: ScansConfig,
    *,
    workers: int,
    report: Report,
    on_page: Callable[[str, str], None] = lambda page, told: None,
) -> None:
    """Make the pages that are not there, in worker processes, and note in scans.json what was found.

    Args:
        folder: of the pages.
        pages: by scan_numbers.number_scans; entries get `size_px`, `dpi` and what --paper found.
        scans: by page.
        config: how.
        workers: processes.
        report: told of each scan that is left out, and why.
        on_page: told of each page that was made, and what was found on it.
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
            on_page(name, "" if isinstance(found, str) else _told(found))
            if i % SAVE_EVERY == SAVE_EVERY - 1:
                write_mapping(folder, pages)
    finally:
        write_mapping(folder, pages)


def make_page(scan: np.ndarray, config: ScansConfig) -> tuple[np.ndarray, dict[str, Any]]:
    """A scan, uint8 [H, W, C] -> page, uint8 [h, w, C], and what was found.

    Raises: InputError: the sheet lies askew by more than 10 degrees.
    """
    page = scan
    found: dict[str, Any] = {}
    if config.paper:
        sheet = find_sheet(scan)
        found = {"bed": sheet.has_bed, "angle_deg": round(sheet.angle_deg, 3)}
        if abs(sheet.angle_deg) > MAX_SKEW_DEG:
            raise InputError(
                f"its sheet lies askew by {sheet.angle_deg:.1f} degrees; --paper straightens up to "
                f"{MAX_SKEW_DEG:g}: scan it again"
            )
        if sheet.has_bed:
            found["corners_px"] = [[round(float(v), 1) for v in corner] for corner in sheet.corners_px]
            trim_px = TRIM_SHARE * min(sheet.size_px) if config.trim_px is None else config.trim_px
            if 2 * trim_px >= min(sheet.size_px):
                raise InputError(f"--trim-px {trim_px:g} leaves nothing of its sheet")
            page = straighten(scan, sheet, trim_px=trim_px)
    if config.white is not None or config.black is not None:
        page = stretch(page, *_levels(page, config))
    if config.despeckle_px:
        page = despeckle(page, config.despeckle_px)
    return page, {"size_px": [page.shape[1], page.shape[0]]} | found


def _levels(page: np.ndarray, config: ScansConfig) -> tuple[np.ndarray, np.ndarray]:
    black, white = find_levels(page)
    if config.black != "auto":
        black = np.full(len(black), float(config.black or 0))
    if config.white != "auto":
        white = np.full(len(white), 255.0 if config.white is None else float(config.white))
    return black, np.maximum(white, black + 1)


def _told(found: dict[str, Any]) -> str:
    width, height = found["size_px"]
    dpi = "no dpi" if found["dpi"] is None else f"{found['dpi']:g} dpi"
    told = f"{width} x {height} px, {dpi}"
    if "bed" in found:
        told += f", sheet askew by {found['angle_deg']:.1f} degrees" if found["bed"] else ", no bed"
    return told


@dataclasses.dataclass(frozen=True)
class _Job:
    scan: Scan
    page: Path
    config: ScansConfig


def _make(job: _Job) -> dict[str, Any] | str:
    """Write one page; what was found, or why there is none."""
    scan, config = job.scan, job.config
    frame, limit = (scan.frame or 1) - 1, config.max_megapixels
    try:
        dpi = config.dpi or images.read_header(scan.path, max_megapixels=limit, frame=frame).dpi
        pixels = images.read_image(scan.path, mode=config.mode, max_megapixels=limit, frame=frame)
    except InputError as error:
        return str(error)
    try:
        page, found = make_page(pixels, config)
    except InputError as error:
        return f"{scan.path}: {error}"
    images.write_image(job.page, page, dpi=dpi)
    return found | {"dpi": dpi}
