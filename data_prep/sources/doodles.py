"""Convert small drawings, bitmaps or pen strokes, to tiles of one size, labelled by class."""

import collections
import contextlib
import dataclasses
import functools
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from data_prep import images, outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.errors import InputError
from data_prep.images import natural_key
from data_prep.images.resize import resize
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress
from data_prep.records.plan import ChunkedPlan
from data_prep.records.tile_files import TileFiles, TilesResult, write_tiles
from data_prep.records.writer import Record
from data_prep.sources.doodle_files import DoodleFile, Drawing, check_points, list_doodles, open_doodles
from data_prep.sources.strokes import render_strokes

CHUNK_DRAWINGS = 64
FILES = TileFiles()


@dataclasses.dataclass(frozen=True)
class DoodlesConfig:
    """Conversion of small drawings to tiles."""

    size: int = 64
    """Side of a tile in px."""
    pen_px: float | None = None
    """Pen width of strokes in px of the tile; None: 1/32 of --size. Bitmaps keep their line width."""
    margin_px: float | None = None
    """Margin around strokes in px of the tile; None: 1/16 of --size. Bitmaps keep their margin."""
    ink: Literal["dark", "light"] = "dark"
    """Ink of the tiles: dark on light, or light on dark."""
    bitmap_ink: Literal["dark", "light"] = "light"
    """Ink of the bitmaps in the files; Quick, Draw! bitmaps are light on dark."""
    classes: tuple[str, ...] = ()
    """Classes to use; empty: all."""
    per_class: int | None = None
    """Maximum number of drawings per class, chosen at random; None: all."""
    seed: int = 0
    """Random seed of --per-class."""


class _Doodle(NamedTuple):
    """A drawing that was read from its file."""

    page: str  # name of the file
    position: int  # in the file
    label: int
    drawing: Drawing | None  # None: it cannot be read any more


@dataclasses.dataclass(frozen=True)
class _Doodles:
    """Drawings at some positions of files, read lazily: lines of a file can only be read in order."""

    files: list[tuple[DoodleFile, list[int]]]
    labels: dict[str, int]  # by class

    def __len__(self) -> int:
        return sum(len(positions) for _, positions in self.files)

    def __getitem__(self, span: slice) -> Iterator[_Doodle]:
        start, stop, _ = span.indices(len(self))
        first = 0
        for file, every in self.files:
            positions = every[max(start - first, 0) : max(stop - first, 0)]
            first += len(every)
            for i, drawing in zip(positions, _read(file, positions), strict=True):
                yield _Doodle(file.path.name, i, self.labels[str(file.classes[i])], drawing)


def _read(file: DoodleFile, positions: Sequence[int]) -> Iterator[Drawing | None]:
    """Drawings at positions; None from the one on that cannot be read, e.g. if the file changed meanwhile."""
    count = 0
    with contextlib.suppress(Exception):
        for drawing in file.read(positions) if positions else ():
            yield drawing
            count += 1
    yield from [None] * (len(positions) - count)


@dataclasses.dataclass(frozen=True)
class DoodlePlan:
    """The drawings of all files, file after file."""

    records: ChunkedPlan[_Doodle]
    files: list[tuple[DoodleFile, list[int]]]  # with the positions that are used
    label_names: list[str]
    fingerprint: str  # changes when a file is added, removed, renamed or edited

    def __len__(self) -> int:
        return len(self.records)

    def check_names(self) -> None:
        """Raise InputError if two tiles would have the same file name."""
        paths = [tile_path(Path(), file, i) for file, positions in self.files for i in positions]
        name, count = collections.Counter(paths).most_common(1)[0]
        if count > 1:
            raise InputError(f"{count} tiles would be named {name}; rename a file, or use --format records")

    def write_files(self, folder: Path, *, on_tile: Callable[[int], None] = lambda count: None) -> int:
        """Write tiles as `<class>/<file stem>_00042.png`; existing files are skipped.

        Returns:
            Number of tiles.

        Raises: WorkError: a file could not be written.
        """
        missing = [
            (file, [i for i in positions if not tile_path(folder, file, i).exists()])
            for file, positions in self.files
        ]
        count = sum(len(positions) for _, positions in missing)
        there = len(self) - count
        on_tile(there)
        drawings = _Doodles(missing, {name: label for label, name in enumerate(self.label_names)})
        paths = (tile_path(folder, file, i) for file, positions in missing for i in positions)
        made = dataclasses.replace(self.records, items=drawings).made(0, count)
        for path, (_, record) in zip(paths, made, strict=True):
            if record is not None:
                images.write_image(path, record.image)
                there += 1
            on_tile(1)
        return there


