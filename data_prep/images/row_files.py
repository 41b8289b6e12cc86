"""Image files that are written a few rows at a time, in constant memory: PNG and TIFF, losslessly compressed.

Sources: PNG Specification, third edition (W3C 2023), sections 5, 9 and 10; TIFF, Revision 6.0 (Adobe 1992),
sections 2 and 14; Adobe Photoshop TIFF Technical Notes (2002), deflate; BigTIFF as in libtiff 4.
"""

import contextlib
import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from data_prep.errors import WorkError
from data_prep.images.png import SIGNATURE
from data_prep.images.tiff import (
    BITS,
    COMPRESSION,
    EXTRA,
    HEIGHT,
    PHOTOMETRIC,
    PLANAR,
    PREDICTOR,
    ROWS_PER_STRIP,
    SAMPLES,
    STRIP_BYTES,
    STRIPS,
    WIDTH,
)
from data_prep.outputs import replacing, write_all

ROW_SUFFIXES = (".png", ".tif", ".tiff")
LEVEL = 3  # of zlib
STRIP_BYTES_RAW = 1 << 20  # of a strip of a TIFF, and of rows of a PNG that are filtered at once
BIG = 3 << 30  # bytes of pixels from which a TIFF has offsets of 64 bits
_PNG_COLOR = {1: 0, 3: 2, 4: 6}
_SHORT, _LONG, _LONG8 = 3, 4, 16

WriteRows = Callable[[np.ndarray], None]
"""Writes the next rows, uint8 [n, W, C]."""


@contextlib.contextmanager
def row_file(path: Path, *, shape: tuple[int, int, int]) -> Iterator[WriteRows]:
    """Open an image file for writing by rows; it appears under its name when the block ends.

    Args:
        path: the file, with one of `ROW_SUFFIXES`.
        shape: (H, W, C) of the image, C = 1, 3 or 4. Exactly H rows are to be written.

    Yields: the function that writes the next rows.
    Raises: WorkError: the file could not be written.
    """
    kind = _Png if path.suffix.lower() == ".png" else _Tiff
    try:
        with replacing(path) as partial, open(partial, "wb", buffering=0) as file:
            writer = kind(file, shape, str(path))
            yield writer.write
            writer.close()
    except OSError as error:
        raise WorkError(f"{path} could not be written: {error.strerror or error}") from error


