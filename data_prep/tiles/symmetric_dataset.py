"""Tiles -> eight symmetric copies of each: of a dataset as records, of a folder as PNG files."""

import collections
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from data_prep import images
from data_prep.checksums import crc_of_file
from data_prep.errors import InputError, WorkError
from data_prep.progress import Report
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record
from data_prep.tiles.symmetries import NAMES, check_square, symmetries
from data_prep.workers import map_in_order

CHUNK_TILES = 16


@dataclasses.dataclass(frozen=True)
class SymmetricRecords:
    """The copies of all records of a dataset, eight after eight, as `write_dataset` asks for them."""

    dataset: Dataset
    workers: int  # threads: turning a tile costs less than sending it to a process
    report: Report

    def __len__(self) -> int:
        return len(NAMES) * len(self.dataset)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        tiles = range(span.start // len(NAMES), -(-span.stop // len(NAMES)))
        first = tiles.start * len(NAMES)
        for tile, copies in zip(tiles, self._copies(tiles), strict=True):
            begin = first + (tile - tiles.start) * len(NAMES)
            yield from copies[max(span.start - begin, 0) : span.stop - begin]

    def _copies(self, tiles: range) -> Iterator[Sequence[Record | None]]:
        reading: collections.deque[Future[list[Sequence[Record | None]]]] = collections.deque()
        with ThreadPoolExecutor(self.workers) as pool:
            for start in range(0, len(tiles), CHUNK_TILES):
                reading.append(pool.submit(self._read, tiles[start : start + CHUNK_TILES]))
                if len(reading) > self.workers:
                    yield from reading.popleft().result()
            while reading:
                yield from reading.popleft().result()

    def _read(self, tiles: range) -> list[Sequence[Record | None]]:
        return [self._turn(index) for index in tiles]

    def _turn(self, index: int) -> Sequence[Record | None]:
        try:
            record = self.dataset[index]
        except WorkError as error:
            self.report(f"record {index}", str(error))
            return [None] * len(NAMES)
        return [
            dataclasses.replace(record, image=copy, source=record.source | {"symmetry": name})
            for name, copy in zip(NAMES, symmetries(record.image), strict=True)
        ]


def plan_records(folder: Path, *, workers: int, report: Report) -> SymmetricRecords:
    """Open a dataset of tiles whose copies can be made.

    Raises: InputError: no dataset, whole pages, not square, or its tiles are symmetric copies already.
    """
    dataset = Dataset(folder)
    if dataset.kind != "tiles":
        raise InputError(f"{folder} holds {dataset.kind}; give a dataset of tiles")
    check_square(dataset.image_shape[0], dataset.image_shape[1], name=f"a tile of {folder}")
    if "symmetry" in dataset[0].source:
        raise InputError(f"{folder} holds symmetric copies already; give the dataset that they were made of")
    return SymmetricRecords(dataset, workers, report)


def plan_files(
    folder: Path, *, report: Report, on_tile: Callable[[int], None] = lambda count: None
) -> list[tuple[str, int]]:
    """Find the square images of a folder and its sub-folders.

    Args:
        folder: of tiles.
        report: told of each file that is left out, and why.
        on_tile: told how many files have been looked at, for progress.

    Returns:
        (name inside the folder, CRC-32 of the file) of each, in natural order.

    Raises:
        InputError: no square image, or two whose copies would have one name.
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
        raise InputError(f"{most[1]} tiles are called {most[0]}; rename them: copies are told apart by it")
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
    """Write `<stem>_r0.png` to `<stem>_m_r3.png` for each name, in its sub-folder; what is there is kept.

    Returns:
        How many files there are now.

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
    """Where the copies of a tile lie, in the order of NAMES."""
    path = out / name
    return [path.with_name(f"{path.stem}_{symmetry}.png") for symmetry in NAMES]


@dataclasses.dataclass(frozen=True)
class _Job:
    source: Path
    out: Path
    names: tuple[str, ...]


def _write_copies(job: _Job) -> dict[str, str]:
    """Reasons by name for those that could not be read."""
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
