"""All pages of a folder -> specimens -> tiles: finding, then cutting, in worker processes."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep import images, overlay
from data_prep.adjustments import Adjustment
from data_prep.blob_pages import tile_path
from data_prep.errors import InputError
from data_prep.failures import Report
from data_prep.images import MAX_MEGAPIXELS, Mode
from data_prep.records import Record
from data_prep.specimen_grid import SpecimenGridConfig, Specimens, find_specimens
from data_prep.specimen_tiles import SpecimenTile, crop_side_px, exceeding, specimen_tiles
from data_prep.workers import map_in_order


@dataclasses.dataclass(frozen=True)
class SpecConfig(SpecimenGridConfig):
    """How specimens are found and cut."""

    dpi: float = 300
    """Resolution of the scans; the square around a specimen is 1.5 cells of 256/300 inch."""
    crop_px: int | Literal["auto"] | None = None
    """Side of that square on the page, in its place; auto: 1.15 times the largest ink box of all pages."""
    tile_px: int = 256
    """Side of a tile; squares are resized to it."""
    mode: Mode | None = None
    """Channels; None: gray if every page is, else rgb."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Larger pages are refused."""


@dataclasses.dataclass(frozen=True)
class PageSpecimens:
    """What was found on one page."""

    path: Path
    specimens: Specimens

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def centers_px(self) -> tuple[tuple[float, float], ...]:
        """As adjustments keep them."""
        return tuple((float(x), float(y)) for x, y in self.specimens.centers_px)


def find_pages(
    paths: Sequence[Path],
    config: SpecConfig,
    adjustments: dict[str, Adjustment],
    *,
    workers: int,
    report: Report,
    on_page: Callable[[int], None] = lambda count: None,
) -> tuple[list[PageSpecimens], Mode]:
    """Find the specimens of every page; centres in `adjustments` win over those found.

    Args:
        paths: image files, in order.
        config: how to find.
        adjustments: by file name.
        workers: processes; they do not change the result.
        report: told of each page that is left out, and why.
        on_page: told of progress.

    Returns:
        The pages that could be read, and the channels that tiles will have.

    Raises:
        InputError: a setting is not allowed, no page can be read, or there is no specimen on any.
    """
    check(config)
    found: list[PageSpecimens] = []
    modes: set[Mode] = set()
    refused: dict[str, str] = {}
    jobs = [(path, config, adjustments.get(path.name, Adjustment()).centers_px) for path in paths]
    for path, (result, mode) in zip(paths, map_in_order(_find, jobs, workers=workers), strict=True):
        on_page(1)
        if isinstance(result, str):
            refused[path.name] = result
        else:
            found.append(PageSpecimens(path, result))
            modes.add(mode)
    if not found:
        first, *others = dict.fromkeys(refused.values())
        raise InputError(f"{first} (and no other page can be read)" if others else first)
    if not any(len(page.specimens) for page in found):
        raise InputError(
            f"no specimens on {len(found)} page{'s' * (len(found) > 1)}, e.g. {found[0].path}; "
            "they should be dark on light"
        )
    for name, reason in refused.items():
        report(name, reason)
    return found, config.mode or ("gray" if modes == {"gray"} else "rgb")


def check(config: SpecConfig) -> None:
    """Raise InputError unless specimens can be found and cut so."""
    if config.tile_px < 1:
        raise InputError(f"--tile-px is {config.tile_px}; it should be 1 or more")
    if not 0 <= config.gap < 1:
        raise InputError(f"--gap is {config.gap:g}; it should be 0 or more and below 1, of the page's side")
    if not 0 <= config.min_size < 1:
        raise InputError(f"--min-size is {config.min_size:g}; it should be 0 or more and below 1")
    if config.crop_px != "auto":
        crop_side_px(config.crop_px, dpi=config.dpi, boxes_px=np.zeros((0, 4), np.int64))


