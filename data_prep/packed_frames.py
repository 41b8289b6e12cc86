"""Drawn frames in a file, packed without loss: so films go on that can only be encoded as a whole."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from data_prep.frame_spool import LEVEL
from data_prep.outputs import replacing, write_all

HEAD = struct.Struct("<4I")  # height, width, channels; bytes that follow


def keep_packed(frames: Iterator[np.ndarray], path: Path) -> Iterator[np.ndarray]:
    """Pass frames uint8 [H, W, C] on, and keep them in a file, which is there once the last has passed.

    Raises: WorkError: the file could not be written.
    """
    with replacing(path) as partial, partial.open("wb", buffering=0) as file:
        for frame in frames:
            packed = zlib.compress(frame.tobytes(), LEVEL)
            write_all(file, HEAD.pack(*frame.shape, len(packed)) + packed, name=path)
            yield frame


def read_packed(path: Path) -> Iterator[np.ndarray]:
    """The frames of a file that `keep_packed` made."""
    with path.open("rb") as file:
        while head := file.read(HEAD.size):
            *shape, size = HEAD.unpack(head)
            yield np.frombuffer(zlib.decompress(file.read(size)), np.uint8).reshape(shape)
