"""Images of a folder, a zip or another dataset -> records of one size."""

import collections
import dataclasses
import functools
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from data_prep import images
from data_prep.dataset import Dataset
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode, natural_key
from data_prep.records import DATASET_JSON, Record
from data_prep.resize import center_square, resize
from data_prep.workers import map_in_order

CHUNK_IMAGES = 64

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
    image_shape: tuple[int, int, int]
    mode: Mode | None
    config: PackConfig
    workers: int
    report: Report

    def __len__(self) -> int:
        return len(self.names)

    def fingerprint(self) -> str:
        """Changes when images are added, removed or renamed, or change their size in bytes."""
        if isinstance(self.names, range):
            return Dataset(self.source).content_hash
        files = [self.source / name if self.source.is_dir() else self.source for name in self.names]
        listing = "".join(f"{n} {f.stat().st_size}\n" for n, f in zip(self.names, files, strict=True))
        return f"{zlib.crc32(listing.encode()):08x}"

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
    on_header: Callable[[int], None] = lambda count: None,
) -> PackPlan:
    """Find the images of `source` and what shape their records have.

    Args:
        source: a folder (with its sub-folders), a .zip, or a dataset.
        config: size and channels.
        workers: processes that will read.
        report: told of each image that is left out, and why.
        on_header: told how many headers have been read, for progress.

    Raises:
        InputError: no images, several sizes without `config.size`, or a zip with names that lead out of it.
    """
    if config.size is not None and config.size < 1:
        raise InputError(f"--size is {config.size}; it should be 1 or more")
    if (source / DATASET_JSON).is_file():
        return _plan_dataset(source, config, workers, report)
    names, sizes, modes = [], collections.defaultdict(list), set()
    for name in list_names(source):
        try:
            header = images.read_header(
                source / name, max_megapixels=config.max_megapixels, data=_bytes(source, name)
            )
        except InputError as error:
            report(name, str(error))
        else:
            names.append(name)
            sizes[header.height_px, header.width_px].append(name)
            modes.add(header.mode)
        on_header(1)
    if not names:
        raise InputError(f"none of the files in {source} is an image that can be read")
    if len(sizes) > 1 and config.size is None:
        common = sorted(sizes.items(), key=lambda item: -len(item[1]))
        shown = [f"{len(found)} of {w} x {h} px (as {found[0]})" for (h, w), found in common[:3]]
        raise InputError(f"{source} holds images of {len(sizes)} sizes, {', '.join(shown)}: give --size")
    height_px, width_px = next(iter(sizes)) if config.size is None else (config.size, config.size)
    mode: Mode = config.mode or ("gray" if modes == {"gray"} else "rgb")
    shape = (height_px, width_px, images.CHANNELS[mode])
    return PackPlan(source, names, shape, mode, config, workers, report)


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
    for entry in _zip(source).infolist():
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in path.parts[0]:
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
    return PackPlan(source, range(len(dataset)), shape, None, config, workers, report)


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
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise InputError(f"{source / name} is damaged or locked ({error})") from error


@functools.lru_cache(maxsize=1)
def _zip(source: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(source)


@functools.lru_cache(maxsize=1)
def _dataset(source: Path) -> Dataset:
    return Dataset(source)
