"""The frames of a video by number: their times and key flags, listed without decoding."""

import contextlib
import dataclasses
import json
import re
import struct
import subprocess
import zlib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.inputs import open_file
from data_prep.outputs import write_json
from data_prep.video.codec import SELECTED, VERBOSE, refuse
from data_prep.video.ffmpeg import Ffmpeg
from data_prep.video.timing import UNKNOWN

SCHEMA = 1
HEAD_BYTES = 1 << 16  # of the file in the checksum
KEY, CORRUPT, DISCARDED = 1, 2, 4  # flags of packets: AV_PKT_FLAG_*
SEEKABLE = ("mov", "matroska", "webm", "mp4")  # containers in which ffmpeg finds any frame by its time
HIDDEN_PACKETS = ("vp8",)  # codecs with packets that are not shown
ENDED = "File ended prematurely"  # logged for MKV, without failing
PTS = re.compile(rb"\[Parsed_showinfo[^\n]* pts: *(-?\d+|NOPTS) [^\n]*?duration: *(-?\d+)[^\n]* iskey:(\d)")


@dataclasses.dataclass(frozen=True, eq=False)
class FrameIndex:
    """Frames of a video in display order.

    Attributes:
        video: the file.
        tick_sec: unit of pts and durations in seconds.
        pts: int64 [T], ascending: presentation time stamps, relative to the start of the container.
        durations: int64 [T]: time that each frame is shown, in ticks.
        keys: bool [T]: frames that decode without others.
        seekable: whether ffmpeg finds frames by their time in this container.
    """

    video: Path
    tick_sec: Fraction
    pts: np.ndarray
    durations: np.ndarray
    keys: np.ndarray
    seekable: bool = True

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def fps(self) -> float:
        """Mean frames per second; 0 if the frames have no duration."""
        return float(len(self) / self.duration_sec) if self.duration_sec else 0.0

    @property
    def duration_sec(self) -> Fraction:
        """From the first frame to the end of the last one."""
        return int(self.pts[-1] + self.durations[-1] - self.pts[0]) * self.tick_sec

    def time_sec(self, frame: int) -> float:
        """Time of a frame in seconds from the first one."""
        return float(int(self.pts[frame] - self.pts[0]) * self.tick_sec)

    def times_sec(self) -> np.ndarray:
        """Times of all frames in seconds from the first one: float64 [T]."""
        return (self.pts - self.pts[0]) * float(self.tick_sec)

    def frame_at(self, time_sec: float | Fraction) -> int:
        """The frame that is shown at a time in seconds from the first frame; the nearest one outside."""
        ticks = Fraction(time_sec) / self.tick_sec + int(self.pts[0])
        # A time that was rounded down from the start of a frame means that frame.
        position = int(np.searchsorted(self.pts, float(ticks) + 1e-3, side="right"))
        return min(max(position - 1, 0), len(self) - 1)

    def group_start(self, frame: int) -> int:
        """The last key frame at or before a frame, or 0."""
        before = np.flatnonzero(self.keys[: frame + 1])
        return int(before[-1]) if len(before) else 0

    def stamp(self, frame: int) -> dict[str, int]:
        """A frame as JSON: its number and its pts."""
        return {"frame": frame, "pts": int(self.pts[frame])}

    def check_stamp(self, frame: int, pts: int, *, where: str) -> None:
        """Raise InputError, naming `where`, unless the video has this frame at this pts."""
        if not 0 <= frame < len(self):
            raise InputError(
                f"{where}: frame {frame} lies beyond the end of {self.video.name}, which has {len(self)} "
                f"frames (0 to {len(self) - 1})"
            )
        if int(self.pts[frame]) != pts:
            raise InputError(
                f"{where}: frame {frame} has pts {pts}, but {int(self.pts[frame])} in {self.video.name}; "
                "the file belongs to another version of the video"
            )


def read_index(video: Path, *, cache: bool = True) -> FrameIndex:
    """List the frames of a video: from its packets, or by decoding where these are not its frames.

    Args:
        video: the file.
        cache: read and write the index next to the video (`.NAME.index.json`), where that is possible. It
            is used while size, modification time and a checksum of the first 64 KiB stay the same.

    Raises: InputError: no such file, no video in it, or it is damaged or truncated.
    """
    identity, stored = _identity(video), index_file(video)
    if cache and (index := _read_cached(video, stored, identity)) is not None:
        return index
    index = _from_packets(video) or _from_decoded(video)
    if cache:
        value = {"schema": SCHEMA, "identity": identity, "tick_sec": str(index.tick_sec)}
        value |= {"seekable": index.seekable, "pts": index.pts.tolist()}
        value |= {"durations": index.durations.tolist(), "keys": np.flatnonzero(index.keys).tolist()}
        with contextlib.suppress(OSError):  # a folder that is read-only, or a long name
            write_json(stored, value, indent=None)
    return index


def index_file(video: Path) -> Path:
    """Where the index of a video is cached."""
    return video.with_name(f".{video.name}.index.json")


def _identity(video: Path) -> list[int]:
    """Size, modification time and checksum of the head of a file."""
    with open_file(video) as file:
        head = file.read(HEAD_BYTES)
    stat = video.stat()
    return [stat.st_size, stat.st_mtime_ns, zlib.crc32(head)]


