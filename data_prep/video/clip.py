"""Frames of a video by number: decoded when they are read, the latest ones cached."""

import collections
import dataclasses
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal, overload

import numpy as np

from data_prep.errors import WorkError
from data_prep.video.codec import decode
from data_prep.video.frame_index import FrameIndex, parse_pts, read_index

CACHE_BYTES = 1 << 28  # of decoded frames
BEHIND = 12  # frames before the requested one that are decoded with it, in steps back
AHEAD = 60  # frames that an open decoder skips rather than seek
SHOWINFO = "showinfo=checksum=0"  # a filter that logs the pts of each frame
Mode = Literal["gray", "rgb"]


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame with its place in the video.

    Attributes:
        number: counted from 0 in display order.
        pts: presentation time stamp in ticks of the index.
        time_sec: from the first frame.
        image: uint8 [H, W, 1 or 3], rotated upright, with square pixels; read-only.
    """

    number: int
    pts: int
    time_sec: float
    image: np.ndarray


class Clip:
    """A sequence of frames of a video: `clip[i]` is a Frame, `clip[a:b:step]` a Clip of the same video.

    Frames are decoded when they are read, and equal those of `read_video` bit for bit. Clips sliced from
    each other have one decoder and one cache; use them in one thread, and close one of them.

    Args:
        video: the file.
        mode: channels.
        size_px: (height, width) that frames are reduced to by area means, whatever their proportions; None:
            as stored.
        index: of the video; default: `read_index(video)`.
        cache_bytes: least recently used frames are dropped from the cache beyond this size.

    Raises: InputError: no such file, no video in it, or it is damaged.
    """

    def __init__(
        self,
        video: Path,
        *,
        mode: Mode = "rgb",
        size_px: tuple[int, int] | None = None,
        index: FrameIndex | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.video = video
        self.index = read_index(video) if index is None else index
        self.numbers = range(len(self.index))  # of its frames in the video
        filters = [SHOWINFO]
        if size_px is not None:
            filters.append(f"scale={size_px[1]}:{size_px[0]}:flags=area,setsar=1")
        self._decoder = _Decoder(self.index, mode, filters, cache_bytes)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, item: int) -> Frame: ...

    @overload
    def __getitem__(self, item: slice) -> "Clip": ...

    def __getitem__(self, item: int | slice) -> "Frame | Clip":
        if isinstance(item, slice):
            part = object.__new__(Clip)
            part.video, part.index, part._decoder = self.video, self.index, self._decoder
            part.numbers = self.numbers[item]
            return part
        number = self.numbers[item]
        image = self._decoder.read(number)
        return Frame(number, int(self.index.pts[number]), self.index.time_sec(number), image)

    def __iter__(self) -> Iterator[Frame]:
        return (self[position] for position in range(len(self)))

    def at(self, time_sec: float | Fraction) -> Frame:
        """The frame of the video that is shown at a time in seconds from its first frame."""
        number = self.index.frame_at(time_sec)
        image = self._decoder.read(number)
        return Frame(number, int(self.index.pts[number]), self.index.time_sec(number), image)

    def close(self) -> None:
        """End the decoder and drop the cache."""
        self._decoder.close()

    def __enter__(self) -> "Clip":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Decoder:
    """At most one running ffmpeg, and the frames that were decoded lately."""

    def __init__(self, index: FrameIndex, mode: Mode, filters: list[str], cache_bytes: int) -> None:
        self._index, self._mode, self._filters, self._cache_bytes = index, mode, filters, cache_bytes
        self._cache: collections.OrderedDict[int, np.ndarray] = collections.OrderedDict()
        self._cached_bytes = 0
        self._stream: _Stream | None = None
        self._seekable = index.seekable

    def read(self, number: int) -> np.ndarray:
        """One frame, from the cache, the running ffmpeg, or a new one."""
        if number in self._cache:
            self._cache.move_to_end(number)
            return self._cache[number]
        if self._stream is None or not self._reaches_soon(self._stream, number):
            behind = BEHIND if number + 1 in self._cache else 0
            start = max(self._index.group_start(number), number - behind) if self._seekable else 0
            if not (start and self._seek(start)):
                self._reopen(0)
        assert self._stream is not None
        try:
            for position, image in self._stream:
                self._store(position, image)
                if position == number:
                    return image
            reason = f"ends before frame {number} of {len(self._index)}"
        except _MisplacedError as error:
            reason = f"does not have its frames at the listed times: {error}"
        self.close()
        raise WorkError(f"{self._index.video} {reason}; encode it again with `data-prep video reformat`")

    def close(self) -> None:
        """End the process and drop the cache."""
        if self._stream is not None:
            self._stream.close()
        self._stream = None
        self._cache.clear()
        self._cached_bytes = 0

    def _reaches_soon(self, stream: "_Stream", number: int) -> bool:
        if number < stream.position:
            return False
        near = number < stream.position + AHEAD or self._index.group_start(number) <= stream.position
        return near or not self._seekable

    def _seek(self, start: int) -> bool:
        """Open the stream at a frame; False: ffmpeg does not find frames of this file by their times."""
        try:
            self._reopen(start).check_first()
            return True
        except (StopIteration, WorkError, _MisplacedError):
            self._seekable = False
            return False

    def _reopen(self, start: int) -> "_Stream":
        if self._stream is not None:
            self._stream.close()
        self._stream = _Stream(self._index, self._mode, self._filters, start)
        return self._stream

    def _store(self, number: int, image: np.ndarray) -> None:
        self._cached_bytes += image.nbytes - (self._cache[number].nbytes if number in self._cache else 0)
        self._cache[number] = image
        self._cache.move_to_end(number)
        while self._cached_bytes > self._cache_bytes and len(self._cache) > 1:
            self._cached_bytes -= self._cache.popitem(last=False)[1].nbytes


class _MisplacedError(Exception):
    """A decoded frame has another pts than the index says."""


class _Stream:
    """Frames from `start` on, each checked to have its pts."""

    def __init__(self, index: FrameIndex, mode: Mode, filters: list[str], start: int) -> None:
        self.position = start  # number of the next frame
        self._index = index
        seek = []
        if start:  # to the middle between two frames, so that rounding does not matter
            middle_sec = Fraction(int(index.pts[start - 1] + index.pts[start]), 2) * index.tick_sec
            seek = ["-copyts", "-start_at_zero", "-ss", f"{float(middle_sec):.6f}"]
        self._frames = decode(index.video, mode=mode, seek=seek, filters=filters)
        self._ready: np.ndarray | None = None
        self._logged_pts: collections.deque[int] = collections.deque()
        self._log_bytes = 0

    def check_first(self) -> None:
        """Decode the first frame. Raises: StopIteration, WorkError, _MisplacedError: it is another one."""
        self._ready = self._decoded()

    def __iter__(self) -> "_Stream":
        return self

    def __next__(self) -> tuple[int, np.ndarray]:
        image = self._decoded() if self._ready is None else self._ready
        self._ready = None
        self.position += 1
        return self.position - 1, image

    def close(self) -> None:
        self._frames.close()

    def _decoded(self) -> np.ndarray:
        image, ffmpeg = next(self._frames)
        if not self._logged_pts:  # a frame is logged before it is written
            found = parse_pts(ffmpeg.log_from(self._log_bytes))
            self._logged_pts.extend(pts for pts, _ in found)
            self._log_bytes += found[-1][1] if found else 0
        listed = int(self._index.pts[self.position]) if self.position < len(self._index) else None
        logged = self._logged_pts.popleft() if self._logged_pts else None
        if logged != listed:
            raise _MisplacedError(f"frame {self.position} has pts {logged}, not {listed}")
        return image
