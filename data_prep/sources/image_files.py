"""Images that exist already as files, in a folder or a zip alike: their names, bytes, sizes and checksums."""

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

HEAD_BYTES = 1 << 16  # of a file in a zip, enough for most headers

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


@dataclasses.dataclass(frozen=True)
class Look:
    """What is known of an image before its pixels are decoded."""

    name: str
    crc: int
    height_px: int
    width_px: int
    mode: Mode
    label: int | None = None  # where it stands beside the image


def list_names(source: Path) -> list[str]:
    """Image names inside a folder or .zip, with forward slashes, in natural order.

    Raises: InputError: no images in it, a damaged .zip, or names that lead out of it.
    """
    if source.is_dir():
        paths = images.list_images(source, recursive=True)
        return [path.relative_to(source).as_posix() for path in paths]
    _zip.cache_clear()  # the file may be another one by now
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
    name, times = collections.Counter(names).most_common(1)[0]
    if times > 1:
        raise InputError(f"{source} holds {name} {times} times; zip it anew")
    return sorted(names, key=natural_key)


def read_member(source: Path, name: str, *, max_bytes: float) -> bytes | None:
    """The bytes of a file in a folder or .zip; None where there is no such file.

    Raises: InputError: it cannot be read, or is larger than `max_bytes`.
    """
    if source.is_dir():
        path = source / name
        return path.read_bytes() if path.is_file() else None
    return _read_zip(source, name, max_bytes) if name in _zip(source).NameToInfo else None


def look(source: Path, name: str, *, max_megapixels: float) -> Look:
    """Checksum, size and channels of an image, undecoded.

    Raises: InputError: it cannot be read, or is no image.
    """
    path, limit = source / name, _max_bytes(max_megapixels)
    if source.is_dir():
        header = images.read_header(path, max_megapixels=max_megapixels)
        return Look(name, crc_of_file(path), header.height_px, header.width_px, header.mode)
    head = _read_zip(source, name, limit, head=True)
    try:
        header = images.read_header(path, max_megapixels=max_megapixels, data=head)
    except InputError:
        if len(head) < HEAD_BYTES:
            raise
        data = _read_zip(source, name, limit)
        header = images.read_header(path, max_megapixels=max_megapixels, data=data)
    # The zip's directory holds the checksum; reading holds the bytes against it.
    return Look(name, _zip(source).getinfo(name).CRC, header.height_px, header.width_px, header.mode)


def read(source: Path, name: str, *, mode: Mode | None, max_megapixels: float) -> np.ndarray:
    """uint8 [H, W, C]. Raises: InputError: as images.read_image."""
    data = None if source.is_dir() else _read_zip(source, name, _max_bytes(max_megapixels))
    return images.read_image(source / name, mode=mode, max_megapixels=max_megapixels, data=data)


def describe_sizes(looks: Sequence[Look]) -> str:
    """The sizes of some images, the commonest first; of the others the files are named."""
    sizes: dict[tuple[int, int], list[str]] = {}
    for seen in looks:
        sizes.setdefault((seen.height_px, seen.width_px), []).append(seen.name)
    (size, names), *others = sorted(sizes.items(), key=lambda item: -len(item[1]))
    parts = [f"{len(names)} of {size[1]} x {size[0]} px (as {names[0]})"]
    for size, names in others[:3]:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        parts.append(f"{len(names)} of {size[1]} x {size[0]} px ({', '.join(names[:5])}{more})")
    return ", ".join(parts) + (f", and {len(others) - 3} more sizes" if len(others) > 3 else "")


def _max_bytes(max_megapixels: float) -> float:
    """Whatever is larger holds too large an image: eight bytes a pixel, and a megabyte of other things."""
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
