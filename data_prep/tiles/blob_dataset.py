"""Plan the blob tiles of all pages, and cut them in worker processes."""

import collections
import dataclasses
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.grid import Grid, fit_grid, tile_centers
from data_prep.progress import Report
from data_prep.records.plan import GroupedPlan
from data_prep.records.writer import Record
from data_prep.tiles.blob import Tile, blob_tiles, choose, kept_indices
from data_prep.tiles.names import check_stems, tile_path
from data_prep.workers import map_in_order

CHUNK_TILES, CHUNK_BYTES = 64, 1 << 24  # maximum that a worker returns at a time
SCRATCH = ".partial-pages"  # decoded pages, memory-mapped by all workers


@dataclasses.dataclass(frozen=True)
class BlobConfig:
    """Cutting of pages without an orientation."""

    dpi: float = 300
    """Resolution of the scans in dpi; a grid cell is 256/300 inch."""
    rows: int | Literal["auto"] = "auto"
    """Rows of grid cells; auto: as many as fit the page."""
    cols: int | Literal["auto"] = "auto"
    """Columns of grid cells; auto: as many as fit the page."""
    tile_px: int = 256
    """Side of a tile on the page in px."""
    steps: int = 2
    """Tiles per cell along each axis; more steps overlap more."""
    size: int | None = None
    """Side in px to which tiles are resized by area means; None: --tile-px."""
    mode: Mode | None = None
    """Channels of the tiles; None: gray if every page is gray, else rgb."""
    outside: Literal["skip", "paper"] = "skip"
    """Tiles that may cross the page edge: skip them, or fill the outside with the paper colour."""
    max_tiles: int | None = None
    """Maximum number of tiles per page, chosen at random; None: all."""
    seed: int = 0
    """Random seed of angles, mirroring and --max-tiles."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum page size in megapixels; larger pages are left out."""

    @property
    def side_px(self) -> int:
        """Side of a stored tile in px."""
        return self.tile_px if self.size is None else self.size


@dataclasses.dataclass(frozen=True)
class PagePlan:
    """The tiles to cut from one page."""

    path: Path
    grid: Grid
    centers: np.ndarray  # int [N, 2], (x, y) of all tiles of the grid in px
    leaving: int  # number of tiles that may cross the page edge
    indices: np.ndarray  # int [M], tiles that are cut
    dpi: float | None  # as stored in the file

    @property
    def name(self) -> str:
        return self.path.name


def plan_pages(
    paths: Sequence[Path], config: BlobConfig, adjustments: dict[str, Adjustment], *, report: Report
) -> tuple[list[PagePlan], Mode]:
    """Read the header of every page and place its grid.

    Args:
        paths: image files, in order.
        config: cutting settings.
        adjustments: by file name.
        report: called with each page that is left out, and the reason.

    Returns:
        The pages that can be cut, and the channels of the tiles.

    Raises:
        InputError: an invalid setting, or no page fits.
    """
    _check(config)
    plans: list[PagePlan] = []
    modes: set[Mode] = set()
    refused: dict[str, str] = {}
    for path in paths:
        try:
            header = images.read_header(path, max_megapixels=config.max_megapixels)
            plans.append(_plan_page(path, header, config, adjustments.get(path.name, Adjustment())))
            modes.add(header.mode)
        except InputError as error:
            refused[path.name] = str(error)
    if not plans:
        first, *others = dict.fromkeys(refused.values())
        raise InputError(f"{first} (and no other page can be cut)" if others else first)
    for name, reason in refused.items():
        report(name, reason)
    return plans, config.mode or ("gray" if modes == {"gray"} else "rgb")


def plan_records(
    pages: Sequence[PagePlan],
    config: BlobConfig,
    *,
    mode: Mode,
    workers: int,
    scratch: Path,
    report: Report,
) -> GroupedPlan[PagePlan]:
    """Plan the tiles of all pages as records, page after page.

    Args:
        pages: tiles to cut, by page.
        config: cutting settings.
        mode: channels of the tiles.
        workers: number of processes; all read a decoded page from one memory-mapped file.
        scratch: folder of these files; it is deleted after each span.
        report: called with each page that cannot be read, and the reason.
    """

    def make(parts: Iterable[tuple[PagePlan, range]]) -> Iterator[list]:
        cut = [(page, page.indices[part.start : part.stop].tolist()) for page, part in parts]
        return _cut_pages(cut, _cut_records, config, mode, workers, scratch, report)

    return GroupedPlan(pages, [len(page.indices) for page in pages], make)


def write_tiles(
    pages: Sequence[PagePlan],
    folder: Path,
    config: BlobConfig,
    *,
    mode: Mode,
    workers: int,
    report: Report,
    on_tile: Callable[[int], None] = lambda count: None,
) -> int:
    """Write tiles under the names of `tile_path`; existing files are skipped.

    Returns:
        How many tiles are there now.

    Raises:
        InputError: two pages have the same stem. WorkError: a file could not be written.
    """
    check_stems([page.path for page in pages])
    missing, count = [], 0
    for page in pages:
        indices = [i for i in page.indices.tolist() if not tile_path(folder, page.name, i).exists()]
        count += len(page.indices) - len(indices)
        if indices:
            missing.append((page, indices))
    on_tile(count)
    for written in _cut_pages(missing, _cut_files, config, mode, workers, folder / SCRATCH, report):
        on_tile(len(written))
        count += sum(path is not None for path in written)
    return count


