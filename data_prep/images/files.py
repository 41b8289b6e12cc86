"""Image files of folders, and writing them; host images (uint8) <-> device images (float32 in [-1, 1])."""

import contextlib
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from data_prep.errors import InputError, WorkError
from data_prep.images.channels import CHANNELS
from data_prep.images.decoder import describe_file, read_image
from data_prep.inputs import entries, is_file, is_folder
from data_prep.outputs import replacing
from data_prep.progress import Warn, counted, ignore, some

_FORMATS = "bmp dib gif j2c j2k jfif jif jp2 jpc jpe jpeg jpf jpg jpx pbm pgm png pnm ppm tif tiff webp"
SUFFIXES = {f".{suffix}" for suffix in _FORMATS.split()}
COMPANIONS = {"adjustments.json", "grid.json", "scans.json", "dataset.json", "report.json"}  # beside images
COMPANIONS |= {"pages.json", "frames.json", "comic.json", "crops.json"}  # of comics
COMPANIONS |= {"thumbs.db", "desktop.ini"}
COMPANIONS |= {"adjustment.json", "adj_xy.json"}  # of older tools


def list_images(
    folder: Path, *, recursive: bool = False, warn: Warn = ignore, reported: Collection[str] = ()
) -> list[Path]:
    """List the image files in `folder` in natural order (2 before 10), without hidden ones.

    What has the name of an image is listed, also if it cannot be read: links without a target, folders.

    Args:
        folder: a folder, or one file, which is returned as it is.
        recursive: include sub-folders; one with the name of an image is listed if it holds no file.
        warn: called with one line about files that are left out for their suffix.
        reported: suffixes of files that the caller reports.

    Raises:
        InputError: there is no such folder, it cannot be read, or it has no image.
    """
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; pass one that holds images")
    files, refused = _walk(folder) if recursive else (entries(folder), [])
    paths = [path for path in files if is_named_image(path)] + refused
    others = [path for path in files if not is_named_image(path) and is_file(path)]
    others = [path for path in others if path.suffix.lower() not in reported]
    skipped = [str(path.relative_to(folder)) for path in others if path.name.lower() not in COMPANIONS]
    if not paths:
        reason = f"; {describe_skipped(skipped)}{describe_first(folder, skipped)}" if skipped else ""
        raise InputError(f"{folder}: no images{reason}; supported are {_listed()}")
    if skipped:
        warn(f"{folder}: {describe_skipped(skipped)}")
    return sorted(paths, key=lambda path: natural_key(str(path.relative_to(folder))))


def is_named_image(path: Path) -> bool:
    """Whether the suffix is that of an image format, in any case."""
    return path.suffix.lower() in SUFFIXES


def describe_skipped(names: list[str]) -> str:
    """Describe files that are left out for their suffix: "2 files left out for their suffix: a.txt, ..."."""
    whose = "its" if len(names) == 1 else "their"
    return f"{counted(len(names), 'file')} left out for {whose} suffix: {some(names)}"


def describe_first(folder: Path, names: list[str]) -> str:
    """Say what the first of some files is, if it is no text: "; a.mp4 is a video; ..."."""
    for name in names:
        with contextlib.suppress(InputError):
            noun, advice = describe_file(folder / name)
            if noun not in ("a text file", "an empty file"):
                return f"; {name} is {noun}; {advice}"
    return ""


def natural_key(name: str) -> tuple[Any, ...]:
    """Sort key by which page2 comes before page10."""
    parts = re.split(r"([0-9]+)", name.casefold())
    numbers = [(len(part.lstrip("0")), part.lstrip("0")) if i % 2 else part for i, part in enumerate(parts)]
    return tuple(numbers), name


def _listed() -> str:
    return " ".join(sorted(SUFFIXES))


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """Files below a folder without hidden ones, with links; and sub-folders that cannot be listed.

    A sub-folder with the name of an image and without files is listed as a file.
    """
    files = []
    pending, refused = entries(folder), []
    while pending:
        path = pending.pop()
        if not is_folder(path):
            files += [] if os.path.isdir(path) else [path]  # links to folders are not followed
            continue
        try:
            inner = entries(path)
        except InputError:
            refused.append(path)
            continue
        pending += inner
        files += [path] if not inner and is_named_image(path) else []
    return files, refused


def check_max_megapixels(max_megapixels: float) -> None:
    """Validate --max-megapixels; raises InputError."""
    if not max_megapixels > 0:  # also refuses nan
        raise InputError(f"--max-megapixels {max_megapixels:g}: must be above 0")


def check_some_readable(paths: Iterable[Path], *, max_megapixels: float) -> None:
    """Raise InputError with the first reason unless at least one of some image files can be read."""
    refused = []
    for path in paths:
        try:
            read_image(path, max_megapixels=max_megapixels)
            return
        except InputError as error:
            refused.append(str(error))
    raise InputError(refused[0] + " (and no other image can be read)" * (len(refused) > 1))


def write_image(
    path: Path,
    image: np.ndarray,
    *,
    dpi: float | None = None,
    png_level: int = 3,
    one_bit: bool = False,
) -> None:
    """Write uint8 [H, W, C] in the format of the suffix; the file appears whole or not at all.

    Args:
        path: the file; missing folders are created.
        image: C = 1, 3 or 4.
        dpi: resolution stored in the file.
        png_level: zlib level of PNG files, 0 (large, fast) to 9.
        one_bit: store gray images of two values with 1 bit per pixel in PNG files.

    Raises:
        InputError: unknown suffix. WorkError: the file could not be written.
    """
    assert image.dtype == np.uint8, image.dtype
    assert image.ndim == 3, image.shape
    assert image.shape[2] in CHANNELS.values(), image.shape
    check_suffix(path)
    encoded = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    options: dict[str, Any] = {"quality": 95}
    if path.suffix.lower() == ".png":
        options = {"compress_level": png_level}
        if one_bit and (image == image[..., :1]).all():
            encoded, options = _one_bit(image[..., 0], options) or (encoded, options)
    if dpi is not None:
        options["dpi"] = (dpi, dpi)
    try:
        with replacing(path) as partial:
            encoded.save(partial, **options)
    except OSError as error:
        raise WorkError(f"{path} could not be written: {error.strerror or error}") from error


def _one_bit(gray: np.ndarray, options: dict[str, Any]) -> tuple[Image.Image, dict[str, Any]] | None:
    """An image of two values with 1 bit per pixel, and options of its encoder; None: it has more."""
    low, high = gray.min(), gray.max()
    is_high = gray == high
    if not (is_high | (gray == low)).all():
        return None
    if np.isin((low, high), (0, 255)).all():
        return Image.fromarray(gray > 0), options
    encoded = Image.fromarray(is_high.astype(np.uint8), mode="P")
    encoded.putpalette([int(value) for value in (low, high) for _ in range(3)])
    return encoded, options | {"bits": 1}


def check_suffix(path: Path) -> None:
    """Raise InputError unless the suffix is that of an image format."""
    if not is_named_image(path):
        raise InputError(f"{path}: no image suffix; use .png")


def to_float(image: Any) -> Any:
    """uint8 -> float32 in [-1, 1], u / 127.5 - 1; NumPy and JAX arrays alike."""
    return image.astype("float32") / 127.5 - 1.0


def to_uint8(image: Any) -> Any:
    """Float in [-1, 1] -> uint8, clip(round((x + 1) * 127.5), 0, 255); inverts to_float."""
    return ((image.astype("float32") + 1.0) * 127.5).round().clip(0.0, 255.0).astype("uint8")
