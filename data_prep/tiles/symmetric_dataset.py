"""Make eight symmetric copies of each tile: of a dataset as records, of a folder as PNG files."""

import collections
import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from data_prep import images, outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.errors import InputError, WorkError
from data_prep.progress import Failures, Progress, Report, counted, ignore, no_progress
from data_prep.records.dataset import Dataset
from data_prep.records.plan import GroupedPlan
from data_prep.records.tile_files import RecordFiles, TilesResult, write_records
from data_prep.records.writer import DATASET_JSON, Record
from data_prep.tiles.symmetries import NAMES, check_square, symmetries
from data_prep.workers import map_in_order

CHUNK_TILES = 16
COMMAND = "data-prep symmetries"
FILES = RecordFiles()


def copy_symmetries(
    tiles: Path,
    out: Path,
    *,
    files: RecordFiles = FILES,
    progress: Progress = no_progress,
    report: Report = ignore,
) -> TilesResult:
    """Write the copies of a dataset as a dataset, those of a folder of images as PNG files.

    An interrupted run is resumed, an existing result returned.

    Args:
        tiles: a dataset, or a folder of square images with its sub-folders.
        out: folder of the dataset, or of the files.
        files: how records are written.
        progress: opens a progress bar.
        report: called with each tile that is left out, and the reason.

    Raises:
        InputError: as `plan_records` or `plan_files`, or `out` holds something else or lies in `tiles`.
        WorkError: a file could not be written.
    """
    files.check()
    outputs.check_outside(out, tiles)
    write = _write_dataset if (tiles / DATASET_JSON).is_file() else _write_folder
    return write(tiles, out, files, progress, Failures(report))


def _write_dataset(
    tiles: Path, out: Path, files: RecordFiles, progress: Progress, failures: Failures
) -> TilesResult:
    dataset = Dataset(tiles)
    plan = plan_records(dataset, workers=files.worker_count, report=failures)
    settings = {"encoding": files.encoding, "shard_mb": files.shard_mb, "inputs": dataset.content_hash}
    known = dataset.settings.get("unlabelled")
    unlabelled = {} if known is None else {"unlabelled": len(NAMES) * known}
    with outputs.work(
        out, command=COMMAND, settings=settings, source=tiles, overwrite=files.overwrite, failures=failures
    ) as state:
        return write_records(
            plan,
            out,
            state=state,
            command="symmetries",
            image_shape=dataset.image_shape,
            files=files,
            settings=settings | unlabelled,
            failures=failures,
            label_names=dataset.label_names,
            progress=progress,
        )


def _write_folder(
    tiles: Path, out: Path, files: RecordFiles, progress: Progress, failures: Failures
) -> TilesResult:
    with progress(None, unit="tile", label="inspect") as bar:
        crcs = plan_files(tiles, report=failures, on_tile=bar.update)
    settings = {"inputs": fingerprint(crcs)}
    with outputs.work(
        out, command=COMMAND, settings=settings, source=tiles, overwrite=files.overwrite, failures=failures
    ):
        found, workers = [name for name, _ in crcs], files.worker_count
        with progress(len(found), unit="tile", label="symmetries") as bar:
            count = write_files(tiles, found, out, workers=workers, report=failures, on_tile=bar.update)
    summary = f"{count} copies of {counted(count // len(NAMES), 'tile')} as PNG files"
    return TilesResult(out, count, summary, failures)


def plan_records(dataset: Dataset, *, workers: int, report: Report) -> GroupedPlan[int]:
    """Plan the copies of all tiles of a dataset, eight after eight.

    Args:
        dataset: of square tiles.
        workers: number of threads; turning a tile costs less than sending it to a process.
        report: called with each record that is damaged, and the reason.

    Raises: InputError: whole pages, tiles that are not square, or symmetric copies already.
    """
    folder = dataset.folder
    if dataset.kind != "tiles":
        raise InputError(f"{folder} holds {dataset.kind}; use a dataset of tiles")
    check_square(dataset.image_shape[0], dataset.image_shape[1], name=f"a tile of {folder}")
    if "symmetry" in dataset[0].source:
        raise InputError(f"{folder} holds symmetric copies already; use the dataset they were made from")
    make = functools.partial(_make_records, dataset=dataset, workers=workers, report=report)
    return GroupedPlan(range(len(dataset)), [len(NAMES)] * len(dataset), make)