def _check(config: BlobConfig) -> None:
    """Validate; raise InputError naming the flag."""
    if config.size is not None and config.size < 1:
        raise InputError(f"--size {config.size}: must be at least 1")
    if config.max_tiles is not None and config.max_tiles < 1:
        raise InputError(f"--max-tiles {config.max_tiles}: must be at least 1")
    if config.seed < 0:
        raise InputError(f"--seed {config.seed}: must be at least 0")


def _plan_page(path: Path, header: images.Header, config: BlobConfig, adjustment: Adjustment) -> PagePlan:
    size_px = (header.height_px, header.width_px)
    grid = fit_grid(
        *size_px, dpi=config.dpi, rows=config.rows, cols=config.cols, offset_cell=adjustment.offset_cell
    )
    centers = tile_centers(grid, config.tile_px, config.steps)
    staying = len(kept_indices(centers, *size_px, tile_px=config.tile_px))
    indices = kept_indices(centers, *size_px, tile_px=config.tile_px, outside=config.outside)
    if config.max_tiles is not None:
        indices = choose(indices, count=config.max_tiles, seed=config.seed, name=path.name)
    if not len(indices):
        raise InputError(
            f"{path}: all {len(centers)} tiles leave the page of {size_px[1]} x {size_px[0]} px; "
            "reduce --rows and --cols, or use --outside paper"
        )
    return PagePlan(path, grid, centers, len(centers) - staying, indices, header.dpi)


@dataclasses.dataclass(frozen=True)
class _Job:
    page: np.ndarray | Path | None  # pixels, or a file of them; None: the page could not be read
    name: str
    grid: Grid
    indices: list[int]
    config: BlobConfig
    folder: Path  # of tiles that are written as files
    last: bool  # the last job of its page


def _cut_pages(
    pages: Sequence[tuple[PagePlan, list[int]]],
    cut: Callable[[_Job], list],
    config: BlobConfig,
    mode: Mode,
    workers: int,
    scratch: Path,
    report: Report,
) -> Iterator[list]:
    """Apply `cut` to one chunk of tiles after the other.

    Each page is decoded once, in this process, while the page before is cut. Workers map it from a file in
    `scratch`, which is deleted after the last result of its page.
    """
    chunk = max(1, min(CHUNK_TILES, CHUNK_BYTES // (config.side_px**2 * images.CHANNELS[mode])))
    unfinished: collections.deque[_Job] = collections.deque()

    def jobs() -> Iterator[_Job]:
        decoded = _decode_ahead([page.path for page, _ in pages], config, mode)
        for (page, indices), pixels in zip(pages, decoded, strict=True):
            if isinstance(pixels, InputError):
                report(page.name, str(pixels))
            file = scratch / f"{page.name}.npy"
            if workers > 1 and isinstance(pixels, np.ndarray):
                scratch.mkdir(parents=True, exist_ok=True)
                np.save(file, pixels)
            for start in range(0, len(indices), chunk):
                job = _Job(
                    None if isinstance(pixels, InputError) else pixels if workers == 1 else file,
                    page.name,
                    page.grid,
                    indices[start : start + chunk],
                    config,
                    folder=scratch.parent,
                    last=start + chunk >= len(indices),
                )
                unfinished.append(job)
                yield job

    try:
        for result in map_in_order(cut, jobs(), workers=workers):
            yield result
            job = unfinished.popleft()
            if job.last and isinstance(job.page, Path):
                job.page.unlink()
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _decode_ahead(paths: Sequence[Path], config: BlobConfig, mode: Mode) -> Iterator[np.ndarray | InputError]:
    """Yield pages in order, or the error of unreadable ones; the next page is decoded in a thread."""

    def read(path: Path) -> np.ndarray | InputError:
        try:
            return images.read_image(path, mode=mode, max_megapixels=config.max_megapixels)
        except InputError as error:
            return error

    with ThreadPoolExecutor(1) as decoder:
        coming = None
        for path in paths:
            previous, coming = coming, decoder.submit(read, path)
            if previous is not None:
                yield previous.result()
        if coming is not None:
            yield coming.result()


def _cut_records(job: _Job) -> list[Record | None]:
    if job.page is None:
        return [None] * len(job.indices)
    return [Record(tile.image, tile.source) for tile in _tiles(job, job.page)]


def _cut_files(job: _Job) -> list[Path | None]:
    if job.page is None:
        return [None] * len(job.indices)
    written: list[Path | None] = []
    for tile in _tiles(job, job.page):
        path = tile_path(job.folder, job.name, tile.index)
        images.write_image(path, tile.image)
        written.append(path)
    return written


def _tiles(job: _Job, page: np.ndarray | Path) -> Iterator[Tile]:
    pixels = np.load(page, mmap_mode="r") if isinstance(page, Path) else page
    config = job.config
    return blob_tiles(
        pixels,
        job.grid,
        name=job.name,
        tile_px=config.tile_px,
        steps=config.steps,
        size=config.size,
        seed=config.seed,
        outside=config.outside,
        indices=job.indices,
    )
