"""Cut detected specimens into tiles, and draw overlays of the pages, in worker processes."""

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep import images, outputs
from data_prep.errors import InputError
from data_prep.images import Mode
from data_prep.pages import overlay
from data_prep.progress import Report
from data_prep.records.plan import GroupedPlan
from data_prep.records.writer import Record
from data_prep.specimens.pages import PageSpecimens, SpecConfig
from data_prep.specimens.tiles import SpecimenTile, specimen_tiles
from data_prep.tiles.names import tile_path
from data_prep.workers import map_in_order


def overlays_folder(out: Path) -> Path:
    """Folder of page overlays for the output folder `out`: OUT-overlays."""
    named = out if out.name not in ("", "..") else out.resolve()  # "." has no name
    return named.parent / f"{named.name}-overlays"


@contextlib.contextmanager
def work(out: Path, settings: dict[str, Any], *, source: Path, overwrite: bool) -> Iterator[outputs.State]:
    """Claim `out` and its folder of overlays for the block, or neither (see `outputs.work`)."""
    of = {"of": out.resolve().name} | {key: settings[key] for key in ("crop_px", "inputs", "centers")}
    drawing: dict[str, Any] = {"command": "data-prep spec overlays", "settings": of}
    cutting: dict[str, Any] = {"command": "data-prep spec", "settings": settings}
    outputs.check_claim(out, **cutting, source=source, overwrite=overwrite)
    with (
        outputs.work(overlays_folder(out), **drawing, source=source, overwrite=overwrite),
        outputs.work(out, **cutting, source=source, overwrite=overwrite) as state,
    ):
        yield state


@dataclasses.dataclass(frozen=True)
class Cut:
    """Settings shared by all pages."""

    config: SpecConfig
    crop_px: int
    mode: Mode
    overlays: dict[str, Path]  # by page name: file of the page with its specimens drawn
    workers: int  # number of processes; does not affect the result
    report: Report  # called with each page that is left out, and the reason


def plan_records(pages: Sequence[PageSpecimens], cut: Cut) -> GroupedPlan[PageSpecimens]:
    """Plan the tiles of all pages as records, page after page."""
    counts = [len(page.specimens) for page in pages]
    return GroupedPlan(pages, counts, functools.partial(_make_records, cut=cut))


def _make_records(
    parts: Iterable[tuple[PageSpecimens, range]], *, cut: Cut
) -> Iterator[Sequence[Record | None]]:
    jobs = [_job(page, list(indices), cut) for page, indices in parts]
    for job, result in zip(jobs, map_in_order(_cut_records, jobs, workers=cut.workers), strict=True):
        if isinstance(result, str):
            cut.report(job.page.name, result)
            yield [None] * len(job.indices)
        else:
            yield result


def write_tiles(
    pages: Sequence[PageSpecimens],
    folder: Path,
    cut: Cut,
    *,
    on_tile: Callable[[int], None] = lambda count: None,
) -> int:
    """Write tiles under the names of `tile_path`; existing files are skipped.

    Returns:
        How many tiles are there now.

    Raises:
        WorkError: a file could not be written.
    """
    jobs, count = [], 0
    for page in pages:
        total = len(page.specimens)
        indices = [i for i in range(total) if not tile_path(folder, page.name, i).exists()]
        count += total - len(indices)
        if indices:
            jobs.append(_job(page, indices, cut, folder=folder))
    on_tile(count)
    for job, result in zip(jobs, map_in_order(_cut_files, jobs, workers=cut.workers), strict=True):
        if isinstance(result, str):
            cut.report(job.page.name, result)
        else:
            count += result
        on_tile(len(job.indices))
    return count


def draw_pages(
    pages: Sequence[PageSpecimens], cut: Cut, *, on_page: Callable[[int], None] = lambda count: None
) -> None:
    """Draw missing overlays. Cutting a page draws its overlay; pages without missing tiles are not cut.

    Raises:
        WorkError: an overlay could not be written.
    """
    jobs = [_job(page, [], cut) for page in pages if not cut.overlays[page.name].exists()]
    on_page(len(pages) - len(jobs))
    for job, refusal in zip(jobs, map_in_order(_draw, jobs, workers=cut.workers), strict=True):
        if refusal:
            cut.report(job.page.name, refusal)
        on_page(1)


@dataclasses.dataclass(frozen=True)
class _Job:
    page: PageSpecimens
    indices: list[int]
    config: SpecConfig
    crop_px: int
    mode: Mode
    overlay: Path
    folder: Path  # of tiles that are written as files


def _job(page: PageSpecimens, indices: list[int], cut: Cut, *, folder: Path = Path()) -> _Job:
    return _Job(page, indices, cut.config, cut.crop_px, cut.mode, cut.overlays[page.name], folder)


def _cut_records(job: _Job) -> list[Record] | str:
    try:
        return [Record(tile.image, tile.source) for tile in _tiles(job)]
    except InputError as error:
        return str(error)


def _cut_files(job: _Job) -> int | str:
    try:
        for tile in _tiles(job):
            images.write_image(tile_path(job.folder, tile.page, tile.index), tile.image)
    except InputError as error:
        return str(error)
    return len(job.indices)


def _draw(job: _Job) -> str:
    """Draw the overlay; return the reason if the page cannot be read, else ""."""
    try:
        _read(job)
    except InputError as error:
        return str(error)
    return ""


def _tiles(job: _Job) -> Iterator[SpecimenTile]:
    """Tiles of one page."""
    specimens = job.page.specimens
    yield from specimen_tiles(
        _read(job),
        specimens.boxes_px,
        specimens.centers_px,
        name=job.page.name,
        crop_px=job.crop_px,
        tile_px=job.config.tile_px,
        sheet=specimens.sheet,
        indices=job.indices,
    )


def _read(job: _Job) -> np.ndarray:
    """Read the page, and draw its overlay unless it exists."""
    page = images.read_image(job.page.path, mode=job.mode, max_megapixels=job.config.max_megapixels)
    if not job.overlay.exists():
        specimens = job.page.specimens
        drawn = overlay.draw_specimens(
            page[..., :3],
            specimens.boxes_px,
            specimens.centers_px,
            touching=specimens.touching,
            crop_px=job.crop_px,
        )
        images.write_image(job.overlay, drawn)
    return page
