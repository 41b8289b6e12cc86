"""Image files of a folder or zip: names, bytes, sizes and checksums."""

import dataclasses
import functools
import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from data_prep import images
from data_prep.checksums import crc_of_file
from data_prep.errors import InputError
from data_prep.images import Mode, Note, natural_key
from data_prep.images.crop_file import ImagePart
from data_prep.inputs import is_file, is_folder, unreadable
from data_prep.progress import Warn, ignore

HEAD_BYTES = 1 << 16  # of a file in a zip; enough for most headers

_DRIVE = re.compile("[A-Za-z]:")
_IS_LOCKED, _IS_UTF8 = 0x1, 0x800  # flags of an entry: encrypted, its name is UTF-8 (APPNOTE.TXT, 4.4.4)
# Raised by zipfile for damaged data or unsupported methods; ValueError: names that are not UTF-8.
_ZIP_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
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
    part: ImagePart | None = None  # of the image, with its size; None: all of it


def list_names(source: Path, *, warn: Warn = ignore) -> list[str]:
    """List image names in a folder or .zip, with forward slashes, in natural order.

    Backslashes in the names of a .zip are read as slashes.

    Args:
        source: folder or .zip.
        warn: called with one line about files that are left out for their suffix.

    Raises: InputError: no images, a damaged .zip, or names outside of it.
    """
    if source.is_dir():
        paths = images.list_images(source, recursive=True, warn=warn)
        return [path.relative_to(source).as_posix() for path in paths]
    _members.cache_clear()  # the file may have changed since
    _zip.cache_clear()
    names, skipped = [], []
    for name, entry in _read_directory(source).items():
        hidden = any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)
        link = stat.S_ISLNK(entry.external_attr >> 16)
        if hidden or link or _is_folder(entry):
            continue
        if images.is_named_image(Path(name)):
            names.append(name)
        elif PurePosixPath(name).name.lower() not in images.COMPANIONS:
            skipped.append(name)
    if not names:
        raise InputError(f"no images in {source}" + f"; {images.describe_skipped(skipped)}" * bool(skipped))
    if skipped:
        warn(f"{source}: {images.describe_skipped(skipped)}")
    return sorted(names, key=natural_key)


def list_folders(source: Path) -> list[str]:
    """Names of the folders in a folder or .zip, without hidden ones, in natural order."""
    if source.is_dir():
        found = {path.relative_to(source).as_posix() for path in source.rglob("*") if is_folder(path)}
    else:
        found = {name for name, entry in _members(source).items() if _is_folder(entry)}
        found |= {str(parent) for name in _members(source) for parent in PurePosixPath(name).parents}
    shown = [
        name
        for name in found - {"."}
        if not any(part.startswith((".", "__MACOSX")) for part in name.split("/"))
    ]
    return sorted(shown, key=natural_key)


def read_member(source: Path, name: str, *, max_bytes: float) -> bytes | None:
    """Read a file in a folder or .zip; None if there is no such file.

    Raises: InputError: it is damaged, or larger than `max_bytes`.
    """
    if source.is_dir():
        path = source / name
        try:
            return path.read_bytes() if is_file(path) else None
        except OSError as error:
            raise unreadable(path, error) from error
    return _read_zip(source, name, max_bytes) if name in _members(source) else None


def inspect(source: Path, name: str, *, max_megapixels: float) -> Inspection:
    """Read checksum, size and channels of an image without decoding it.

    Raises: InputError: it is damaged, or not an image.
    """
    path, limit = source / name, _max_bytes(max_megapixels)
    if source.is_dir():
        header = images.read_header(path, max_megapixels=max_megapixels)
        return _inspection(name, crc_of_file(path), header)
    head = _read_zip(source, name, limit, head=True)
    try:
        header = images.read_header(path, max_megapixels=max_megapixels, data=head)
    except InputError:
        if len(head) < HEAD_BYTES:
            raise
        data = _read_zip(source, name, limit)
        header = images.read_header(path, max_megapixels=max_megapixels, data=data)
    # The checksum is in the directory of the zip; reading verifies it.
    crc = _members(source)[name].CRC
    return _inspection(name, crc, header)


def _inspection(name: str, crc: int, header: images.Header) -> Inspection:
    return Inspection(name, crc, header.height_px, header.width_px, header.mode)


def read(
    source: Path,
    name: str,
    *,
    mode: Mode | None,
    max_megapixels: float,
    note: Callable[[Note], object] = lambda note: None,
) -> np.ndarray:
    """Decode an image: uint8 [H, W, C]; as images.read_image."""
    data = None if source.is_dir() else _read_zip(source, name, _max_bytes(max_megapixels))
    return images.read_image(source / name, mode=mode, max_megapixels=max_megapixels, data=data, note=note)


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
        if (size := (entry := _members(source)[name]).file_size) > max_bytes:
            raise InputError(
                f"{source / name} unpacks to {size} bytes; raise the limit with --max-megapixels"
            )
        if entry.flag_bits & _IS_LOCKED:
            raise InputError(
                f"{source / name} is locked with a password; unpack the .zip and pass the folder"
            )
        with archive.open(entry) as file:
            return file.read(HEAD_BYTES if head else -1)
    except InputError:
        raise
    except _ZIP_DAMAGE as error:
        raise InputError(f"{source / name} is damaged ({error})") from error


def _read_directory(source: Path) -> dict[str, zipfile.ZipInfo]:
    """Entries of a .zip by name. Raises: InputError: it is damaged, or has a name outside of it or twice."""
    try:
        return _members(source)
    except InputError:
        raise
    except _ZIP_DAMAGE as error:
        raise InputError(f"{source} is a damaged .zip ({error}); copy or create it again") from error


@functools.lru_cache(maxsize=1)
def _members(source: Path) -> dict[str, zipfile.ZipInfo]:
    """Entries of a .zip by normalised name."""
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in _zip(source).infolist():
        path = PurePosixPath(_decoded(entry).replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or any(map(_DRIVE.fullmatch, path.parts[:1])):
            raise InputError(f"{source} contains a name outside of it, {entry.filename!r}; create it again")
        if str(path) in members and not _is_folder(entry):
            raise InputError(f"{source} contains {path} several times; create it again")
        members[str(path)] = entry
    return members


def _decoded(entry: zipfile.ZipInfo) -> str:
    """Name of an entry; UTF-8 also where the archive does not say so, as on macOS."""
    if entry.flag_bits & _IS_UTF8:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return entry.filename


def _is_folder(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.endswith(("/", "\\"))


@functools.lru_cache(maxsize=1)
def _zip(source: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(source)
