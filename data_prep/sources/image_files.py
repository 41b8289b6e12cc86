"""Image files of a folder or zip: names, bytes, sizes and checksums."""

import collections
import dataclasses
import functools
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from data_prep import images
from data_prep.checksums import crc_of_file
from data_prep.errors import InputError
from data_prep.images import Mode, natural_key

HEAD_BYTES = 1 << 16  # of a file in a zip; enough for most headers

# Raised by zipfile for damaged data or unsupported methods; ValueError: names that are not UTF-8.
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


@dataclasses.dataclass(frozen=True)
class Inspection:
    """Properties of an image that are known before its pixels are decoded."""

    name: str
    crc: int
    height_px: int
    width_px: int
    mode: Mode
    label: int | None = None  # if stored with the image


def list_names(source: Path) -> list[str]:
    """List image names in a folder or .zip, with forward slashes, in natural order.

    Raises: InputError: no images, a damaged .zip, or names outside of it.
    """
    if source.is_dir():
        paths = images.list_images(source, recursive=True)
        return [path.relative_to(source).as_posix() for path in paths]
    _zip.cache_clear()  # the file may have changed since
    names = []
    try:
        entries = _zip(source).infolist()
    except _ZIP_DAMAGE as error:
        raise InputError(f"{source} is a damaged .zip ({error}); copy or create it again") from error
    for entry in entries:
        path = PurePosixPath(entry.filename)
        drive = any(":" in part for part in path.parts[:1])  # "./" has no parts
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or drive:
            raise InputError(f"{source} contains a name outside of it, {entry.filename!r}; create it again")
        hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if path.suffix.lower() in images.SUFFIXES and not (entry.is_dir() or hidden or link):
            names.append(entry.filename)
    if not names:
        raise InputError(f"no images in {source}")
    name, times = collections.Counter(names).most_common(1)[0]
    if times > 1:
        raise InputError(f"{source} contains {name} {times} times; create it again")
    return sorted(names, key=natural_key)


def read_member(source: Path, name: str, *, max_bytes: float) -> bytes | None:
    """Read a file in a folder or .zip; None if there is no such file.

    Raises: InputError: it is damaged, or larger than `max_bytes`.
    """
    if source.is_dir():
        path = source / name
        return path.read_bytes() if path.is_file() else None
    return _read_zip(source, name, max_bytes) if name in _zip(source).NameToInfo else None


def inspect(source: Path, name: str, *, max_megapixels: float) -> Inspection:
    """Read checksum, size and channels of an image without decoding it.

    Raises: InputError: it is damaged, or not an image.
    """
    path, limit = source / name, _max_bytes(max_megapixels)
    if source.is_dir():
        header = images.read_header(path, max_megapixels=max_megapixels)
        return Inspection(name, crc_of_file(path), header.height_px, header.width_px, header.mode)
    head = _read_zip(source, name, limit, head=True)
    try:
        header = images.read_header(path, max_megapixels=max_megapixels, data=head)
    except InputError:
        if len(head) < HEAD_BYTES:
            raise
        data = _read_zip(source, name, limit)
        header = images.read_header(path, max_megapixels=max_megapixels, data=data)
    # The checksum is in the directory of the zip; reading verifies it.
    return Inspection(name, _zip(source).getinfo(name).CRC, header.height_px, header.width_px, header.mode)


def read(source: Path, name: str, *, mode: Mode | None, max_megapixels: float) -> np.ndarray:
    """Decode an image: uint8 [H, W, C]. Raises: InputError: as images.read_image."""
    data = None if source.is_dir() else _read_zip(source, name, _max_bytes(max_megapixels))
    return images.read_image(source / name, mode=mode, max_megapixels=max_megapixels, data=data)


def describe_sizes(inspected: Sequence[Inspection]) -> str:
    """Describe the sizes of images, most frequent first; files of other sizes are named."""
    sizes: dict[tuple[int, int], list[str]] = {}
    for seen in inspected:
        sizes.setdefault((seen.height_px, seen.width_px), []).append(seen.name)
    (size, names), *others = sorted(sizes.items(), key=lambda item: -len(item[1]))
    parts = [f"{len(names)} of {size[1]} x {size[0]} px (as {names[0]})"]
    for size, names in others[:3]:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        parts.append(f"{len(names)} of {size[1]} x {size[0]} px ({', '.join(names[:5])}{more})")
    return ", ".join(parts) + (f", and {len(others) - 3} more sizes" if len(others) > 3 else "")


def _max_bytes(max_megapixels: float) -> float:
    """Maximum file size: eight bytes per pixel, plus a megabyte of metadata."""
    return 8e6 * max_megapixels + 1e6


def _read_zip(source: Path, name: str, max_bytes: float, *, head: bool = False) -> bytes:
    try:
        archive = _zip(source)
        if (size := archive.getinfo(name).file_size) > max_bytes:
            raise InputError(
                f"{source / name} unpacks to {size} bytes; raise the limit with --max-megapixels"
            )
        with archive.open(name) as file:
            return file.read(HEAD_BYTES if head else -1)
    except InputError:
        raise
    except _ZIP_DAMAGE as error:
        raise InputError(f"{source / name} is damaged or locked ({error})") from error


@functools.lru_cache(maxsize=1)
def _zip(source: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(source)
