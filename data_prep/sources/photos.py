"""Crop photos of any size to squares of one size, as records or PNG files."""

import collections
import dataclasses
import functools
import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image

from data_prep import images, outputs
from data_prep.checksums import crc_of_file, fingerprint
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS
from data_prep.images.crop_file import ImagePart, find_parts
from data_prep.images.crops import Crop, square
from data_prep.images.resize import resize
from data_prep.progress import Failures, Progress, Report, Warn, counted, ignore, no_progress, some
from data_prep.records.plan import ChunkedPlan
from data_prep.records.tile_files import TileFiles, TilesResult, write_tiles
from data_prep.records.writer import Record

CHUNK_PHOTOS = 16
NAME = operator.attrgetter("name")  # of the image, in messages
FILES = TileFiles()


@dataclasses.dataclass(frozen=True)
class PhotosConfig:
    """Cropping of photos to squares."""

    size: int = 256
    """Side of a stored square in px."""
    crop: Crop = "center"
    """Crop: the centre, the square of largest gradient energy, or the whole image between bars."""
    bars: int = 255
    """Gray value of letterbox bars, 0 to 255."""
    filter: Literal["area", "lanczos"] = "area"
    """Resize filter: area means, or Lanczos (sharper)."""
    min_px: int | None = None
    """Minimum side of a square in px before resizing; smaller images are left out. None: --size."""
    mode: Literal["rgb", "gray"] = "rgb"
    """Channels of the squares."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum image size in megapixels; larger images are left out."""


@dataclasses.dataclass(frozen=True)
class PhotoPlan:
    """The images of a folder in natural order."""

    records: ChunkedPlan[ImagePart]
    source: Path
    parts: list[ImagePart]  # of images inside the folder
    small: list[str]  # left out because they are too small
    fingerprint: str  # changes when images are added, removed, renamed or edited
    config: PhotosConfig

    def check_names(self) -> None:
        """Raise InputError if two images have the same name without the suffix."""
        stems = collections.Counter(part.stem for part in self.parts)
        stem, count = stems.most_common(1)[0]
        if count > 1:
            raise InputError(f"{count} images are named {stem}; rename them, or use --format records")

    def write_files(self, folder: Path, *, on_photo: Callable[[int], None] = lambda count: None) -> int:
        """Write squares as PNG files in the sub-folders of the source; existing files are skipped.

        Returns:
            Number of files that exist now.

        Raises: WorkError: a file could not be written.
        """
        missing = [part for part in self.parts if not (folder / f"{part.stem}.png").exists()]
        count = len(self.parts) - len(missing)
        on_photo(count)
        for part, record in dataclasses.replace(self.records, items=missing).made(0, len(missing)):
            if record is not None:
                images.write_image(folder / f"{part.stem}.png", record.image)
                count += 1
            on_photo(1)
        return count