def crop_px(pages: Sequence[PageSpecimens], config: SpecConfig) -> int:
    """Side of the square that is cut for every specimen of every page."""
    boxes_px = np.concatenate([page.specimens.boxes_px for page in pages])
    return crop_side_px(config.crop_px, dpi=config.dpi, boxes_px=boxes_px)


def oversized(page: PageSpecimens, crop_px: int) -> list[int]:
    """Indices of specimens whose ink reaches out of their square."""
    specimens = page.specimens
    return np.flatnonzero(exceeding(specimens.boxes_px, specimens.centers_px, crop_px)).tolist()


@dataclasses.dataclass(frozen=True)
class SpecimenRecords:
    """The tiles of all pages, page after page, as `write_dataset` asks for them."""

    pages: list[PageSpecimens]
    config: SpecConfig
    crop_px: int
    mode: Mode
    workers: int
    overlays: Path
    report: Report

    def __len__(self) -> int:
        return sum(len(page.specimens) for page in self.pages)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        first, jobs = 0, []
        for page in self.pages:
            count = len(page.specimens)
            start, stop = max(span.start - first, 0), min(max(span.stop - first, 0), count)
            if start < stop:
                indices = list(range(start, stop))
                jobs.append(_Job(page, indices, self.config, self.crop_px, self.mode, self.overlays))
            first += count
        for job, result in zip(jobs, map_in_order(_cut_records, jobs, workers=self.workers), strict=True):
            if isinstance(result, str):
                self.report(job.page.name, result)
                yield from [None] * len(job.indices)
            else:
                yield from result


def write_tiles(
    pages: Sequence[PageSpecimens],
    folder: Path,
    config: SpecConfig,
    *,
    crop_px: int,
    mode: Mode,
    workers: int,
    overlays: Path,
    report: Report,
    on_tile: Callable[[int], None] = lambda count: None,
) -> int:
    """Write tiles as `<page stem>/<page stem>_t00042.png`; files that are there already are kept.

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
            jobs.append(_Job(page, indices, config, crop_px, mode, overlays, folder))
    on_tile(count)
    for job, result in zip(jobs, map_in_order(_cut_files, jobs, workers=workers), strict=True):
        if isinstance(result, str):
            report(job.page.name, result)
        else:
            count += result
        on_tile(len(job.indices))
    return count


def overlay_path(folder: Path, page_name: str) -> Path:
    """Where the picture of a page with its specimens lies."""
    return folder / f"{Path(page_name).stem}_spec.jpg"


@dataclasses.dataclass(frozen=True)
class _Job:
    page: PageSpecimens
    indices: list[int]
    config: SpecConfig
    crop_px: int
    mode: Mode
    overlays: Path
    folder: Path = Path()  # of tiles written as files


def _find(
    job: tuple[Path, SpecConfig, tuple[tuple[float, float], ...] | None],
) -> tuple[Specimens | str, Mode]:
    path, config, centers = job
    try:
        page = images.read_image(path, max_megapixels=config.max_megapixels)
    except InputError as error:
        return str(error), "gray"
    given = None if centers is None else np.array(centers, np.float64).reshape(-1, 2)
    return find_specimens(page, config, centers_px=given), "gray" if page.shape[2] == 1 else "rgb"


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


def _tiles(job: _Job) -> Iterator[SpecimenTile]:
    """The tiles of one page; its overlay is written before the first."""
    page = images.read_image(job.page.path, mode=job.mode, max_megapixels=job.config.max_megapixels)
    specimens = job.page.specimens
    picture = overlay.draw_specimens(
        page[..., :3],
        specimens.boxes_px,
        specimens.centers_px,
        touching=specimens.touching,
        crop_px=job.crop_px,
    )
    images.write_image(overlay_path(job.overlays, job.page.name), picture)
    yield from specimen_tiles(
        page,
        specimens.boxes_px,
        specimens.centers_px,
        name=job.page.name,
        crop_px=job.crop_px,
        tile_px=job.config.tile_px,
        sheet=specimens.sheet,
        indices=job.indices,
    )
