"""Small drawings, bitmaps or strokes -> tiles of one size, labelled by class."""

import collections
import dataclasses
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep import images
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.errors import InputError
from data_prep.images import natural_key
from data_prep.images.resize import resize
from data_prep.progress import Report
from data_prep.records.writer import Record
from data_prep.sources.doodle_files import DoodleFile, Drawing, list_doodles, open_doodles
from data_prep.sources.strokes import render_strokes
from data_prep.workers import map_in_order

CHUNK_DRAWINGS = 64


@dataclasses.dataclass(frozen=True)
class DoodlesConfig:
    """How small drawings become tiles."""

    size: int = 64
    """Side of a tile."""
    pen_px: float | None = None
    """Width of the pen that draws strokes, on the tile; None: 1/32 of --size. Bitmaps keep their lines."""
    margin_px: float | None = None
    """Paper left free around strokes, on the tile; None: 1/16 of --size. Bitmaps keep their margin."""
    ink: Literal["dark", "light"] = "dark"
    """Tiles are dark on light, or light on dark."""
    bitmap_ink: Literal["dark", "light"] = "light"
    """What the bitmaps in the files are; those of Quick, Draw! are light (white) on dark."""
    classes: tuple[str, ...] = ()
    """Only these classes; none named: all."""
    per_class: int | None = None
    """At most this many drawings of a class, drawn at random."""
    seed: int = 0
    """Decides --per-class."""


@dataclasses.dataclass(frozen=True)
class DoodlePlan:
    """The drawings of all files, file after file, as `write_dataset` asks for them."""

    files: list[tuple[DoodleFile, list[int]]]  # and the positions that are used
    label_names: list[str]
    fingerprint: str  # changes when a file is added, removed, renamed or edited
    config: DoodlesConfig
    workers: int

    def __len__(self) -> int:
        return sum(len(positions) for _, positions in self.files)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        for _, record in self._records(self._spanned(span)):
            yield record

    def check_names(self) -> None:
        """Raise InputError unless every tile has a file name of its own."""
        paths = [tile_path(Path(), file, i) for file, positions in self.files for i in positions]
        name, count = collections.Counter(paths).most_common(1)[0]
        if count > 1:
            raise InputError(f"{count} tiles would be called {name}; rename a file, or use --format records")

    def write_files(self, folder: Path, *, on_tile: Callable[[int], None] = lambda count: None) -> int:
        """Write tiles as `<class>/<file stem>_00042.png`; files that are there already are kept.

        Returns:
            How many tiles there are.

        Raises: WorkError: a file could not be written.
        """
        missing = [
            (file, [i for i in positions if not tile_path(folder, file, i).exists()])
            for file, positions in self.files
        ]
        on_tile(len(self) - sum(len(positions) for _, positions in missing))
        for file, record in self._records(missing):
            images.write_image(tile_path(folder, file, record.source["index"]), record.image)
            on_tile(1)
        return len(self)

    def _spanned(self, span: slice) -> list[tuple[DoodleFile, list[int]]]:
        first, spanned = 0, []
        for file, positions in self.files:
            spanned.append((file, positions[max(span.start - first, 0) : max(span.stop - first, 0)]))
            first += len(positions)
        return spanned

    def _records(self, files: Sequence[tuple[DoodleFile, list[int]]]) -> Iterator[tuple[DoodleFile, Record]]:
        labels = {name: label for label, name in enumerate(self.label_names)}
        sent: collections.deque[tuple[DoodleFile, list[int]]] = collections.deque()

        def jobs() -> Iterator[_Job]:
            for file, positions in files:
                drawings = file.read(positions)
                for start in range(0, len(positions), CHUNK_DRAWINGS):
                    chunk = positions[start : start + CHUNK_DRAWINGS]
                    sent.append((file, chunk))
                    yield _Job([next(drawings) for _ in chunk], self.config)

        for tiles in map_in_order(_draw, jobs(), workers=self.workers):
            file, positions = sent.popleft()
            for position, tile in zip(positions, tiles, strict=True):
                label = labels[str(file.classes[position])]
                yield file, Record(tile, {"page": file.path.name, "index": position}, label)


def plan_doodles(
    source: Path,
    config: DoodlesConfig,
    *,
    workers: int,
    report: Report,
    on_file: Callable[[int], None] = lambda count: None,
) -> DoodlePlan:
    """Look into every file of drawings and choose those that are used.

    Args:
        source: a file, or a folder with its sub-folders.
        config: size, pen, classes.
        workers: processes that will draw.
        report: told of each file or line that is left out, and why.
        on_file: told how many files have been looked at, for progress.

    Raises:
        InputError: a setting is not allowed, no file can be used, or a class is not there.
    """
    _check(config)
    files, refused, crcs = [], [], []
    for path in list_doodles(source):
        try:
            files.append(open_doodles(path, report=report))
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
        raise InputError(f"no drawings in {source}: its arrays are empty; give files that hold some")
    return DoodlePlan(list(zip(files, chosen, strict=True)), names, fingerprint(crcs), config, workers)


def draw(drawing: Drawing, config: DoodlesConfig) -> np.ndarray:
    """A bitmap or strokes -> tile, uint8 [size, size, 1]."""
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
    """Where the tile of a drawing lies."""
    parts = [re.sub(r"[^\w ().'-]+|^\.+", "_", part) for part in str(file.classes[position]).split("/")]
    stem = file.path.name.split(".")[0]
    return folder.joinpath(*(part or "_" for part in parts), f"{stem}_{position:05d}.png")


def _check(config: DoodlesConfig) -> None:
    if config.size < 4:
        raise InputError(f"--size is {config.size}; it should be 4 or more")
    pen_px, margin_px = config.pen_px or 0, config.margin_px or 0
    if config.pen_px is not None and not 0 < pen_px <= config.size / 2:
        raise InputError(
            f"--pen-px is {pen_px:g}; tiles of {config.size} px take above 0 to {config.size / 2:g}"
        )
    if not 0 <= margin_px <= config.size / 4:
        raise InputError(
            f"--margin-px is {margin_px:g}; tiles of {config.size} px take 0 to {config.size / 4:g}"
        )
    if config.per_class is not None and config.per_class < 1:
        raise InputError(f"--per-class is {config.per_class}; it should be 1 or more")
    if config.seed < 0:
        raise InputError(f"--seed is {config.seed}; it should be 0 or more")


def _choose(files: Sequence[DoodleFile], names: Sequence[str], config: DoodlesConfig) -> list[list[int]]:
    """Positions in each file: those of the named classes, at most `per_class` of each."""
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in names}
    for i, file in enumerate(files):
        for position, name in enumerate(file.classes):
            if name in found:
                found[name].append((i, position))
    chosen: list[list[int]] = [[] for _ in files]
    for name, places in found.items():
        if config.per_class is not None and len(places) > config.per_class:
            random = np.random.default_rng([config.seed, zlib.crc32(name.encode())])
            places = [places[i] for i in random.permutation(len(places))[: config.per_class]]
        for i, position in places:
            chosen[i].append(position)
    return [sorted(positions) for positions in chosen]


@dataclasses.dataclass(frozen=True)
class _Job:
    drawings: list[Drawing]
    config: DoodlesConfig


def _draw(job: _Job) -> list[np.ndarray]:
    return [draw(drawing, job.config) for drawing in job.drawings]