def convert_doodles(
    source: Path,
    out: Path,
    config: DoodlesConfig,
    *,
    files: TileFiles = FILES,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> TilesResult:
    """Convert drawings to tiles; an interrupted run is resumed, an existing result returned.

    Args:
        source: a file, or a folder with its sub-folders.
        out: folder of the dataset, or of the tiles.
        config: size, pen, classes.
        files: how tiles are written.
        progress: opens a progress bar.
        report: called with each file or line that is left out, and the reason.
        warn: called with one line about files that are left out for their suffix.

    Raises:
        InputError: an invalid setting, no usable file, or `out` holds something else. WorkError: a file
            could not be written.
    """
    files.check()
    failures = Failures(report)
    with progress(None, unit="file", label="inspect") as bar:
        workers = files.worker_count
        plan = plan_doodles(source, config, workers=workers, report=failures, warn=warn, on_file=bar.update)
    if files.format == "png":
        plan.check_names()
    return write_tiles(
        plan.records,
        out,
        command="doodles",
        source=source,
        image_shape=(config.size, config.size, 1),
        files=files,
        settings=dataclasses.asdict(config) | {"drawings": len(plan), "inputs": plan.fingerprint},
        failures=failures,
        write_files=lambda on_tile: plan.write_files(out, on_tile=on_tile),
        describe_files=lambda count: f"{counted(count, 'tile')} of {counted(len(plan.label_names), 'class')}",
        label_names=plan.label_names,
        progress=progress,
    )


def plan_doodles(
    source: Path,
    config: DoodlesConfig,
    *,
    workers: int,
    report: Report,
    warn: Warn = ignore,
    on_file: Callable[[int], None] = lambda count: None,
) -> DoodlePlan:
    """Read the classes of every file and choose the drawings to use.

    Args:
        source: a file, or a folder with its sub-folders.
        config: size, pen, classes.
        workers: number of processes for drawing.
        report: called with each file or line that is left out, and the reason.
        warn: called with one line about files that are left out for their suffix.
        on_file: called with the number of files read since the last call.

    Raises:
        InputError: an invalid setting, no usable file, or an unknown class.
    """
    _check(config)
    files, refused, crcs = [], [], []
    for path in list_doodles(source, warn=warn):
        try:
            files.append(open_doodles(path, report=report, warn=warn))
            crcs.append((path.name, crc_of_file(path)))
        except InputError as error:
            refused.append((path.name, str(error)))
        on_file(1)
    if not files:
        raise InputError(refused[0][1] + " (and no other file can be used)" * (len(refused) > 1))
    for name, reason in refused:
        report(name, reason)
    names = sorted({name for file in files for name in file.classes if name is not None}, key=natural_key)
    if unknown := [name for name in config.classes if name not in names]:
        shown = ", ".join(names[:8]) + ", ..." * (len(names) > 8)
        raise InputError(f"no class {unknown[0]} in {source}; --classes takes {shown}")
    names = [name for name in names if not config.classes or name in config.classes]
    chosen = _choose(files, names, config)
    if not any(chosen):
        raise InputError(f"no drawings in {source}: its arrays are empty")
    used = list(zip(files, chosen, strict=True))
    records = ChunkedPlan(
        _Doodles(used, {name: label for label, name in enumerate(names)}),
        functools.partial(_make_record, config=config),
        name=_name,
        workers=workers,
        report=report,
        chunk=CHUNK_DRAWINGS,
    )
    return DoodlePlan(records, used, names, fingerprint(crcs))


def draw(drawing: Drawing, config: DoodlesConfig) -> np.ndarray:
    """Convert a bitmap or strokes to a tile, uint8 [size, size, 1]."""
    size = config.size
    if isinstance(drawing, np.ndarray):
        tile = resize(drawing[..., None], size, size)
        dark = config.bitmap_ink == "dark"
    else:
        pen_px = size / 32 if config.pen_px is None else config.pen_px
        margin_px = size / 16 if config.margin_px is None else config.margin_px
        tile = render_strokes(drawing, size_px=size, pen_px=pen_px, margin_px=margin_px)
        dark = True
    return tile if dark == (config.ink == "dark") else 255 - tile


def tile_path(folder: Path, file: DoodleFile, position: int) -> Path:
    """Path of the tile of a drawing."""
    parts = [re.sub(r"[^\w ().'-]+|^\.+", "_", part) for part in str(file.classes[position]).split("/")]
    stem = file.path.name.split(".")[0]
    name = outputs.fit_name(stem, f"_{position:05d}.png")
    return folder.joinpath(*(outputs.fit_name(part or "_", "") for part in parts), name)


def _check(config: DoodlesConfig) -> None:
    if config.size < 4:
        raise InputError(f"--size {config.size}: must be at least 4")
    pen_px, margin_px = config.pen_px or 0, config.margin_px or 0
    if config.pen_px is not None and not 0 < pen_px <= config.size / 2:
        raise InputError(
            f"--pen-px {pen_px:g}: must be above 0 and at most {config.size / 2:g}, half of --size"
        )
    if not 0 <= margin_px <= config.size / 4:
        raise InputError(f"--margin-px {margin_px:g}: must be 0 to {config.size / 4:g}, a quarter of --size")
    if config.per_class is not None and config.per_class < 1:
        raise InputError(f"--per-class {config.per_class}: must be at least 1")
    if config.seed < 0:
        raise InputError(f"--seed {config.seed}: must be at least 0")


def _choose(files: Sequence[DoodleFile], names: Sequence[str], config: DoodlesConfig) -> list[list[int]]:
    """Positions to use in each file: of the chosen classes, at most `per_class` of each."""
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    for i, file in enumerate(files):
        for position, name in enumerate(file.classes):
            if name in found:
                found[name].append((i, position))
    chosen: list[list[int]] = [[] for _ in files]
    for name, places in found.items():
        if config.per_class is not None and len(places) > config.per_class:
            random = np.random.default_rng([config.seed, zlib.crc32(name.encode(errors="surrogateescape"))])
            places = [places[i] for i in random.permutation(len(places))[: config.per_class]]
        for i, position in places:
            chosen[i].append(position)
    return [sorted(positions) for positions in chosen]


def _make_record(doodle: _Doodle, *, config: DoodlesConfig) -> Record:
    if doodle.drawing is None:
        raise InputError(f"{_name(doodle)} cannot be read any more; run the command again")
    if isinstance(doodle.drawing, list):
        try:
            check_points(doodle.drawing)
        except ValueError as error:
            raise InputError(f"{_name(doodle)}: {error}") from None
    return Record(draw(doodle.drawing, config), {"page": doodle.page, "index": doodle.position}, doodle.label)


def _name(doodle: _Doodle) -> str:
    return f"{doodle.page}:{doodle.position + 1}"
