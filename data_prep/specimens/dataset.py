"""Specimens that were found on pages -> tiles, and pictures of the pages, in worker processes."""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from data_prep import images
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


@dataclasses.dataclass(frozen=True)
class Cut:
    """What is alike for all pages."""

    config: SpecConfig
    crop_px: int
    mode: Mode
    pictures: dict[str, Path]  # by page name: the file of the page with its specimens
    workers: int  # they do not change the result
    report: Report  # told of each page that is left out, and why


def plan_records(pages: Sequence[PageSpecimens], cut: Cut) -> GroupedPlan[PageSpecimens]:
    """The tiles of all pages, page after page."""
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
    """Write tiles under the names of `tile_path`; files that are there already are kept.

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
            jobs.append(_job(page, indices, cut, folder))
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
    """Draw the pictures of pages that are not there: cutting a page draws it, but not all pages are cut.

    Raises:
        WorkError: a picture could not be written.
    """
    jobs = [_job(page, [], cut) for page in pages if not cut.pictures[page.name].exists()]
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
    picture: Path
    folder: Path  # of tiles written as files


def _job(page: PageSpecimens, indices: list[int], cut: Cut, folder: Path = Path()) -> _Job:
    return _Job(page, indices, cut.config, cut.crop_px, cut.mode, cut.pictures[page.name], folder)


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
    """Why there is no picture, if so."""
    try:
        _read(job)
    except InputError as error:
        return str(error)
    return ""


def _tiles(job: _Job) -> Iterator[SpecimenTile]:
    """The tiles of one page."""
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
    """The page, read once: its picture is drawn with it, unless it is there."""
    page = images.read_image(job.page.path, mode=job.mode, max_megapixels=job.config.max_megapixels)
    if not job.picture.exists():
        specimens = job.page.specimens
        picture = overlay.draw_specimens(
            page[..., :3],
            specimens.boxes_px,
            specimens.centers_px,
            touching=specimens.touching,
            crop_px=job.crop_px,
        )
        images.write_image(job.picture, picture)
    return page
