"""Any folder of scans -> numbered PNG pages, and scans.json, which tells what each page was made of.

A scan that was given a number keeps it: scans that are added later follow after the last one, and one that
cannot be read leaves its number free.
"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import images, outputs
from data_prep.checksum import crc_of_file
from data_prep.errors import InputError
from data_prep.failures import Report
from data_prep.images import MAX_MEGAPIXELS
from data_prep.levels import despeckle, find_levels, stretch
from data_prep.paper import find_sheet
from data_prep.straighten import straighten
from data_prep.workers import map_in_order

MAPPING = "scans.json"
MAX_SKEW_DEG = 10.0
TRIM_SHARE = 0.005  # of the sheet's shorter side
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
    if config.dpi is not None and not 1 < config.dpi < 100_000:
        raise InputError(f"--dpi is {config.dpi:g}; it should be above 1")
    if config.trim_px is not None and config.trim_px < 0:
        raise InputError(f"--trim-px is {config.trim_px:g}; it should be 0 or more")
    if config.trim_px is not None and not config.paper:
        raise InputError("--trim-px is for the sheet that --paper finds; give --paper too")
    if config.despeckle_px < 0:
        raise InputError(f"--despeckle-px is {config.despeckle_px}; it should be 0 or more")
    black = config.black if isinstance(config.black, int) else 0
    white = config.white if isinstance(config.white, int) else 255
    if not 0 <= black < white <= 255:
        raise InputError(f"--black {black} and --white {white}; it should be 0 <= black < white <= 255")


def list_scans(source: Path) -> list[Path]:
    """The scans in a folder, in natural order; a file lists itself.

    Raises: InputError: there are none; says so of PDF files.
    """
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


def read_mapping(folder: Path) -> dict[str, dict[str, Any]]:
    """Page name -> its scan and what was found on it; empty where no work was begun.

    Raises: InputError: the file is damaged.
    """
    path = folder / MAPPING
    if not path.is_file():
        return {}
    try:
        pages = json.loads(path.read_text(encoding="utf-8"))["pages"]
        if any(not isinstance(page["scan"], str) or not int(Path(name).stem) for name, page in pages.items()):
            raise ValueError("a page without a scan")
        return pages
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error!r}); choose another --out, or --overwrite it") from None


def number_scans(
    scans: list[Path],
    mapping: dict[str, dict[str, Any]],
    *,
    on_scan: Callable[[int], None] = lambda count: None,
) -> dict[str, dict[str, Any]]:
    """Give every scan a page: 01.png, 02.png, ... in their order; those in `mapping` keep theirs.

    Args:
        scans: in natural order.
        mapping: of an earlier run. What it says of a scan is kept, unless the scan is another one by now.
        on_scan: told how many scans have been looked at, for progress.

    Returns:
        The new mapping; entries of scans that are gone stay.
    """
    numbered = {entry["scan"]: page for page, entry in mapping.items()}
    last = max((int(Path(page).stem) for page in mapping), default=0)
    added = [scan for scan in scans if scan.name not in numbered]
    digits = max(2, len(str(last + len(added))))
    names = {scan.name: f"{last + i:0{digits}d}.png" for i, scan in enumerate(added, 1)} | numbered
    pages = dict(mapping)
    for scan in scans:
        entry = {"scan": scan.name, "crc32": f"{crc_of_file(scan):08x}"}
        page = names[scan.name]
        if {key: pages.get(page, {}).get(key) for key in entry} != entry:
            pages[page] = entry
        on_scan(1)
    return dict(sorted(pages.items(), key=lambda item: int(Path(item[0]).stem)))


def write_pages(
    source: Path,
    folder: Path,
    pages: dict[str, dict[str, Any]],
    config: ScansConfig,
    *,
    workers: int,
    report: Report,
    on_page: Callable[[str, str], None] = lambda page, told: None,
) -> None:
    """Make the pages that are not there, in worker processes, and note in scans.json what was found.

    Args:
        source: folder of the scans.
        folder: of the pages.
        pages: by number_scans; entries get `size_px`, `dpi` and what --paper found.
        config: how.
        workers: processes.
        report: told of each scan that is left out, and why.
        on_page: told of each page that was made, and what was found on it.
    """
    missing = [
        name
        for name, entry in pages.items()
        if not ("size_px" in entry and (folder / name).is_file()) and (source / entry["scan"]).is_file()
    ]
    jobs = (_Job(source / pages[name]["scan"], folder / name, config) for name in missing)
    try:
        for i, (name, found) in enumerate(
            zip(missing, map_in_order(_make, jobs, workers=workers), strict=True)
        ):
            if isinstance(found, str):
                report(pages[name]["scan"], found)
            else:
                pages[name] = {key: pages[name][key] for key in ("scan", "crc32")} | found
            on_page(name, "" if isinstance(found, str) else _told(found))
            if i % SAVE_EVERY == SAVE_EVERY - 1:
                write_mapping(folder, pages)
    finally:
        write_mapping(folder, pages)


def write_mapping(folder: Path, pages: dict[str, dict[str, Any]]) -> None:
    """Write scans.json."""
    outputs.write_json(folder / MAPPING, {"schema": 1, "pages": pages})


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
    scan: Path
    page: Path
    config: ScansConfig


def _make(job: _Job) -> dict[str, Any] | str:
    """Write one page; what was found, or why there is none."""
    limit = job.config.max_megapixels
    try:
        dpi = job.config.dpi or images.read_header(job.scan, max_megapixels=limit).dpi
        scan = images.read_image(job.scan, mode=job.config.mode, max_megapixels=limit)
    except InputError as error:
        return str(error)
    try:
        page, found = make_page(scan, job.config)
    except InputError as error:
        return f"{job.scan}: {error}"
    images.write_image(job.page, page, dpi=dpi)
    return found | {"dpi": dpi}
