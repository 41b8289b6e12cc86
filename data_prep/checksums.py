"""Checksums of files (CRC-32) and hashes of images (BLAKE2b)."""

import hashlib
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.inputs import open_file, unreadable


def crc_of_file(path: Path) -> int:
    """CRC-32 of the bytes of a file. Raises: InputError: it cannot be read."""
    crc = 0
    try:
        with open_file(path) as file:
            while chunk := file.read(1 << 20):
                crc = zlib.crc32(chunk, crc)
    except OSError as error:
        raise unreadable(path, error) from error
    return crc


def crc_if_readable(path: Path) -> int:
    """CRC-32 of a file, -1 if it cannot be read: for settings; reading its contents reports the reason."""
    try:
        return crc_of_file(path)
    except InputError:
        return -1


def fingerprint(crcs: Iterable[tuple[str, int]]) -> str:
    """Fingerprint of a list of files, e.g. "3 files, crc32 0a1b2c3d"; depends on names, bytes and order.

    Args:
        crcs: (name, CRC-32 of its bytes) of each file.
    """
    listing = [f"{name} {crc:08x}\n" for name, crc in crcs]
    return f"{len(listing)} files, crc32 {zlib.crc32(''.join(listing).encode(errors='surrogateescape')):08x}"


def hash_of_pixels(image: np.ndarray) -> int:
    """64-bit hash of the shape and all pixels of an image (BLAKE2b)."""
    digest = hashlib.blake2b(str(image.shape).encode(), digest_size=8)
    digest.update(np.ascontiguousarray(image).data)
    return int.from_bytes(digest.digest(), "little")
