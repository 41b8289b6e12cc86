"""Find in videos: the frame that is most similar to an image, and segments that videos have in common."""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from data_prep.errors import InputError, WorkError
from data_prep.progress import Report, ignore
from data_prep.video.exclusions import Exclusion, exclude_times
from data_prep.video.frame_index import FrameIndex
from data_prep.video.thumbnails import directions, read_thumbnails, thumbnail

SAMPLE_SEC = 1.0  # between thumbnails in which segments are searched
SLACK_SEC = 1.0  # by which segments of these may be off
GAP_FRAMES = 4  # dissimilar frames in a row that do not end a segment


@dataclasses.dataclass(frozen=True)
class FindConfig:
    """Search in videos."""

    window_sec: float = 180.0
    """Length of the parts at the start and the end of each video that are searched."""
    min_score: float = 0.85
    """Least zero-mean cosine similarity of a match, -1 to 1."""
    min_length_sec: float = 5.0
    """Shortest common segment."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not self.window_sec > 0:
            raise InputError(f"--window {self.window_sec:g}: must be above 0")
        if not 0 < self.min_score <= 1:
            raise InputError(f"--min-score {self.min_score:g}: must be above 0 and at most 1")
        if not self.min_length_sec >= 2 * SAMPLE_SEC:
            raise InputError(f"--min-length {self.min_length_sec:g}: must be at least {2 * SAMPLE_SEC:g}")


@dataclasses.dataclass(frozen=True)
class Match:
    """The frame of a video that is most similar to an image."""

    frame: int
    pts: int
    time_sec: float
    score: float  # zero-mean cosine similarity, -1 to 1

    def exclusion(self, index: FrameIndex, before_sec: float, after_sec: float, *, reason: str) -> Exclusion:
        """The range around the frame, clipped to the video."""
        start, end = self.time_sec - before_sec, self.time_sec + after_sec
        return exclude_times(index, start, end, reason=reason, score=round(self.score, 4))


def find_image(
    index: FrameIndex,
    image: np.ndarray,
    config: FindConfig,
    *,
    on_frame: Callable[[int], object] = lambda count: None,
) -> Match:
    """Find the frame most similar to an image, at the start or the end of a video.

    Similarity is the cosine of gray thumbnails of 32 x 32 px after subtracting their means; the first of
    equal ones counts.

    Args:
        index: of the video.
        image: uint8 [H, W, 1].
        config: search window.
        on_frame: called with 1 after each frame.

    Raises: InputError: the image is blank. WorkError: the video is damaged.
    """
    config.check()
    goal = directions(thumbnail(image)[None])[0]
    if not goal.any():
        raise InputError("--image: the image is blank; choose a frame with contrast")
    best: tuple[float, int] | None = None
    for frames in windows(index, config.window_sec):
        scores = directions(read_thumbnails(index, frames=frames, on_frame=on_frame)) @ goal
        at = int(scores.argmax())
        if best is None or scores[at] > best[0]:
            best = float(scores[at]), frames[at]
    assert best is not None
    score, frame = best
    return Match(frame, int(index.pts[frame]), index.time_sec(frame), score)


def windows(index: FrameIndex, window_sec: float) -> list[range]:
    """The frames of the first and last seconds of a video; one range where these overlap."""
    end_sec = index.time_sec(len(index) - 1)
    first, last = index.frame_at(window_sec), index.frame_at(end_sec - window_sec)
    if last <= first + 1:
        return [range(len(index))]
    return [range(first + 1), range(last, len(index))]


def common_segments(
    indexes: Sequence[FrameIndex],
    config: FindConfig,
    *,
    on_frame: Callable[[int], object] = lambda count: None,
    report: Report = ignore,
) -> list[Exclusion | None]:
    """Find the segment that each video has in common with another one, such as opening titles.

    Thumbnails one second apart of each pair of videos are compared; the longest run of similar ones along a
    diagonal of the matrix is a segment. Its offset is then found among all frames, and its ends are where
    frames stop being similar.

    Args:
        indexes: of at least two videos.
        config: search window, similarity and length.
        on_frame: called with 1 after each frame.
        report: called with each video that is damaged, and the reason.

    Returns: for each video its longest segment; None: it has none.
    Raises: InputError: fewer than two videos.
    """
    config.check()
    if len(indexes) < 2:
        raise InputError("one video has nothing in common with others; pass two or more, or --image")
    parts: list[list[_Part]] = []
    for index in indexes:
        own = []
        try:
            for frames in windows(index, config.window_sec):
                own.append(_Part(index, frames, read_thumbnails(index, frames=frames, on_frame=on_frame)))
        except WorkError as error:
            report(index.video.name, str(error))
            own = []
        parts.append(own)
    found: list[Exclusion | None] = [None] * len(indexes)
    lengths = [0.0] * len(indexes)
    for a, b in itertools.combinations(range(len(indexes)), 2):
        for one, other in itertools.product(parts[a], parts[b]):
            segment = _common(one, other, config)
            if segment is None:
                continue
            for video, entry in zip((a, b), segment, strict=True):
                index = indexes[video]
                length = index.time_sec(entry.last_frame) - index.time_sec(entry.first_frame)
                if length > lengths[video]:
                    found[video], lengths[video] = entry, length
    return found


class _Part:
    """A part of a video as unit vectors; `centered`: without what all of its frames have in common."""

    def __init__(self, index: FrameIndex, frames: range, thumbnails: np.ndarray) -> None:
        self.index, self.frames = index, frames
        self.times_sec = index.times_sec()[frames.start : frames.stop]
        self.vectors = directions(thumbnails)
        self.centered = directions(thumbnails, center=thumbnails.mean(axis=0))

    def at(self, times_sec: np.ndarray) -> np.ndarray:
        """Positions of the frames that are shown at these times; the first or last one outside."""
        found = np.searchsorted(self.times_sec, times_sec + 1e-6, side="right") - 1
        return np.clip(found, 0, len(self.times_sec) - 1)

    def samples(self) -> np.ndarray:
        """Positions of frames one second apart."""
        return self.at(np.arange(self.times_sec[0], self.times_sec[-1] + 1e-6, SAMPLE_SEC))


def _common(one: _Part, other: _Part, config: FindConfig) -> tuple[Exclusion, Exclusion] | None:
    """The longest segment that two parts have in common."""
    rows, columns = one.samples(), other.samples()
    similar = one.centered[rows] @ other.centered[columns].T
    run = _best_diagonal(similar - config.min_score / 2)
    if run is None:
        return None
    row, column, length = run
    # Among all frames: the offset in time that makes the run most similar.
    inside = np.arange(rows[row], rows[min(row + length, len(rows) - 1)] + 1)
    offset = other.times_sec[columns[column]] - one.times_sec[rows[row]]
    step = float(np.median(np.diff(other.times_sec))) if len(other.times_sec) > 1 else SAMPLE_SEC
    offsets = offset + np.arange(-SLACK_SEC, SLACK_SEC + step / 2, step)
    scores = [_similarity(one, other, inside, shift).mean() for shift in offsets]
    offset = float(offsets[int(np.argmax(scores))])
    both = (one.times_sec + offset >= other.times_sec[0] - step / 2) & (
        one.times_sec + offset <= other.times_sec[-1] + step / 2
    )
    values = np.where(both, _similarity(one, other, np.arange(len(one.times_sec)), offset), -1.0)
    start, stop = _grow(values >= config.min_score, int(inside[len(inside) // 2]), inside)
    if stop - start < 2 or one.times_sec[stop - 1] - one.times_sec[start] < config.min_length_sec:
        return None
    score = round(float(values[start:stop].mean()), 4)
    ends = [(one, start, stop - 1)]
    positions = other.at(one.times_sec[[start, stop - 1]] + offset + step / 4)
    ends.append((other, int(positions[0]), int(positions[1])))
    entries = []
    for part, first, last in ends:
        index = part.index
        a, b = part.frames[first], part.frames[last]
        entries.append(Exclusion(a, int(index.pts[a]), b, int(index.pts[b]), "in several videos", score))
    return entries[0], entries[1]


def _similarity(one: _Part, other: _Part, positions: np.ndarray, offset_sec: float) -> np.ndarray:
    """Similarity of frames of `one` to those of `other` that are shown `offset_sec` later."""
    matching = other.at(one.times_sec[positions] + offset_sec)
    return (one.vectors[positions] * other.vectors[matching]).sum(axis=1)


def _best_diagonal(gain: np.ndarray) -> tuple[int, int, int] | None:
    """(row, column, length) of the run along a diagonal with the largest sum (Kadane); None: none above 0."""
    best, found = 0.0, None
    for offset in range(-len(gain) + 1, gain.shape[1]):
        total, start = 0.0, 0
        for step, value in enumerate(np.diagonal(gain, offset)):
            if total <= 0:
                total, start = 0.0, step
            total += float(value)
            if total > best:
                best, found = total, (max(0, -offset) + start, max(0, offset) + start, step - start + 1)
    return found


def _grow(similar: np.ndarray, middle: int, inside: np.ndarray) -> tuple[int, int]:
    """The run of similar frames around a position of the segment; short gaps do not end it."""
    candidates = inside[similar[inside]]
    if not len(candidates):
        return middle, middle
    seed = int(candidates[np.abs(candidates - middle).argmin()])
    ends = []
    for direction in (-1, 1):
        last, position, gap = seed, seed, 0
        while 0 <= position + direction < len(similar) and gap <= GAP_FRAMES:
            position += direction
            gap = 0 if similar[position] else gap + 1
            last = position if similar[position] else last
        ends.append(last)
    return ends[0], ends[1] + 1
