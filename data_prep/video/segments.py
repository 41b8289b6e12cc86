"""Resumable encoding: a video is written in segments, so that an interrupted one continues.

Each segment begins with a key frame and is encoded independently, in the same way whether or not the work was
ever interrupted; joining copies packets. Formats that can only be encoded as a whole (GIF, WebP, APNG) have
segments of losslessly packed frames instead. Segments lie in a hidden folder beside the video until it is
complete.
"""

import itertools
import json
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.outputs import PARTIAL, replacing, write_all, write_json
from data_prep.video.ffmpeg import finish
from data_prep.video.frame_cache import LEVEL

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


SECONDS = 10.0  # of a piece
STAMP = "film.json"
TURN = 16  # frames that one piece gets before the next one does, where several are made at once

Write = Callable[[Iterator[np.ndarray], Path], object]


def piece_frames(fps: float) -> int:
    """How many frames a piece has; a film of no more is made in one go."""
    return max(1, round(SECONDS * fps))


def by_turns(pieces: Sequence[range], lanes: int) -> Iterator[tuple[range, int, bool]]:
    """Frames of pieces of which `lanes` are made at once: (piece, frame, whether it is the piece's last)."""
    waiting = list(pieces)
    opened: list[tuple[range, Iterator[int]]] = []
    while waiting or opened:
        while waiting and len(opened) < lanes:
            piece = waiting.pop(0)
            opened.append((piece, iter(piece)))
        for piece, frames in list(opened):
            for frame in itertools.islice(frames, TURN):
                yield piece, frame, frame == piece[-1]
                if frame == piece[-1]:
                    opened.remove((piece, frames))


def clear_pieces(out: Path) -> None:
    """Delete pieces that lie beside a film though it is whole: it was killed before it could."""
    shutil.rmtree(_folder(out), ignore_errors=True)


class Segments:
    """The pieces of one film.

    Args:
        out: the film; for `encode` and `join` in a format whose packets can be joined.
        count: how many frames it has.
        fps: frames per second.
        settings: JSON-able, all that decides the film: pieces of another one are thrown away.
        suffix: of pieces; by default the film's.
    """

    def __init__(
        self, out: Path, *, count: int, fps: float, settings: dict[str, Any], suffix: str | None = None
    ) -> None:
        self.suffix = out.suffix.lower() if suffix is None else suffix
        self.out, self.count, self.fps, self.settings = out, count, fps, settings
        self.folder = _folder(out)
        self.length = piece_frames(fps)
        stamp, known = self.folder / STAMP, json.loads(json.dumps(settings | {"frames": count}))
        if not stamp.exists() or json.loads(stamp.read_text(encoding="utf-8")) != known:
            shutil.rmtree(self.folder, ignore_errors=True)
            write_json(stamp, known)

    def missing(self) -> list[range]:
        """The frames of each piece that is not there yet, ascending."""
        starts = range(0, self.count, self.length)
        return [self._frames(start) for start in starts if not self._path(start).exists()]

    def encode(self, pieces: Sequence[range], frames: Iterator[np.ndarray], write: Write) -> None:
        """Write pieces from their frames, one after the other; each is whole or not there.

        Args:
            pieces: some of `missing`.
            frames: theirs, in order.
            write: encodes the frames of one piece into a file.
        """
        for piece in pieces:
            write(itertools.islice(frames, len(piece)), self._path(piece.start))

    def passed(self, drawn: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """All frames: those of pieces that are there, and between them drawn ones, kept as pieces.

        Args:
            drawn: frames of all pieces that are missing, in order.
        """
        for start in range(0, self.count, self.length):
            path = self._path(start)
            if path.exists():
                yield from read_packed(path)
            else:
                yield from keep_packed(itertools.islice(drawn, len(self._frames(start))), path)

    def clear(self) -> None:
        """Delete the pieces of a film that is made."""
        shutil.rmtree(self.folder)

    def tidy(self) -> None:
        """Leave nothing behind if no piece is there."""
        if not any(self._path(start).exists() for start in range(0, self.count, self.length)):
            shutil.rmtree(self.folder, ignore_errors=True)

    def join(self) -> None:
        """Make the film of the pieces, and delete these.

        Raises: WorkError: with ffmpeg's own reason.
        """
        names = self.folder / "names.txt"
        rows = []
        for start in range(0, self.count, self.length):
            frames = len(self._frames(start))
            seconds = frames / Fraction(self.fps).limit_denominator(1001)
            rows += [f"file '{self._path(start).name}'", f"duration {float(seconds):.9f}"]
        names.write_text("\n".join(rows) + "\n", encoding="utf-8")
        with replacing(self.out) as partial:
            command = ["-f", "concat", "-safe", "0", "-i", str(names), "-map", "0:v:0", "-c", "copy"]
            command += ["-metadata", f"comment={json.dumps(self.settings)}", "-fflags", "+bitexact"]
            command += ["-movflags", "+faststart"] if self.out.suffix.lower() in (".mp4", ".mov") else []
            finish([*command, "-y", str(partial)], self.out)
        self.clear()

    def _frames(self, start: int) -> range:
        return range(start, min(start + self.length, self.count))

    def _path(self, start: int) -> Path:
        return self.folder / f"{start:08d}{self.suffix}"


def _folder(out: Path) -> Path:
    return out.with_name(f"{PARTIAL}{out.name}.pieces")
