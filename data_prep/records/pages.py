"""Whole pages as records, each with what training needs to cut its tiles while it runs.

`source` of such a record: page, dpi, rows, cols and offset_cell of its grid, and centers_px, the (x, y) of
its specimens; a page without specimens (None) is a blob page, cut anywhere in its grid.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.grid import Grid, fit_grid
from data_prep.progress import Report
from data_prep.records.writer import Record
from data_prep.workers import map_in_order


@dataclasses.dataclass(frozen=True)
class PagesConfig:
    """Where the tiles of whole pages may lie; read with --pages only."""

    dpi: float = 300
    """Resolution of the scans; a cell of the grid is 256/300 inch."""
    rows: int | Literal["auto"] = "auto"
    """Rows of cells; auto: as many as fit the page."""
    cols: int | Literal["auto"] = "auto"
    """Columns of cells."""


@dataclasses.dataclass(frozen=True)
class PageRecords:
    """Pages in order, as `write_dataset` asks for them."""

    paths: list[Path]
    sources: list[dict[str, Any]]
    image_shape: tuple[int, int, int]  # the largest height and width, and the channels
    mode: Mode
    max_megapixels: float
    workers: int
    report: Report

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        jobs = [(path, self.mode, self.max_megapixels) for path in self.paths[span]]
        workers = max(1, min(self.workers, len(jobs)))
        for read, source in zip(map_in_order(_read, jobs, workers=workers), self.sources[span], strict=True):
            if isinstance(read, str):
                self.report(source["page"], read)
            yield None if isinstance(read, str) else Record(read, source)


def plan_page_records(
    paths: Sequence[Path],
    config: PagesConfig,
    adjustments: dict[str, Adjustment],
    *,
    mode: Mode | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    workers: int,
    report: Report,
) -> PageRecords:
    """Read every page's header, lay its grid, note its specimens.

    Args:
        paths: image files, in order.
        config: the grid.
        adjustments: by file name; centres make a page one of specimens.
        mode: channels; None: gray if every page is, else rgb.
        max_megapixels: larger pages are refused.
        workers: processes that will read.
        report: told of each page that is left out, and why.

    Raises:
        InputError: a setting is not allowed, no page can be used, or only some pages have centres.
    """
    kept: list[Path] = []
    sources: list[dict[str, Any]] = []
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
            refused[path.name] = f"{path} has no specimens; give it centers_px in adjustments.json"
            continue
        kept.append(path)
        headers.append(header)
        sources.append(_source(path.name, grid, adjustment))
    if not kept:
        first, *others = dict.fromkeys(refused.values())
        raise InputError(f"{first} (and no other page can be used)" if others else first)
    bare = [source["page"] for source in sources if source["centers_px"] is None]
    if bare and len(bare) < len(sources):
        raise InputError(
            f"{len(sources) - len(bare)} pages have specimen centres, {len(bare)} have none ({bare[0]} ...); "
            "find them all with `inkloop data-prep spec`, or pack the two kinds apart"
        )
    for name, reason in refused.items():
        report(name, reason)
    mode = mode or ("gray" if {header.mode for header in headers} == {"gray"} else "rgb")
    height_px, width_px = max(h.height_px for h in headers), max(h.width_px for h in headers)
    shape = (height_px, width_px, images.CHANNELS[mode])
    return PageRecords(kept, sources, shape, mode, max_megapixels, workers, report)


def grid_of(source: dict[str, Any]) -> Grid:
    """The grid that a page's record names."""
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


def _read(job: tuple[Path, Mode, float]) -> Any:
    """Pixels uint8 [H, W, C], or why there are none."""
    path, mode, max_megapixels = job
    try:
        return images.read_image(path, mode=mode, max_megapixels=max_megapixels)
    except InputError as error:
        return str(error)
