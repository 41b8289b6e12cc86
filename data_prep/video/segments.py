"""Resumable encoding: a video is written in segments, so that an interrupted one continues.

Each segment begins with a key frame and is encoded independently, in the same way whether or not the work was
ever interrupted; joining copies packets. Formats that can only be encoded as a whole (GIF, WebP, APNG) have
segments of losslessly packed frames instead. Segments lie in a hidden folder next to the video until it is
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

from data_prep.outputs import partial_name, replacing, write_all, write_json
from data_prep.video.ffmpeg import finish
from data_prep.video.frame_cache import LEVEL

HEAD = struct.Struct("<4I")  # height, width, channels; number of bytes that follow
SECONDS = 10.0  # length of a segment
STAMP = "segments.json"
TURN = 16  # consecutive frames of one segment, where several are encoded at once

Write = Callable[[Iterator[np.ndarray], Path, int], object]
"""(frames, path, number of frames)"""


def store_packed(frames: Iterator[np.ndarray], path: Path) -> Iterator[np.ndarray]:
    """Pass frames uint8 [H, W, C] through and store them in a file, which appears after the last one.

    Raises: WorkError: the file could not be written.
    """
    with replacing(path) as partial, partial.open("wb", buffering=0) as file:
        for frame in frames:
            packed = zlib.compress(frame.tobytes(), LEVEL)
            write_all(file, HEAD.pack(*frame.shape, len(packed)) + packed, name=path)
            yield frame


def read_packed(path: Path) -> Iterator[np.ndarray]:
    """Yield the frames of a file written by `store_packed`."""
    with path.open("rb") as file:
        while head := file.read(HEAD.size):
            *shape, size = HEAD.unpack(head)
            yield np.frombuffer(zlib.decompress(file.read(size)), np.uint8).reshape(shape)


def segment_frames(fps: float) -> int:
    """Frames per segment; a video of no more frames is encoded at once."""
    return max(1, round(SECONDS * fps))


def interleaved(segments: Sequence[range], lanes: int) -> Iterator[tuple[range, int, bool]]:
    """Interleave the frames of `lanes` segments at a time: (segment, frame, whether it is the last of it)."""
    waiting = list(segments)
    opened: list[tuple[range, Iterator[int]]] = []
    while waiting or opened:
        while waiting and len(opened) < lanes:
            segment = waiting.pop(0)
            opened.append((segment, iter(segment)))
        for segment, frames in list(opened):
            for frame in itertools.islice(frames, TURN):
                yield segment, frame, frame == segment[-1]
                if frame == segment[-1]:
                    opened.remove((segment, frames))


def clear_segments(out: Path) -> None:
    """Delete segments left next to a complete video by a killed process."""
    shutil.rmtree(_folder(out), ignore_errors=True)


class Segments:
    """The segments of one video.

    Args:
        out: the video; for `encode` and `join` in a format that can be joined.
        count: number of frames.
        fps: frames per second.
        settings: JSON-able, everything that decides the video: segments of other settings are deleted.
        suffix: of segment files; default: that of the video.
    """

    def __init__(
        self, out: Path, *, count: int, fps: float, settings: dict[str, Any], suffix: str | None = None
    ) -> None:
        self.suffix = out.suffix.lower() if suffix is None else suffix
        self.out, self.count, self.fps, self.settings = out, count, fps, settings
        self.folder = _folder(out)
        self.length = segment_frames(fps)
        stamp, known = self.folder / STAMP, json.loads(json.dumps(settings | {"frames": count}))
        if not stamp.exists() or json.loads(stamp.read_text(encoding="utf-8")) != known:
            shutil.rmtree(self.folder, ignore_errors=True)
            write_json(stamp, known)

    def missing(self) -> list[range]:
        """Frame ranges of segments without a file, ascending."""
        starts = range(0, self.count, self.length)
        return [self._frames(start) for start in starts if not self._path(start).exists()]

    def encode(self, segments: Sequence[range], frames: Iterator[np.ndarray], write: Write) -> None:
        """Encode segments one after the other; each file appears whole or not at all.

        Args:
            segments: some of `missing`.
            frames: of these segments, in order.
            write: encodes the frames of one segment into a file.
        """
        for segment in segments:
            write(itertools.islice(frames, len(segment)), self._path(segment.start), len(segment))

    def all_frames(self, drawn: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield all frames, stored ones from their segments, drawn ones while storing them.

        Args:
            drawn: frames of all missing segments, in order.
        """
        for start in range(0, self.count, self.length):
            path = self._path(start)
            if path.exists():
                yield from read_packed(path)
            else:
                yield from store_packed(itertools.islice(drawn, len(self._frames(start))), path)

    def clear(self) -> None:
        """Delete the segments."""
        shutil.rmtree(self.folder)

    def tidy(self) -> None:
        """Delete the folder if it holds no segment."""
        if not any(self._path(start).exists() for start in range(0, self.count, self.length)):
            shutil.rmtree(self.folder, ignore_errors=True)

    def join(self) -> None:
        """Join the segments into the video and delete them.

        Raises: WorkError: with ffmpeg's reason.
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
    return out.with_name(partial_name(out.name, ending=".segments"))
