"""When the frames of a video are shown, and the constant rate that keeps their times."""

import dataclasses
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np

from data_prep.video.ffmpeg import Ffmpeg

MAX_RATE = (
    60  # frames per second that frames of unequal lengths are repeated at, where no lower rate fits ...
)
MAX_FAST_RATE = 120  # ... or this one, if frames are shorter than that
RATES = sorted(
    [Fraction(rate) for rate in range(1, MAX_RATE + 1)] + [Fraction(n * 1000, 1001) for n in (24, 30, 60)]
)
EVEN = 0.1  # part of the shortest frame by which frames that count as equally long may be off their times
ROUNDING_SEC = 0.00101  # or by this: times in whole milliseconds
EXACT, CLOSE_SEC = 0.03, 0.005  # part of a rate's interval, and time, frames may be off by: two passes
UNKNOWN = -(2**63)  # ffmpeg's mark of a missing time stamp


@dataclasses.dataclass(frozen=True)
class Timing:
    """Timing of a video.

    Attributes:
        packets: stored frames.
        duration_sec: from the first frame to the end of the last one.
        shortest_sec, longest_sec: time that a frame is shown.
        constant_fps: rate at which frames must be repeated to keep their times; None: all last equally long.
    """

    packets: int
    duration_sec: Fraction
    shortest_sec: float
    longest_sec: float
    constant_fps: Fraction | None

    @property
    def fps(self) -> float:
        """Frames per second, of repeated frames where `constant_fps` is set; 0 if they have no duration."""
        if self.constant_fps is not None:
            return float(self.constant_fps)
        return float(self.packets / self.duration_sec) if self.duration_sec else 0.0

    @property
    def frames(self) -> int:
        """Number of frames at `fps`, from the file's packets; decoding may give fewer."""
        return self.packets if self.constant_fps is None else round(self.duration_sec * self.constant_fps)


def read_timing(path: Path) -> Timing:
    """Read the times of all packets of a video without decoding; no packets: not a video."""
    command = ["-i", str(path), "-map", "0:V:0", "-c", "copy", "-f", "framecrc", "pipe:1"]
    tick_sec, spans = Fraction(1), list[tuple[int, int]]()
    with Ffmpeg(command, stdout=subprocess.PIPE) as ffmpeg:
        for line in ffmpeg.stdout:  # "#tb 0: 1/12800", then "stream, dts, pts, duration, bytes, crc"
            if line.startswith(b"#tb"):
                tick_sec = Fraction(line.split()[-1].decode())
            elif not line.startswith(b"#"):
                dts, pts, length = (int(value) for value in line.split(b",")[1:4])
                spans.append((dts if pts == UNKNOWN else pts, length))
    if not spans:
        return Timing(0, Fraction(0), 0.0, 0.0, None)
    starts, lengths = np.array(sorted(spans), np.int64).T
    starts = np.append(starts, max(starts + lengths)) - starts[0]
    seconds = starts * float(tick_sec)
    shown = np.diff(seconds)
    return Timing(
        packets=len(spans),
        duration_sec=int(starts[-1]) * tick_sec,
        shortest_sec=float(shown.min()),
        longest_sec=float(shown.max()),
        constant_fps=constant_rate(seconds),
    )


def constant_rate(seconds: np.ndarray) -> Fraction | None:
    """The lowest rate at which repeated frames keep their times; None: frames last equally long already.

    Args:
        seconds: float [T + 1], ascending: when each frame is shown first, and when the last one ends.
    """
    shown = np.diff(seconds)
    if len(shown) < 2 or shown.min() <= 0:  # no use of times that do not ascend
        return None
    shortest = shown.min()
    uniform = np.linspace(0, seconds[-1], len(seconds))
    if np.abs(seconds - uniform).max() <= max(EVEN * shortest, ROUNDING_SEC):
        return None
    for tolerance_sec in (lambda rate: EXACT / rate, lambda rate: CLOSE_SEC):
        for rate in RATES:
            position = np.round(seconds * float(rate))
            apart_sec = np.abs(position / float(rate) - seconds).max()
            if apart_sec <= tolerance_sec(float(rate)) and (np.diff(position) > 0).all():
                return rate
    return Fraction(MAX_RATE if shortest * MAX_RATE > 1 else MAX_FAST_RATE)
