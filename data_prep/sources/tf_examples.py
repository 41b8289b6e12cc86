"""TFRecord shards of Examples as a source of images: positions, headers and pixels."""

import dataclasses
import functools
import os
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import Mode, Note, natural_key
from data_prep.inputs import open_file, unreadable
from data_prep.progress import Report, ignore
from data_prep.sources import tfrecord
from data_prep.sources.image_files import Inspection


@dataclasses.dataclass(frozen=True)
class Place:
    """One Example in a shard."""

    shard: Path
    index: int
    offset: int  # of its data, in bytes
    length: int

    @property
    def name(self) -> str:
        return f"{self.shard.name}/{self.index}"


class Places:
    """A growing list of places, 28 bytes each."""

    def __init__(self) -> None:
        self.shards: list[Path] = []
        self._columns = (array("I"), array("Q"), array("Q"), array("Q"))

    def __len__(self) -> int:
        return len(self._columns[0])

    def append(self, place: Place) -> None:
        """Append a place; places are ordered by shard."""
        if not self.shards or self.shards[-1] != place.shard:
            self.shards.append(place.shard)
        values = (len(self.shards) - 1, place.index, place.offset, place.length)
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)

    def __getitem__(self, span: slice) -> Iterator[Place]:
        rows = zip(*(column[span] for column in self._columns), strict=True)
        return (Place(self.shards[shard], *rest) for shard, *rest in rows)


def find_shards(source: Path, *, report: Report = ignore) -> list[Path]:
    """Find TFRecord files of any name: `source` itself, or those below it, in natural order.

    Args:
        source: a file, or a folder with its sub-folders.
        report: called with each file that cannot be opened, and the reason.
    """
    _file.cache_clear()  # the files may have changed since
    if source.is_file():
        return [source] if tfrecord.is_tfrecord(source) else []
    paths = [path for path in source.rglob("*") if not os.path.isdir(path)]
    paths = [path for path in paths if not any(p.startswith(".") for p in path.relative_to(source).parts)]
    shards = []
    for path in sorted(paths, key=lambda path: natural_key(str(path.relative_to(source)))):
        try:
            open_file(path).close()
        except InputError as error:
            report(path.name, str(error))
        else:
            shards += [path] if tfrecord.is_tfrecord(path) else []
    return shards


def inspect_all(
    shards: list[Path], *, max_megapixels: float, report: Report
) -> Iterator[tuple[Place, Inspection]]:
    """Yield every Example with an image, shard after shard; unusable ones are reported."""
    for shard in shards:
        index = -1
        try:
            for index, (offset, length) in enumerate(tfrecord.find_records(shard)):
                place = Place(shard, index, offset, length)
                try:
                    yield place, _inspect(place, max_megapixels)
                except InputError as error:
                    report(place.name, str(error))
        except OSError as error:
            report(shard.name, str(unreadable(shard, error)))
        except ValueError as error:
            report(shard.name, f"{shard} is {error}, after {index + 1} records; copy it again")


def read(
    place: Place,
    *,
    mode: Mode | None,
    max_megapixels: float,
    note: Callable[[Note], object] = lambda note: None,
) -> tuple[np.ndarray, int | None]:
    """Read (uint8 [H, W, C], label) of an Example. Raises: InputError: damaged, or no image."""
    path = place.shard / str(place.index)
    example = _example(place, max_megapixels)
    if example.is_raw:
        image = example.raw_image()
        return image if mode is None else images.with_mode(image, mode), example.label
    image = images.read_image(path, mode=mode, max_megapixels=max_megapixels, data=example.data, note=note)
    return image, example.label


def _inspect(place: Place, max_megapixels: float) -> Inspection:
    example = _example(place, max_megapixels)
    try:
        crc = tfrecord.read_checksum(_file(place.shard), place.offset, place.length)
    except (ValueError, OSError) as error:
        raise InputError(f"{place.shard / str(place.index)} is damaged: {error}") from error
    if example.is_raw:
        height_px, width_px, channels = example.raw_shape()
        mode: Mode = "gray" if channels == 1 else "rgb"
        return Inspection(place.name, crc, height_px, width_px, mode, example.label)
    path = place.shard / str(place.index)
    header = images.read_header(path, max_megapixels=max_megapixels, data=example.data)
    return Inspection(place.name, crc, header.height_px, header.width_px, header.mode, example.label)


def _example(place: Place, max_megapixels: float) -> tfrecord.Example:
    """Read an Example with a valid shape."""
    name = place.shard / str(place.index)
    if place.length > 8e6 * max_megapixels + 1e6:
        raise InputError(f"{name} has {place.length} bytes; raise the limit with --max-megapixels")
    try:
        data = tfrecord.read_record(_file(place.shard), place.offset, place.length)
        example = tfrecord.parse_example(data)
        if example.is_raw:
            example.raw_shape()
        return example
    except InputError:
        raise
    except Exception as error:  # of many types on bad data
        raise InputError(f"{name} is damaged or no image: {error}") from error


@functools.lru_cache(maxsize=1)
def _file(shard: Path) -> BinaryIO:
    return open_file(shard)