class _Png:
    """PNG: one stream of zlib over all filtered rows, cut into IDAT chunks."""

    def __init__(self, file: io.FileIO, shape: tuple[int, int, int], name: str) -> None:
        self._file, self._shape, self._name = file, shape, name
        self._left, self._above = shape[0], np.zeros((1, shape[1] * shape[2]), np.uint8)
        self._stream = zlib.compressobj(LEVEL)
        height, width, channels = shape
        write_all(file, SIGNATURE, name=name)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _PNG_COLOR[channels], 0, 0, 0))

    def write(self, rows: np.ndarray) -> None:
        self._left -= len(rows)
        assert self._left >= 0, self._left
        most = max(1, STRIP_BYTES_RAW // (self._shape[1] * self._shape[2]))
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            flat = np.ascontiguousarray(part).reshape(len(part), -1)
            data = filtered(flat, above=self._above, channels=self._shape[2])
            self._above = flat[-1:].copy()
            if packed := self._stream.compress(data.tobytes()):
                self._chunk(b"IDAT", packed)

    def close(self) -> None:
        assert self._left == 0, self._left
        self._chunk(b"IDAT", self._stream.flush())
        self._chunk(b"IEND", b"")

    def _chunk(self, kind: bytes, data: bytes) -> None:
        write_all(
            self._file,
            b"".join([struct.pack(">I", len(data)), kind, data, struct.pack(">I", zlib.crc32(kind + data))]),
            name=self._name,
        )


def filtered(rows: np.ndarray, *, above: np.ndarray, channels: int) -> np.ndarray:
    """Rows of a PNG with the best of the filters None, Sub and Up, each by the least sum of magnitudes.

    Args:
        rows: uint8 [n, W channels].
        above: the row before, uint8 [1, W channels]; zeros before the first.
        channels: C.

    Returns: uint8 [n, 1 + W channels], with the number of the filter in front.
    Source: PNG Specification, sections 9.2 and 12.7.
    """
    left = np.zeros_like(rows)
    left[:, channels:] = rows[:, :-channels]
    choices = np.stack([rows, rows - left, rows - np.concatenate([above, rows[:-1]])])
    best = np.abs(choices.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64).argmin(axis=0)
    chosen = np.take_along_axis(choices, best[None, :, None], axis=0)[0]
    return np.concatenate([best[:, None].astype(np.uint8), chosen], axis=1)


class _Tiff:
    """TIFF of strips, or BigTIFF beyond `BIG`: horizontal differences, deflated. Its directory is last."""

    def __init__(self, file: io.FileIO, shape: tuple[int, int, int], name: str) -> None:
        height, width, channels = shape
        self._file, self._shape, self._name = file, shape, name
        self._big = height * width * channels > BIG
        self._rows_per_strip = max(1, min(height, STRIP_BYTES_RAW // (width * channels)))
        self._waiting: list[np.ndarray] = []
        self._left, self._at = height, 0
        self._strips: list[tuple[int, int]] = []  # offset and bytes
        big, small = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0), struct.pack("<2sHI", b"II", 42, 0)
        self._put(big if self._big else small)

    def write(self, rows: np.ndarray) -> None:
        self._left -= len(rows)
        assert self._left >= 0, self._left
        waiting = np.concatenate([*self._waiting, rows])
        whole = len(waiting) - (len(waiting) % self._rows_per_strip if self._left else 0)
        for start in range(0, whole, self._rows_per_strip):
            strip = waiting[start : min(start + self._rows_per_strip, whole)]
            differences = strip.copy()
            differences[:, 1:] -= strip[:, :-1]
            data = zlib.compress(differences.tobytes(), LEVEL)
            self._strips.append((self._at, len(data)))
            self._put(data)
        self._waiting = [waiting[whole:].copy()]

    def close(self) -> None:
        assert self._left == 0, self._left
        height, width, channels = self._shape
        offset = _LONG8 if self._big else _LONG
        tags: list[tuple[int, int, list[int]]] = [
            (WIDTH, _LONG, [width]),
            (HEIGHT, _LONG, [height]),
            (BITS, _SHORT, [8] * channels),
            (COMPRESSION, _SHORT, [8]),
            (PHOTOMETRIC, _SHORT, [1 if channels == 1 else 2]),
            (STRIPS, offset, [at for at, _ in self._strips]),
            (SAMPLES, _SHORT, [channels]),
            (ROWS_PER_STRIP, _LONG, [self._rows_per_strip]),
            (STRIP_BYTES, offset, [count for _, count in self._strips]),
            (PLANAR, _SHORT, [1]),
            (PREDICTOR, _SHORT, [2]),
        ]
        if channels == 4:
            tags.append((EXTRA, _SHORT, [2]))
        self._put(b"\0" * (-self._at % 8))
        room = 8 if self._big else 4
        entries = b""
        for number, kind, values in tags:
            data = struct.pack(f"<{len(values)}{ {_SHORT: 'H', _LONG: 'I', _LONG8: 'Q'}[kind] }", *values)
            if len(data) > room:
                where = self._at
                self._put(data + b"\0" * (-len(data) % 8))
                data = struct.pack("<Q" if self._big else "<I", where)
            head = struct.pack("<HHQ" if self._big else "<HHI", number, kind, len(values))
            entries += head + data.ljust(room, b"\0")
        directory = self._at
        count = struct.pack("<Q" if self._big else "<H", len(tags))
        self._put(count + entries + b"\0" * room)
        self._file.seek(8 if self._big else 4)
        self._put(struct.pack("<Q" if self._big else "<I", directory))

    def _put(self, data: bytes) -> None:
        write_all(self._file, data, name=self._name)
        self._at += len(data)
