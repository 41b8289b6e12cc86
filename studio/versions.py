"""Versioned files: a write succeeds only for who has the current version, and any version can be restored.

A version is the checksum of the bytes, or "absent". Stored versions make undo exact to the byte.
"""

import hashlib
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from data_prep.errors import InputError
from data_prep.outputs import replacing

ABSENT = "absent"
STORED = 256  # versions of one file that can be restored
STORED_BYTES = 64 << 20  # of one file, compressed


class Conflict(RuntimeError):
    """The file is no longer the version that the client has."""


class Versions:
    """Versions of the files that the studio writes."""

    def __init__(self, *, inside: Callable[[Path], object] = lambda path: path) -> None:
        """Args: inside: raises an error for paths that are neither read nor written."""
        self._lock = threading.RLock()
        self._inside = inside
        self._bytes: dict[Path, OrderedDict[str, bytes]] = {}

    def current(self, path: Path) -> str:
        """The version of a file."""
        self._inside(path)
        data = _read(path)
        return ABSENT if data is None else _version(data)

    def write(self, path: Path, write: Callable[[], object], *, if_match: str | None) -> str:
        """Let `write` replace a file whose version is `if_match`; returns the new version.

        Args:
            path: the file; `write` writes it by a temporary name and renames it, as the packages do.
            write: called if the versions agree.
            if_match: the version that the client has.

        Raises: Conflict: the file has another version. InputError: `if_match` is missing.
        """
        with self._lock:
            self._check(path, if_match)
            self._store(path)
            write()
            self._store(path)
            return self.current(path)

    def restore(self, path: Path, version: str, *, if_match: str | None) -> str:
        """Give a file the bytes of an earlier version, or remove one that was absent; returns the version.

        Raises: Conflict: as `write`. InputError: the version is not stored any more.
        """
        with self._lock:
            self._check(path, if_match)
            stored = self._bytes.get(path, OrderedDict()).get(version)
            if stored is None and version != ABSENT:
                raise InputError("this step can no longer be undone: the studio was restarted since")
            self._store(path)
            if stored is None:
                path.unlink(missing_ok=True)
                return ABSENT
            with replacing(path) as partial:
                partial.write_bytes(zlib.decompress(stored))
            return version

    def _check(self, path: Path, if_match: str | None) -> None:
        if if_match is None:
            raise InputError("If-Match is missing: send the version that was read")
        if if_match.strip('"') != self.current(path):
            raise Conflict(f"{path.name} was changed elsewhere; the page shows it as it is now")

    def _store(self, path: Path) -> None:
        data = _read(path)
        if data is None:
            return
        stored, version = self._bytes.setdefault(path, OrderedDict()), _version(data)
        if version not in stored:
            stored[version] = zlib.compress(data)
        stored.move_to_end(version)
        while len(stored) > STORED or (len(stored) > 1 and sum(map(len, stored.values())) > STORED_BYTES):
            stored.popitem(last=False)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _version(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
