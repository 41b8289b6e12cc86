"""Images of a folder, a zip or another dataset -> records of one size."""

import collections
import dataclasses
import functools
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from data_prep import images
from data_prep.checksum import crc_of_file, fingerprint
from data_prep.dataset import Dataset
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode, natural_key
from data_prep.records import DATASET_JSON, Record
from data_prep.resize import center_square, resize
from data_prep.workers import map_in_order

CHUNK_IMAGES = 64

# What zipfile raises on bad data or a method it lacks; ValueError: names that are no UTF-8.
_ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)

Report = Callable[[str, str], None]  # (image name, what is wrong with it)


@dataclasses.dataclass(frozen=True)
class PackConfig:
    """How images become records of one size."""

    size: int | None = None
    """Cut the square in the middle and resize it to this side, by area means; None keeps the size."""
    mode: Mode | None = None
    """Channels; None: gray if every image is, else rgb."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Larger images are refused."""


@dataclasses.dataclass(frozen=True)
class PackPlan:
    """The images of a source in natural order, as `write_dataset` asks for them."""

    source: Path
    names: list[str] | range  # inside the source; positions in a dataset
    fingerprint: str  # changes when images are added, removed, renamed or edited
    image_shape: tuple[int, int, int]
    mode: Mode | None
    config: PackConfig
    workers: int
    report: Report

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, span: slice) -> Iterator[Record | None]:
        names = self.names[span]
        chunks = (names[i : i + CHUNK_IMAGES] for i in range(0, len(names), CHUNK_IMAGES))
        jobs = (_Job(self.source, chunk, self.mode, self.config) for chunk in chunks)
        for results in map_in_order(_read_records, jobs, workers=self.workers):
            for name, record, reason in results:
                if record is None:
                    self.report(name, reason)
                yield record


def plan_pack(
    source: Path,
    config: PackConfig,
    *,
    workers: int,
    report: Report,
    on_image: Callable[[int], None] = lambda count: None,
) -> PackPlan:
    """Find the images of `source`, read them once for their checksums, and tell what shape records have.

    Args:
        source: a folder (with its sub-folders), a .zip, or a dataset.
        config: size and channels.
        workers: processes that will read.
        report: told of each image that is left out, and why.
        on_image: told how many images have been looked at, for progress.

    Raises:
        InputError: no images, several sizes without `config.size`, or a zip with names that lead out of it.
    """
    if config.size is not None and config.size < 1:
        raise InputError(f"--size is {config.size}; it should be 1 or more")
    if (source / DATASET_JSON).is_file():
        return _plan_dataset(source, config, workers, report)
    _zip.cache_clear()  # the file may be another one by now
    crcs: list[tuple[str, int]] = []
    sizes, modes = collections.defaultdict(list), set()
    for name in list_names(source):
        path = source / name
        try:
            data = _bytes(source, name)
            header = images.read_header(path, max_megapixels=config.max_megapixels, data=data)
        except InputError as error:
            report(name, str(error))
        else:
            crcs.append((name, crc_of_file(path) if data is None else zlib.crc32(data)))
            sizes[header.height_px, header.width_px].append(name)
            modes.add(header.mode)
        on_image(1)
    if not crcs:
        raise InputError(f"none of the files in {source} is an image that can be read")
    if len(sizes) > 1 and config.size is None:
        common = sorted(sizes.items(), key=lambda item: -len(item[1]))
        shown = [f"{len(found)} of {w} x {h} px (as {found[0]})" for (h, w), found in common[:3]]
        raise InputError(f"{source} holds images of {len(sizes)} sizes, {', '.join(shown)}: give --size")
    height_px, width_px = next(iter(sizes)) if config.size is None else (config.size, config.size)
    mode: Mode = config.mode or ("gray" if modes == {"gray"} else "rgb")
    shape = (height_px, width_px, images.CHANNELS[mode])
    names = [name for name, _ in crcs]
    return PackPlan(source, names, fingerprint(crcs), shape, mode, config, workers, report)


def list_names(source: Path) -> list[str]:
    """Image names inside a folder or .zip, with forward slashes, in natural order.

    Raises: InputError: neither folder nor zip, no images in it, or names that lead out of the zip.
    """
    if source.is_dir():
        paths = images.list_images(source, recursive=True)
        return [path.relative_to(source).as_posix() for path in paths]
    if not zipfile.is_zipfile(source):
        state = "no such file or folder" if not source.exists() else "neither a folder nor a whole .zip"
        raise InputError(f"{source}: {state}; give a folder of images, a .zip of them, or a dataset")
    names = []
    try:
        entries = _zip(source).infolist()
    except _ZIP_DAMAGE as error:
        raise InputError(f"{source} is a damaged .zip ({error}); copy it again or zip it anew") from error
    for entry in entries:
        path = PurePosixPath(entry.filename)
        drive = any(":" in part for part in path.parts[:1])  # "./" has no parts
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or drive:
            raise InputError(f"{source} holds a name that leads out of it, {entry.filename!r}; zip it anew")
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if path.suffix.lower() in images.SUFFIXES and not (entry.is_dir() or hidden or link):
            names.append(entry.filename)
    if not names:
        raise InputError(f"no images in {source}")
    return sorted(names, key=natural_key)


@dataclasses.dataclass(frozen=True)
class _Job:
    source: Path
    names: Sequence[str] | range
    mode: Mode | None
    config: PackConfig


def _plan_dataset(source: Path, config: PackConfig, workers: int, report: Report) -> PackPlan:
    dataset = Dataset(source)
    if config.mode is not None and images.CHANNELS[config.mode] != dataset.channels:
        raise InputError(f"{source} has {dataset.channels} channels; --mode is for images, not for a dataset")
    height_px, width_px, channels = dataset.image_shape
    if config.size is not None:
        height_px = width_px = config.size
    shape = (height_px, width_px, channels)
    positions = range(len(dataset))
    return PackPlan(source, positions, dataset.content_hash, shape, None, config, workers, report)


def _read_records(job: _Job) -> list[tuple[str, Record | None, str]]:
    """(name, record, "") or (name, None, reason) for each of a job's names."""
    results: list[tuple[str, Record | None, str]] = []
    for name in job.names:
        try:
            if isinstance(name, int):
                record = _dataset(job.source)[name]
            else:
                path, data, limit = job.source / name, _bytes(job.source, name), job.config.max_megapixels
                image = images.read_image(path, mode=job.mode, max_megapixels=limit, data=data)
                record = Record(image, {"page": name})
            if (size := job.config.size) is not None:
                image = resize(center_square(record.image), size, size)
                record = dataclasses.replace(record, image=image)
            results.append((str(name), record, ""))
        except InputError as error:
            results.append((str(name), None, str(error)))
    return results


def _bytes(source: Path, name: str) -> bytes | None:
    """What a zip holds under `name`; None where the source is a folder."""
    if source.is_dir():
        return None
    try:
        return _zip(source).read(name)
    except _ZIP_DAMAGE as error:
        raise InputError(f"{source / name} is damaged or locked ({error})") from error


@functools.lru_cache(maxsize=1)
def _zip(source: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(source)


@functools.lru_cache(maxsize=1)
def _dataset(source: Path) -> Dataset:
    return Dataset(source)
