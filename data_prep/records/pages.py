"""Whole pages as records, from which training cuts its tiles.

`source` of a record: page; dpi, rows, cols and offset_cell of its grid; centers_px, the (x, y) of its
specimens, or None for a blob page, which is cut anywhere in its grid.
"""

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep import images, outputs
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.drawing import light_notes
from data_prep.pages.grid import Grid, fit_grid
from data_prep.pages.polarity import read_drawing
from data_prep.pages.selection import Pages, fingerprint
from data_prep.progress import Failures, Progress, Report, Warn, ignore, no_progress
from data_prep.records.plan import ChunkedPlan
from data_prep.records.tile_files import RecordFiles, TilesResult, write_records
from data_prep.records.writer import Record

FILES = RecordFiles()


@dataclasses.dataclass(frozen=True)
class PagesConfig:
    """Grid of whole pages; only with --pages."""

    dpi: float = 300
    """Resolution of the scans in dpi; a grid cell is 256/300 inch."""
    rows: int | Literal["auto"] = "auto"
    """Rows of grid cells; auto: as many as fit the page."""
    cols: int | Literal["auto"] = "auto"
    """Columns of grid cells; auto: as many as fit the page."""


def check_unused(config: PagesConfig, *, page: Sequence[str], adjustments: Path | None) -> None:
    """Raise InputError naming a flag that has no effect without --pages."""
    changed = {"page": bool(page), "adjustments": adjustments is not None}
    changed |= {name: value != getattr(PagesConfig, name) for name, value in vars(config).items()}
    for name, is_changed in changed.items():
        if is_changed:
            raise InputError(f"--{name}: requires --pages")


@dataclasses.dataclass(frozen=True)
class Page:
    """One page that becomes a record."""

    path: Path
    source: dict[str, Any]  # of the record


@dataclasses.dataclass(frozen=True)
class PagesPlan:
    """Pages that become records."""

    records: ChunkedPlan[Page]
    pages: list[Page]
    image_shape: tuple[int, int, int]  # the largest height and width, and the channels
    mode: Mode


def pack_pages(
    pages: Pages,
    out: Path,
    config: PagesConfig,
    *,
    mode: Mode | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    files: RecordFiles = FILES,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> TilesResult:
    """Write one record per page, with its grid and the specimens of its adjustments.

    An interrupted run is resumed, an existing result returned.

    Args:
        pages: selected pages.
        out: folder of the dataset.
        config: grid settings.
        mode: channels; None: gray if every page is gray, else rgb.
        max_megapixels: larger pages are left out.
        files: how records are written.
        progress: opens a progress bar.
        report: called with each page that is left out, and the reason.
        warn: called with what was changed about pages on reading, and about their light.

    Raises:
        InputError: as `plan_page_records`, or `out` holds something else. WorkError: a file could not be
            written.
    """
    files.check()
    images.check_max_megapixels(max_megapixels)
    failures = Failures(report)
    plan = plan_page_records(
        pages.paths,
        config,
        pages.adjustments,
        mode=mode,
        max_megapixels=max_megapixels,
        workers=files.worker_count,
        report=failures,
    )
    settings = dataclasses.asdict(config) | {"pages": [page.source for page in plan.pages], "mode": plan.mode}
    settings |= {"encoding": files.encoding, "shard_mb": files.shard_mb}
    settings |= {"inputs": fingerprint([page.path for page in plan.pages], progress=progress)}
    command = "pack --pages"
    with outputs.work(
        out,
        command=f"data-prep {command}",
        settings=settings,
        source=pages.source,
        overwrite=files.overwrite,
        failures=failures,
    ) as state:
        made = write_records(
            plan.records,
            out,
            state=state,
            command=command,
            image_shape=plan.image_shape,
            files=files,
            settings=settings,
            failures=failures,
            kind="pages",
            progress=progress,
        )
        plan.records.describe_notes(warn)
        return made


def plan_page_records(
    paths: Sequence[Path],
    config: PagesConfig,
    adjustments: dict[str, Adjustment],
    *,
    mode: Mode | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    workers: int,
    report: Report,
) -> PagesPlan:
    """Read the header of every page, place its grid, and add its specimens.

    Args:
        paths: image files, in order.
        config: grid settings.
        adjustments: by file name; centres make a page a specimen page.
        mode: channels; None: gray if every page is gray, else rgb.
        max_megapixels: larger pages are left out.
        workers: number of processes for reading.
        report: called with each page that is left out, and the reason.

    Raises:
        InputError: an invalid setting, no usable page, or centres for only some of the pages.
    """
    pages: list[Page] = []
    headers: list[images.Header] = []
    refused: dict[str, str] = {}
    for path in paths:
        adjustment = adjustments.get(path.name, Adjustment())
        try:
            header = images.read_header(path, max_megapixels=max_megapixels)
            grid = fit_grid(
                header.height_px,
                header.width_px,
                dpi=config.dpi,
                rows=config.rows,
                cols=config.cols,
                offset_cell=adjustment.offset_cell,
            )
        except InputError as error:
            refused[path.name] = str(error)
            continue
        if adjustment.centers_px == ():
            refused[path.name] = f"{path} has no specimens; add centers_px to adjustments.json"
            continue
        headers.append(header)
        pages.append(Page(path, _source(path.name, grid, adjustment)))
    if not pages:
        first, *others = dict.fromkeys(refused.values())
        raise InputError(f"{first} (and no other page can be used)" if others else first)
    bare = [page.path.name for page in pages if page.source["centers_px"] is None]
    if bare and len(bare) < len(pages):
        raise InputError(
            f"{len(pages) - len(bare)} pages have specimen centres, {len(bare)} have none ({bare[0]} ...); "
            "find all with `inkloop data-prep spec`, or pack the two kinds separately"
        )
    for name, reason in refused.items():
        report(name, reason)
    mode = mode or ("gray" if {header.mode for header in headers} == {"gray"} else "rgb")
    height_px, width_px = max(h.height_px for h in headers), max(h.width_px for h in headers)
    shape = (height_px, width_px, images.CHANNELS[mode])
    make = functools.partial(_read_page, mode=mode, max_megapixels=max_megapixels)
    records = ChunkedPlan(pages, make, name=_name, workers=workers, report=report)
    return PagesPlan(records, pages, shape, mode)


def grid_of(source: dict[str, Any]) -> Grid:
    """Grid of a page from the source of its record."""
    x, y = source["offset_cell"]
    return Grid(source["dpi"], source["rows"], source["cols"], (x, y))


def _source(name: str, grid: Grid, adjustment: Adjustment) -> dict[str, Any]:
    centers = adjustment.centers_px
    return {
        "page": name,
        "dpi": grid.dpi,
        "rows": grid.rows,
        "cols": grid.cols,
        "offset_cell": list(grid.offset_cell),
        "centers_px": None if centers is None else [list(center) for center in centers],
    }


def _read_page(page: Page, *, mode: Mode, max_megapixels: float) -> Record:
    notes: list[images.Note] = []
    image = read_drawing(page.path, mode=mode, max_megapixels=max_megapixels, note=notes.append)
    return Record(image, page.source, notes=(*notes, *light_notes(image)))


def _name(page: Page) -> str:
    return page.path.name