def _make_records(
    parts: Iterable[tuple[int, range]], *, dataset: Dataset, workers: int, report: Report
) -> Iterator[Sequence[Record | None]]:
    reading: collections.deque[Future[list[Sequence[Record | None]]]] = collections.deque()
    parts = iter(parts)
    with ThreadPoolExecutor(workers) as pool:
        while chunk := list(itertools.islice(parts, CHUNK_TILES)):
            reading.append(pool.submit(_turn, chunk, dataset, report))
            if len(reading) > workers:
                yield from reading.popleft().result()
        while reading:
            yield from reading.popleft().result()


def _turn(
    parts: Sequence[tuple[int, range]], dataset: Dataset, report: Report
) -> list[Sequence[Record | None]]:
    made: list[Sequence[Record | None]] = []
    for index, positions in parts:
        try:
            record = dataset[index]
        except WorkError as error:
            report(f"record {index}", str(error))
            made.append([None] * len(positions))
            continue
        copies = symmetries(record.image)
        made.append(
            [
                dataclasses.replace(record, image=copies[i], source=record.source | {"symmetry": NAMES[i]})
                for i in positions
            ]
        )
    return made


def plan_files(
    folder: Path, *, report: Report, on_tile: Callable[[int], None] = lambda count: None
) -> list[tuple[str, int]]:
    """Find the square images of a folder and its sub-folders.

    Args:
        folder: folder of tiles.
        report: called with each file that is left out, and the reason.
        on_tile: called with the number of files read since the last call.

    Returns:
        (name inside the folder, CRC-32 of the file) of each, in natural order.

    Raises:
        InputError: no square image, or two whose copies would have the same name.
    """
    crcs: list[tuple[str, int]] = []
    refused: list[tuple[str, str]] = []
    for path in images.list_images(folder, recursive=True):
        name = path.relative_to(folder).as_posix() if path != folder else path.name
        try:
            header = images.read_header(path)
            check_square(header.height_px, header.width_px, name=str(path))
            crcs.append((name, crc_of_file(path)))
        except InputError as error:
            refused.append((name, str(error)))
        on_tile(1)
    if not crcs:
        raise InputError(refused[0][1] + " (and no other file can be used)" * (len(refused) > 1))
    stems = collections.Counter(str(Path(name).with_suffix("")) for name, _ in crcs)
    if (most := stems.most_common(1)[0])[1] > 1:
        raise InputError(f"{most[1]} tiles are named {most[0]}; rename them: copies are named after tiles")
    for name, reason in refused:
        report(name, reason)
    return crcs


def write_files(
    folder: Path,
    names: Sequence[str],
    out: Path,
    *,
    workers: int,
    report: Report,
    on_tile: Callable[[int], None] = lambda count: None,
) -> int:
    """Write `<stem>_r0.png` to `<stem>_m_r3.png` for each name; existing files are skipped.

    Returns:
        Number of files that exist now.

    Raises:
        WorkError: a file could not be written.
    """
    source = folder if folder.is_dir() else folder.parent
    missing = [name for name in names if not all(path.exists() for path in copy_paths(out, name))]
    on_tile(len(names) - len(missing))
    count = len(names) - len(missing)
    jobs = [_Job(source, out, tuple(missing[i : i + 8])) for i in range(0, len(missing), 8)]
    for job, reasons in zip(jobs, map_in_order(_write_copies, jobs, workers=workers), strict=True):
        for name, reason in reasons.items():
            report(name, reason)
        count += len(job.names) - len(reasons)
        on_tile(len(job.names))
    return len(NAMES) * count


def copy_paths(out: Path, name: str) -> list[Path]:
    """Paths of the copies of a tile, in the order of NAMES."""
    path = out / name
    return [path.with_name(outputs.fit_name(path.stem, f"_{symmetry}.png")) for symmetry in NAMES]


@dataclasses.dataclass(frozen=True)
class _Job:
    source: Path
    out: Path
    names: tuple[str, ...]


def _write_copies(job: _Job) -> dict[str, str]:
    """Write the copies; return reasons by name for unreadable tiles."""
    reasons = {}
    for name in job.names:
        path = job.source / name
        try:
            tile = images.read_image(path, mode="rgba" if images.read_header(path).has_alpha else None)
        except InputError as error:
            reasons[name] = str(error)
            continue
        for target, copy in zip(copy_paths(job.out, name), symmetries(tile), strict=True):
            images.write_image(target, copy)
    return reasons
