"""Frames that are made once and read again, packed in a temporary file without a name."""

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from data_prep.outputs import write_all

LEVEL = 1  # of zlib: drawings shrink to a tenth at a few milliseconds a frame


class Spool:
    """A film that can be read more than once, though its frames can be made only once.

    The first reading passes frames on as they are made, and keeps them; it has to reach the end. The file
    vanishes with the object, or with the process.

    Args:
        frames: uint8 [H, W, C], drawn as the first reading goes on.
        folder: where the file lies; it must exist.
    """

    def __init__(self, frames: Iterable[np.ndarray], folder: Path) -> None:
        self._frames: Iterator[np.ndarray] | None = iter(frames)
        self._file = tempfile.TemporaryFile(buffering=0, dir=folder)  # noqa: SIM115 - as long as the object
        self._name = f"the file of drawn frames in {folder}"
        self._kept: list[tuple[int, int, tuple[int, ...]]] = []  # place, bytes, shape

    def __call__(self) -> Iterator[np.ndarray]:
        """The frames, from the first one on. Raises: WorkError, while it reads: they could not be kept."""
        if self._frames is None:
            return self._again()
        made, self._frames = self._frames, None
        return self._keeping(made)

    def _keeping(self, made: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        for frame in made:
            packed = zlib.compress(frame.tobytes(), LEVEL)
            self._kept.append((self._file.tell(), len(packed), frame.shape))
            write_all(self._file, packed, name=self._name)
            yield frame

    def _again(self) -> Iterator[np.ndarray]:
        for place, size, shape in self._kept:
            self._file.seek(place)
            yield np.frombuffer(zlib.decompress(self._file.read(size)), np.uint8).reshape(shape)
