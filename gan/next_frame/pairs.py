"""Which frames of a tagged video make pairs: functions of frame numbers and times alone.

All frame numbers are those of the video file, counted from 0 over all of its frames: exclusions and sampling
never change the number of a frame, or the page that it is tagged with.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

NO_PAGE = -1
ROUNDING_SEC = 1e-4  # times of frames are rounded down to ticks of the container


@dataclasses.dataclass(frozen=True, eq=False)
class Segment:
    """Consecutive sampled frames of one shot, all tagged and none excluded.

    Attributes:
        frames: int64 [T], numbers in the video, T at least 2.
        pages: int64 [T], number of the page of each.
        held_out: whether the frames are measured instead of trained on.
    """

    frames: np.ndarray
    pages: np.ndarray
    held_out: bool


def sampled_frames(times_sec: np.ndarray, *, fps: float) -> np.ndarray:
    """Numbers of the frames shown at multiples of 1 / fps seconds from the first one, each at most once.

    Args:
        times_sec: float64 [F], ascending: when each frame of the video is shown first.
        fps: frames per second; of a slower video all frames are sampled.

    Returns: int64 [T], ascending.
    """
    length = times_sec[-1] - times_sec[0]
    at = times_sec[0] + np.arange(int(np.floor(length * fps + ROUNDING_SEC * fps)) + 1) / fps
    return np.unique(np.searchsorted(times_sec, at + ROUNDING_SEC, side="right") - 1)


def segments_of(
    frames: np.ndarray,
    pages: np.ndarray,
    *,
    excluded: np.ndarray,
    cuts: Sequence[int] | np.ndarray,
    held_out_from: int,
) -> list[Segment]:
    """Split sampled frames wherever two in a row are no pair.

    Two are a pair if both, and all frames between them, are tagged and not excluded, and no cut lies between
    them. Pairs do not cross the border of the held-out frames.

    Args:
        frames: int64 [T], numbers of the sampled frames, ascending.
        pages: int64 [F], number of the page of every frame of the video; NO_PAGE: not tagged.
        excluded: bool [F], of every frame of the video.
        cuts: numbers of the frames that begin a shot.
        held_out_from: number of the first frame that is held out.
    """
    unusable = excluded | (pages == NO_PAGE)
    before = np.concatenate([[0], np.cumsum(unusable)])  # unusable frames before each frame
    shot = np.searchsorted(np.sort(np.asarray(cuts, np.int64)), frames, side="right")
    held_out = frames >= held_out_from
    clean = before[frames[1:] + 1] == before[frames[:-1]]
    joined = clean & (shot[1:] == shot[:-1]) & (held_out[1:] == held_out[:-1])
    parts = np.split(np.arange(len(frames)), np.flatnonzero(~joined) + 1)
    return [
        Segment(frames[part], pages[frames[part]], bool(held_out[part[0]])) for part in parts if len(part) > 1
    ]


class PairIndex(NamedTuple):
    """Places of the frames of pairs, in the frames of all segments one after another; int64 [N] each.

    Attributes:
        before: frame t - 1, or t at the beginning of a segment.
        now: frame t.
        after: frame t + 1, the target.
    """

    before: np.ndarray
    now: np.ndarray
    after: np.ndarray


def index_pairs(segments: Sequence[Segment]) -> PairIndex:
    """Pairs of consecutive frames of segments, in their order."""
    rows = []
    first = 0
    for segment in segments:
        count = len(segment.frames)
        now = np.arange(first, first + count - 1)
        rows.append(np.stack([np.maximum(now - 1, first), now, now + 1]))
        first += count
    found = np.concatenate(rows, axis=1) if rows else np.zeros((3, 0), np.int64)
    return PairIndex(*found)