def crop_photos(
    source: Path,
    out: Path,
    config: PhotosConfig,
    *,
    files: TileFiles = FILES,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> TilesResult:
    """Crop the photos of a folder; an interrupted run is resumed, an existing result returned.

    Args:
        source: a folder with its sub-folders, or one image.
        out: folder of the dataset, or of the squares.
        config: crop and size.
        files: how squares are written.
        progress: opens a progress bar.
        report: called with each unreadable image, and the reason.
        warn: called with a message about images that are too small, files without the suffix of an image, and
            what was changed about images on reading.

    Raises:
        InputError: an invalid setting, no usable image, or `out` holds something else or lies in `source`.
        WorkError: a file could not be written.
    """
    files.check()
    outputs.check_outside(out, source)
    failures = Failures(report)
    with progress(None, unit="img", label="inspect") as bar:
        plan = plan_photos(
            source, config, workers=files.worker_count, report=failures, warn=warn, on_photo=bar.update
        )
    if files.format == "png":
        plan.check_names()
    if plan.small:
        small = f"{counted(len(plan.small), 'image')} ({some(plan.small)})"
        warn(f"too small, left out: {small}; lower --min-px to include them")
    made = write_tiles(
        plan.records,
        out,
        command="photos",
        source=source,
        image_shape=(config.size, config.size, images.CHANNELS[config.mode]),
        files=files,
        settings=dataclasses.asdict(config) | {"inputs": plan.fingerprint},
        failures=failures,
        write_files=lambda on_photo: plan.write_files(out, on_photo=on_photo),
        describe_files=lambda count: f"{counted(count, 'image')} of {config.size} x {config.size} px",
        progress=progress,
    )
    plan.records.describe_notes(warn)
    return made


def plan_photos(
    source: Path,
    config: PhotosConfig,
    *,
    workers: int,
    report: Report,
    warn: Warn = ignore,
    on_photo: Callable[[int], None] = lambda count: None,
) -> PhotoPlan:
    """Find the images of a folder that are large enough.

    Args:
        source: a folder with its sub-folders, or one image.
        config: crop and size.
        workers: number of processes for reading.
        report: called with each unreadable image, and the reason.
        warn: called with one line about files that are left out for their suffix.
        on_photo: called with the number of images read since the last call.

    Raises:
        InputError: an invalid setting, or no usable image.
    """
    _check(config)
    least_px = config.size if config.min_px is None else config.min_px
    crcs: list[tuple[ImagePart, int]] = []
    small: list[str] = []
    refused: list[tuple[str, str]] = []
    folder = source.parent if source.is_file() else source
    paths = images.list_images(source, recursive=True, warn=warn)
    for part in find_parts(folder, [path.relative_to(folder).as_posix() for path in paths]):
        path = folder / part.name
        try:
            header = images.read_header(path, max_megapixels=config.max_megapixels)
            x0, y0, x1, y1 = part.clipped(header.height_px, header.width_px)
            sides = (y1 - y0, x1 - x0)
            if (max(sides) if config.crop == "letterbox" else min(sides)) < least_px:
                small.append(part.stem if part.number else part.name)
            else:
                crcs.append((part, crc_of_file(path)))
        except InputError as error:
            refused.append((part.name, str(error)))
        on_photo(1)
    if not crcs:
        if small:
            raise InputError(
                f"{source} holds only images smaller than {least_px} px ({counted(len(small), 'image')}); "
                "lower --min-px"
            )
        raise InputError(refused[0][1] + " (and no other image can be used)" * (len(refused) > 1))
    for name, reason in refused:
        report(name, reason)
    parts = [part for part, _ in crcs]
    crc_of_parts = fingerprint((part.key, crc) for part, crc in crcs)
    make = functools.partial(_cut, source=folder, config=config)
    records = ChunkedPlan(parts, make, name=NAME, workers=workers, report=report, chunk=CHUNK_PHOTOS)
    return PhotoPlan(records, folder, parts, small, crc_of_parts, config)


def square_photo(image: np.ndarray, config: PhotosConfig) -> np.ndarray:
    """Crop and resize an image: uint8 [H, W, C] -> [size, size, C]."""
    whole = square(image, config.crop, bars=config.bars)
    if config.filter == "area":
        return resize(whole, config.size, config.size)
    photo = Image.fromarray(whole[..., 0] if whole.shape[2] == 1 else whole)
    resized = photo.resize((config.size, config.size), Image.Resampling.LANCZOS)
    return np.asarray(resized).reshape(config.size, config.size, whole.shape[2])


def _check(config: PhotosConfig) -> None:
    """Validate; raise InputError naming the flag."""
    images.check_max_megapixels(config.max_megapixels)
    if config.size < 1:
        raise InputError(f"--size {config.size}: must be at least 1")
    if config.min_px is not None and config.min_px < 1:
        raise InputError(f"--min-px {config.min_px}: must be at least 1")
    if not 0 <= config.bars <= 255:
        raise InputError(f"--bars {config.bars}: must be 0 to 255")


def _cut(part: ImagePart, *, source: Path, config: PhotosConfig) -> Record:
    notes: list[images.Note] = []
    image = images.read_image(
        source / part.name, mode=config.mode, max_megapixels=config.max_megapixels, note=notes.append
    )
    origin: dict[str, Any] = {"page": part.name}
    if part.box_px is not None:
        x0, y0, x1, y1 = part.clipped(*image.shape[:2])
        image, origin = image[y0:y1, x0:x1], origin | {"box_px": [x0, y0, x1, y1]}
    return Record(square_photo(image, config), origin, notes=tuple(notes))
