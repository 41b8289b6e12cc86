"""Frames that are made once and read again, compressed in an unnamed temporary file."""

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from data_prep.outputs import write_all

LEVEL = 1  # of zlib: drawings shrink to a tenth at a few milliseconds per frame


class FrameCache:
    """A video that can be read several times though its frames can be made only once.

    The first reading passes frames through and stores them; it must reach the end. The file is deleted with
    the object or the process.

    Args:
        frames: uint8 [H, W, C], iterated by the first reading.
        folder: where the temporary file lies; must exist.
    """

    def __init__(self, frames: Iterable[np.ndarray], folder: Path) -> None:
        self._frames: Iterator[np.ndarray] | None = iter(frames)
        self._file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115 - as long as the object
        self._name = f"the temporary file of frames in {folder}"
        self._stored: list[tuple[int, int, tuple[int, ...]]] = []  # offset, bytes, shape

    def __call__(self) -> Iterator[np.ndarray]:
        """Yield the frames from the start. Raises: WorkError, while reading: the file cannot be written."""
        if self._frames is None:
            return self._again()
        made, self._frames = self._frames, None
        return self._storing(made)

    def _storing(self, made: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in made:
            packed = zlib.compress(frame.tobytes(), LEVEL)
            self._stored.append((self._file.tell(), len(packed), frame.shape))
            write_all(self._file, packed, name=self._name)
            yield frame

    def _again(self) -> Iterator[np.ndarray]:
        for offset, size, shape in self._stored:
            self._file.seek(offset)
            yield np.frombuffer(zlib.decompress(self._file.read(size)), np.uint8).reshape(shape)
