"""Cut the planned blob tiles of all pages in worker processes, as a dataset or as PNG files."""

import collections
import dataclasses
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from data_prep import images, outputs
from data_prep.errors import InputError, WorkError
from data_prep.images import Mode
from data_prep.pages.drawing import light_notes
from data_prep.pages.grid import Grid
from data_prep.pages.polarity import read_drawing
from data_prep.pages.selection import fingerprint
from data_prep.progress import Progress, Report, Warn, counted, ignore, no_progress
from data_prep.records.plan import GroupedPlan
from data_prep.records.tile_files import TileFiles, TilesResult, write_records
from data_prep.records.writer import NoRecordsError, Record
from data_prep.tiles.blob import Tile, blob_tiles
from data_prep.tiles.blob_plan import BlobConfig, BlobPlan, PagePlan
from data_prep.tiles.names import check_stems, tile_path
from data_prep.workers import map_in_order

CHUNK_TILES, CHUNK_BYTES = 64, 1 << 24  # maximum that a worker returns at a time
SCRATCH = ".partial-pages"  # decoded pages, memory-mapped by all workers
FILES = TileFiles()
INK_LEVELS = 24  # of 255: above the noise of a scan, below the contrast of a pencil


def cut_blobs(
    plan: BlobPlan,
    out: Path,
    *,
    files: TileFiles = FILES,
    progress: Progress = no_progress,
    warn: Warn = ignore,
) -> TilesResult:
    """Cut the planned tiles into `out`; an interrupted run is resumed, an existing result returned.

    Args:
        plan: the tiles; pages that cannot be read are added to its failures.
        out: folder of the dataset, or of the tiles.
        files: how tiles are written.
        progress: opens a progress bar.
        warn: called with what was changed about each page on reading, and about its light.

    Raises:
        InputError: `out` holds something else, or two pages have the same stem. WorkError: a file could
            not be written.
    """
    files.check()
    if files.format == "png":
        check_stems([page.path for page in plan.pages])
    config, mode, failures, workers = plan.config, plan.mode, plan.failures, files.worker_count
    settings = dataclasses.asdict(config) | {"mode": mode, "format": files.format}
    settings |= {"encoding": files.encoding, "shard_mb": files.shard_mb}
    settings |= {"inputs": fingerprint([page.path for page in plan.pages], progress=progress)}
    settings |= {"offsets_cell": {page.name: page.grid.offset_cell for page in plan.pages}}
    with outputs.work(
        out,
        command="data-prep blob",
        settings=settings,
        source=plan.source,
        overwrite=files.overwrite,
        failures=failures,
    ) as state:
        if files.format == "png":
            with progress(plan.count, unit="tile", label="blob") as bar:
                count = write_tiles(
                    plan.pages,
                    out,
                    config,
                    mode=mode,
                    workers=workers,
                    report=failures,
                    warn=warn,
                    on_tile=bar.update,
                )
            return _with_blanks(TilesResult(out, count, f"{count} tiles as PNG files", failures), plan)
        tiles = plan_records(
            plan.pages, config, mode=mode, workers=workers, scratch=out / SCRATCH, report=failures, warn=warn
        )
        try:
            result = write_records(
                tiles,
                out,
                state=state,
                command="blob",
                image_shape=plan.image_shape,
                files=files,
                settings=settings,
                failures=failures,
                progress=progress,
            )
        except NoRecordsError as error:
            if failures:
                raise
            raise WorkError(f"{plan.source}: all {plan.count} tiles are blank ({_limit(config)})") from error
        return _with_blanks(result, plan)


def _with_blanks(result: TilesResult, plan: BlobPlan) -> TilesResult:
    """The result with the number of blank tiles in its summary: planned tiles of readable pages that are not
    there."""
    blank = sum(len(page.indices) for page in plan.pages if page.name not in plan.failures) - result.count
    if not blank:
        return result
    blanks = f"{counted(blank, 'blank tile')} left out ({_limit(plan.config)})"
    return dataclasses.replace(result, summary=f"{result.summary}; {blanks}")


