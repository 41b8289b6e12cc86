"""Which frames of a source a composed video shows, by time."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from animate.compose_config import TimesConfig
from data_prep.errors import InputError
from data_prep.video.durations import parse_seconds


@dataclasses.dataclass(frozen=True)
class ShownFrames:
    """Frames of a source that a video shows.

    Attributes:
        numbers: of the frames in the source, not descending; some may repeat or be missing.
        fps: frames per second of the video.
        start_sec, end_sec: the part of the source; end None: to its end.
        is_whole: all frames of the source, each once, at its own rate.
    """

    numbers: Sequence[int]
    fps: float
    start_sec: float
    end_sec: float | None
    is_whole: bool

    def pick(self, frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The shown frames among those of the source, read once up to the last one."""
        position, stream = -1, iter(frames)
        frame: np.ndarray | None = None
        for number in self.numbers:
            while position < number:
                frame, position = next(stream, None), position + 1
            if frame is None:
                return
            yield frame


def choose_shown(
    times: TimesConfig, *, count: int, source_fps: float, fps: float | None, source: Path
) -> ShownFrames:
    """Choose the frames of a video from --start to --end, at another rate if --fps is given.

    Frames are repeated or dropped so that the duration stays, with --retime each is shown once.

    Args:
        times: --start, --end, --retime.
        count: frames of the source.
        source_fps: their rate.
        fps: rate of the video; None: that of the source.
        source: named in errors.

    Raises: InputError: times are invalid or beyond the end of the source.
    """
    start_sec, end_sec = check_times(times, fps=fps)
    length_sec = count / source_fps
    if start_sec >= length_sec:
        raise InputError(f"--start {times.start}: {source} ends after {length_sec:.3f} s")
    stop_sec = length_sec if end_sec is None else min(end_sec, length_sec)
    rate = fps or source_fps
    if times.retime or rate == source_fps:
        first, stop = round(start_sec * source_fps), max(round(stop_sec * source_fps), 1)
        numbers: Sequence[int] = range(min(first, count - 1), min(max(stop, first + 1), count))
    else:
        shown = max(1, round((stop_sec - start_sec) * rate))
        at = np.floor((start_sec + np.arange(shown) / rate) * source_fps + 1e-6).astype(int)
        numbers = np.minimum(at, count - 1).tolist()
    is_whole = list(numbers) == list(range(count)) and rate == source_fps
    return ShownFrames(numbers, rate, start_sec, end_sec, is_whole)


def check_times(times: TimesConfig, *, fps: float | None) -> tuple[float, float | None]:
    """(start, end) in seconds; None: to the end. `fps` is None if not given. Raises InputError: a flag."""
    if times.retime and fps is None:
        raise InputError("--retime: requires --fps")
    start_sec = parse_seconds(times.start, flag="--start")
    end_sec = None if times.end is None else parse_seconds(times.end, flag="--end")
    if end_sec is not None and end_sec <= start_sec:
        raise InputError(f"--end {times.end}: must be after --start {times.start}")
    return start_sec, end_sec
