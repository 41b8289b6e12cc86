"""Versioned files: a write succeeds only for who has the current version, and any version can be restored.

A version is the checksum of the bytes, or "absent". Stored versions make undo exact to the byte.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from data_prep.errors import InputError
from data_prep.outputs import replacing

ABSENT = "absent"
STORED = 2_000  # versions that can be restored, of all files together
STORED_BYTES = 64 << 20


class Conflict(RuntimeError):
    """The file is no longer the version that the client has."""


class Versions:
    """Versions of the files that the studio writes."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._bytes: OrderedDict[tuple[Path, str], bytes] = OrderedDict()
        self._size = 0

    def current(self, path: Path) -> str:
        """The version of a file."""
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
            data = self._bytes.get((path, version))
            if data is None and version != ABSENT:
                raise InputError("this step can no longer be undone: the studio was restarted since")
            self._store(path)
            if data is None:
                path.unlink(missing_ok=True)
                return ABSENT
            with replacing(path) as partial:
                partial.write_bytes(data)
            return version

    def _check(self, path: Path, if_match: str | None) -> None:
        if if_match is None:
            raise InputError("If-Match is missing: send the version that was read")
        if if_match.strip('"') != self.current(path):
            raise Conflict(f"{path.name} was changed elsewhere; the page shows it as it is now")

    def _store(self, path: Path) -> None:
        data = _read(path)
        if data is None or (path, _version(data)) in self._bytes:
            return
        self._bytes[path, _version(data)] = data
        self._size += len(data)
        while len(self._bytes) > STORED or self._size > STORED_BYTES:
            self._size -= len(self._bytes.popitem(last=False)[1])


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _version(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()