def _limit(config: BlobConfig) -> str:
    return f"under {config.min_ink:.1%} ink; --min-ink 0 keeps all"


def plan_records(
    pages: Sequence[PagePlan],
    config: BlobConfig,
    *,
    mode: Mode,
    workers: int,
    scratch: Path,
    report: Report,
    warn: Warn = ignore,
) -> GroupedPlan[PagePlan]:
    """Plan the tiles of all pages as records, page after page.

    Args:
        pages: tiles to cut, by page.
        config: cutting settings.
        mode: channels of the tiles.
        workers: number of processes; all read a decoded page from one memory-mapped file.
        scratch: folder of these files; it is deleted after each span.
        report: called with each page that cannot be read, and the reason.
        warn: called with notes about each page.
    """

    def make(parts: Iterable[tuple[PagePlan, range]]) -> Iterator[list]:
        cut = [(page, page.indices[part.start : part.stop].tolist()) for page, part in parts]
        return _cut_pages(cut, _cut_records, config, mode, workers, scratch, report, warn)

    return GroupedPlan(pages, [len(page.indices) for page in pages], make)


def write_tiles(
    pages: Sequence[PagePlan],
    folder: Path,
    config: BlobConfig,
    *,
    mode: Mode,
    workers: int,
    report: Report,
    warn: Warn = ignore,
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
    cut = _cut_pages(missing, _cut_files, config, mode, workers, folder / SCRATCH, report, warn)
    for written in cut:
        on_tile(len(written))
        count += sum(path is not None for path in written)
    return count


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
    warn: Warn,
) -> Iterator[list]:
    """Apply `cut` to one chunk of tiles after the other.

    Each page is decoded once, in this process, while the page before is cut. Workers map it from a file in
    `scratch`, which is deleted after the last result of its page.
    """
    chunk = max(1, min(CHUNK_TILES, CHUNK_BYTES // (config.side_px**2 * images.CHANNELS[mode])))
    unfinished: collections.deque[_Job] = collections.deque()

    def jobs() -> Iterator[_Job]:
        decoded = _decode_ahead([page.path for page, _ in pages], config, mode)
        for number, ((page, indices), (pixels, notes)) in enumerate(zip(pages, decoded, strict=True)):
            for note in notes:
                warn(f"{page.name}: {note}")
            if isinstance(pixels, InputError):
                report(page.name, str(pixels))
            file = scratch / f"{number}.npy"
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


def _decode_ahead(
    paths: Sequence[Path], config: BlobConfig, mode: Mode
) -> Iterator[tuple[np.ndarray | InputError, list[images.Note]]]:
    """Yield pages in order, or the error of unreadable ones; the next page is decoded in a thread."""

    def read(path: Path) -> tuple[np.ndarray | InputError, list[images.Note]]:
        notes: list[images.Note] = []
        try:
            page = read_drawing(path, mode=mode, max_megapixels=config.max_megapixels, note=notes.append)
        except InputError as error:
            return error, []
        return page, [*notes, *light_notes(page)]

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
    least = job.config.min_ink
    return [
        Record(tile.image, tile.source) if has_ink(tile.image, least) else None
        for tile in _tiles(job, job.page)
    ]


def _cut_files(job: _Job) -> list[Path | None]:
    if job.page is None:
        return [None] * len(job.indices)
    written: list[Path | None] = []
    for tile in _tiles(job, job.page):
        path = tile_path(job.folder, job.name, tile.index)
        if has_ink(tile.image, job.config.min_ink):
            images.write_image(path, tile.image)
        written.append(path if path.exists() else None)
    return written


def has_ink(tile: np.ndarray, fraction: float) -> bool:
    """Whether at least `fraction` of a tile, uint8 [H, W, C], is ink.

    Ink differs from the tile's median by more than `INK_LEVELS` in a channel: dark on paper of any colour, or
    light on dark ground.
    """
    if fraction == 0:
        return True
    apart = np.abs(tile.astype(np.int16) - np.median(tile, axis=(0, 1)).astype(np.int16))
    return bool((apart.max(axis=2) > INK_LEVELS).mean() >= fraction)


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