def _read_cached(video: Path, stored: Path, identity: list[int]) -> FrameIndex | None:
    try:
        value = json.loads(stored.read_text(encoding="utf-8"))
        if value["schema"] != SCHEMA or value["identity"] != identity:
            return None
        pts = np.array(value["pts"], np.int64)
        keys = np.zeros(len(pts), bool)
        keys[value["keys"]] = True
        durations = np.array(value["durations"], np.int64)
        return FrameIndex(video, Fraction(value["tick_sec"]), pts, durations, keys, value["seekable"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


def _from_packets(video: Path) -> FrameIndex | None:
    """The index from packets; None: the packets are not the frames, or their times are unknown."""
    command = ["-loglevel", "level+info", "-xerror", "-i", str(video), "-map", "0:V:0", "-c", "copy"]
    tick_sec, codec, rows = Fraction(1), "", list[tuple[int, int, int]]()
    with Ffmpeg([*command, "-f", "framecrc", "pipe:1"], stdout=subprocess.PIPE) as ffmpeg:
        for line in ffmpeg.stdout:  # "#tb 0: 1/12800", then "stream, dts, pts, duration, bytes, crc, F=0x0"
            if line.startswith(b"#"):
                if line.startswith(b"#tb"):
                    tick_sec = Fraction(line.split()[-1].decode())
                elif line.startswith(b"#codec_id"):
                    codec = line.split()[-1].decode()
                continue
            fields = line.split(b",")
            flags = next((int(field.strip()[2:], 16) for field in fields[6:] if b"F=0x" in field), KEY)
            rows.append((int(fields[2]), int(fields[3]), flags))
        failed, log = ffmpeg.failed(), ffmpeg.log()
        if not rows:
            refuse(video)
        if failed or any(flags & CORRUPT for _, _, flags in rows):
            raise _damaged(video, len(rows), ffmpeg.reason())
    if ENDED in log or not _has_whole_boxes(video):
        raise _damaged(video, len(rows), "the file ended early")
    rows = [row for row in rows if not row[2] & DISCARDED]
    if not rows:
        return None
    times = [pts for pts, _, _ in rows]
    starts_whole = bool(rows[0][2] & KEY) and times[0] == min(times)  # else the first frames do not decode
    if UNKNOWN in times or len(set(times)) < len(times) or codec in HIDDEN_PACKETS or not starts_whole:
        return None
    table = np.array(sorted(rows), np.int64)
    return _index(video, tick_sec, table[:, 0], table[:, 1], table[:, 2] & KEY > 0, log)


def _has_whole_boxes(video: Path) -> bool:
    """Whether the last box of an MP4 is complete (ISO/IEC 14496-12, 4.2); True for other files."""
    size_bytes, position = video.stat().st_size, 0
    with open_file(video) as file:
        if file.read(8)[4:] != b"ftyp":
            return True
        while position + 8 <= size_bytes:
            file.seek(position)
            length, _, large = struct.unpack(">I4sQ", file.read(16).ljust(16, b"\0"))
            length = size_bytes - position if length == 0 else large if length == 1 else length
            if length < 8:
                return True  # no box: other data after the video
            position += length
    return position <= size_bytes


def _from_decoded(video: Path) -> FrameIndex:
    """The index by decoding all frames."""
    command = [*VERBOSE, "-xerror", "-i", str(video), *SELECTED, "-vf", "showinfo=checksum=0"]
    with Ffmpeg([*command, "-f", "null", "-"]) as ffmpeg:
        failed, log = ffmpeg.failed(), ffmpeg.log()
        found = PTS.findall(log.encode())
        tick = re.search(r"config in time_base: (\d+/\d+)", log)
        if not found or tick is None:
            refuse(video)
        if failed:
            raise _damaged(video, len(found), ffmpeg.reason())
    known = [pts for pts, _, _ in found if pts != b"NOPTS"]
    pts = np.array(known, np.int64)
    if len(known) < len(found) or (np.diff(pts) <= 0).any():
        raise InputError(
            f"{video}: the times of its frames do not ascend; encode it again with `data-prep video reformat "
            "--reencode`"
        )
    durations = np.array([int(duration) for _, duration, _ in found], np.int64)
    return _index(video, Fraction(tick[1]), pts, durations, np.array([key == b"1" for *_, key in found]), log)


def _index(
    video: Path, tick_sec: Fraction, pts: np.ndarray, durations: np.ndarray, keys: np.ndarray, log: str
) -> FrameIndex:
    """An index whose frames last until the next one; the last one as stored, or as long as the one before."""
    shown = np.diff(pts)
    last = int(durations[-1]) if durations[-1] > 0 else int(shown[-1]) if len(shown) else 0
    container = re.search(r"Input #0, (\S+), from", log)
    seekable = container is not None and bool(set(container[1].split(",")) & set(SEEKABLE))
    return FrameIndex(video, tick_sec, pts, np.append(shown, last), keys, seekable)


def _damaged(video: Path, frames: int, reason: str) -> InputError:
    return InputError(
        f"{video} is damaged or truncated after {frames} frames ({reason}); copy it again from its source"
    )


def parse_pts(log: bytes) -> Sequence[tuple[int, int]]:
    """(pts, end in the log) of each frame that the filter showinfo logged in whole lines."""
    complete = log[: log.rfind(b"\n") + 1]
    found: list[Any] = list(PTS.finditer(complete))
    return [(int(match[1]), match.end()) for match in found if match[1] != b"NOPTS"]
