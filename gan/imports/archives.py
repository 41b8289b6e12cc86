"""Read one file of a tar archive, gzipped or not, in bounded memory and time.

Headers are not read by `tarfile`, which allocates memory for names of any declared length. The rest of the
archive is skipped in pieces, to the end, where gzip stores its checksum.

Source: POSIX.1-1988, the ustar interchange format; RFC 1952 (gzip).
"""

import gzip
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

MOST_UNPACKED = 400_000_000  # bytes of an archive, unpacked
GZIP_START, TAR_START, TAR_START_AT = b"\x1f\x8b", b"ustar", 257
BLOCK, PIECE = 512, 1 << 16
PLAIN = (b"0", b"\0")  # entry types of files


def read_member(path: Path, name: str, *, most_bytes: int) -> bytes:
    """Read the first file `name` in any folder of an archive; all of `path` if it is not an archive.

    Raises: ValueError: there is no such file, it has more than `most_bytes`, or the archive is damaged or
    too large.
    """
    with path.open("rb") as file:
        start = file.read(BLOCK)
        file.seek(0)
        if start.startswith(GZIP_START):
            try:
                with gzip.open(file) as unpacked:
                    return _find(_Bounded(unpacked), name, most_bytes)
            except (gzip.BadGzipFile, zlib.error, EOFError) as error:
                raise ValueError(f"its gzip is damaged ({error})") from None
        if start[TAR_START_AT:].startswith(TAR_START):
            return _find(_Bounded(file), name, most_bytes)
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"it has more than {most_bytes / 1e6:g} MB")
    return data


class _Bounded:
    """A file with a limit of MOST_UNPACKED bytes."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile) -> None:
        self.file, self.left = file, MOST_UNPACKED

    def read(self, count: int) -> bytes:
        """The next `count` bytes, at most PIECE; fewer at the end."""
        data = self.file.read(min(count, PIECE))
        self.left -= len(data)
        if self.left < 0:
            raise ValueError(f"it unpacks to more than {MOST_UNPACKED / 1e6:g} MB")
        return data

    def pieces(self, count: int) -> list[bytes]:
        """Exactly the next `count` bytes."""
        found = []
        while count:
            found.append(self.read(count))
            count -= len(found[-1])
            if not found[-1]:
                raise ValueError("it is truncated")
        return found

    def skip(self, count: int) -> None:
        """Skip exactly `count` bytes."""
        while count:
            step = min(count, PIECE)
            self.pieces(step)
            count -= step


def _find(archive: _Bounded, name: str, most_bytes: int) -> bytes:
    found = None
    while found is None and any(header := b"".join(archive.pieces(BLOCK))):
        size = _number(header[124:136])
        if sum(header) - sum(header[148:156]) + 8 * ord(" ") != _number(header[148:156]):
            raise ValueError("its tar is damaged (a header's checksum)")
        entry = header[:100].rstrip(b"\0").decode("ascii", "replace")
        if header[156:157] in PLAIN and PurePosixPath(entry).name == name:
            if size > most_bytes:
                raise ValueError(f"its {name} has more than {most_bytes / 1e6:g} MB")
            found = b"".join(archive.pieces(size))
        else:
            archive.skip(size + -size % BLOCK)
    while archive.read(PIECE):
        pass
    if found is None:
        raise ValueError(f"no {name} in it")
    return found


def _number(field: bytes) -> int:
    """An octal number of a header."""
    digits = field.strip(b" \0")
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        raise ValueError("its tar is damaged (a header's number)")
    return int(digits, 8)
