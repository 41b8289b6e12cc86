"""Follow the strokes of a video: those that persist keep number, direction, and order of drawing. Pure.

Strokes of two frames are compared by points at equal fractions of their lengths; the nearest pairs are
matched first. New strokes are inserted where they lengthen the way with the pen up least. At a cut, where few
strokes continue, all strokes are new.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from fill.strokes.bezier import flatten_cubics
from fill.strokes.drawing import in_pen_order
from fill.strokes.tracing import Stroke

SAMPLES = 16
REACH_PX, REACH_LENGTHS = 4.0, 0.15  # mean distance of a match, in px and as a fraction of the length
REACH_MOST = 0.05  # of the diagonal of the frame
CUT_REACH = 0.5  # of the largest distance of a match
CUT_FRACTION = 0.25  # at a cut, less of the length than this is matched within that distance
FEW = 3  # with no more strokes than this, cuts and large movements cannot be distinguished


@dataclasses.dataclass(frozen=True)
class Track:
    """A stroke of the latest frames."""

    number: int
    points: np.ndarray  # float64 [SAMPLES, 2], where it was seen last
    frame: int  # when


@dataclasses.dataclass(frozen=True)
class Tracks:
    """All strokes that are remembered, in the order of drawing."""

    tracks: tuple[Track, ...] = ()
    following: int = 1  # number of the next new stroke
    scene: int = 0  # number of cuts before

    def as_json(self) -> dict[str, Any]:
        """Values that JSON can hold; `from_json` restores them exactly."""
        rows = [[track.number, track.frame, track.points.tolist()] for track in self.tracks]
        return {"following": self.following, "scene": self.scene, "tracks": rows}

    @staticmethod
    def from_json(value: dict[str, Any]) -> "Tracks":
        """Inverse of `as_json`."""
        rows = [Track(number, np.array(points), frame) for number, frame, points in value["tracks"]]
        return Tracks(tuple(rows), value["following"], value["scene"])


def follow(
    before: Tracks,
    strokes: Sequence[Stroke],
    *,
    frame: int,
    memory_frames: int,
    size_px: tuple[int, int],
) -> tuple[Tracks, list[tuple[int, Stroke]]]:
    """Match the strokes of a frame with those before.

    Args:
        before: of the frames before.
        strokes: of this frame, in any order.
        frame: number of this frame.
        memory_frames: how many frames a stroke may be absent for.
        size_px: width and height of the frame.

    Returns: the new tracks, and (number, stroke) of each stroke in the order of drawing.
    """
    alive = [track for track in before.tracks if frame - track.frame <= memory_frames + 1]
    points = [sample_points(stroke) for stroke in strokes]
    reach_most = REACH_MOST * float(np.hypot(*size_px))
    matched = _match(alive, strokes, points, reach_most=reach_most)
    is_cut = _is_cut([track.frame for track in alive], matched, points, frame)
    if is_cut:
        alive, matched = [], {}
    drawn: dict[int, Stroke] = {}
    order = [track.number for track in alive]
    latest = {track.number: track for track in alive}
    for track, (index, shift, backwards, _) in matched.items():
        stroke = _as_before(strokes[index], shift, backwards)
        number = alive[track].number
        drawn[number] = stroke
        latest[number] = Track(number, sample_points(stroke), frame)
    used = {index for index, *_ in matched.values()}
    following = before.following
    new = in_pen_order([stroke for i, stroke in enumerate(strokes) if i not in used])
    for stroke in new:
        _insert(order, drawn, following, stroke) if alive else order.append(following)
        drawn[following] = stroke
        latest[following] = Track(following, sample_points(stroke), frame)
        following += 1
    tracks = Tracks(tuple(latest[number] for number in order), following, before.scene + is_cut)
    return tracks, [(number, drawn[number]) for number in order if number in drawn]


def sample_points(stroke: Stroke) -> np.ndarray:
    """Points at equal fractions of the length of a stroke: float64 [SAMPLES, 2]."""
    line = flatten_cubics(stroke.cubics, step_px=1.0)
    if len(line) < 2:
        return np.repeat(stroke.start[None], SAMPLES, axis=0)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0, along[-1], SAMPLES, endpoint=not stroke.closed)
    return np.stack([np.interp(at, along, line[:, c]) for c in (0, 1)], axis=1)


def _match(
    alive: Sequence[Track], strokes: Sequence[Stroke], points: Sequence[np.ndarray], *, reach_most: float
) -> dict[int, tuple[int, int, bool, float]]:
    """Track -> stroke, shift of the samples of a closed stroke, whether it is drawn backwards, and the mean
    distance as a fraction of the largest that is allowed."""
    if not alive or not strokes:
        return {}
    old = np.stack([track.points for track in alive])
    new = np.stack(list(points))
    reach = np.minimum(REACH_PX + REACH_LENGTHS * _lengths(new), reach_most)
    near = cKDTree(old.mean(axis=1)).query_ball_point(new.mean(axis=1), reach)
    found = []
    for index, tracks in enumerate(near):
        if not tracks:
            continue
        shifts = range(SAMPLES) if strokes[index].closed else range(1)
        for backwards in (False, True):
            for shift in shifts:
                moved = np.roll(new[index], -shift, axis=0)
                moved = moved[::-1] if backwards else moved
                costs = np.hypot(*np.moveaxis(old[tracks] - moved, -1, 0)).mean(axis=1)
                for track, cost in zip(tracks, costs.tolist(), strict=True):
                    if cost <= reach[index]:
                        found.append((cost, track, index, shift, backwards))
    matched: dict[int, tuple[int, int, bool, float]] = {}
    used: set[int] = set()
    for cost, track, index, shift, backwards in sorted(found):
        if track not in matched and index not in used:
            matched[track] = (index, shift, backwards, cost / float(reach[index]))
            used.add(index)
    return matched


def _is_cut(
    seen: Sequence[int],
    matched: dict[int, tuple[int, int, bool, float]],
    points: Sequence[np.ndarray],
    frame: int,
) -> bool:
    """Whether a new scene begins: hardly any stroke is where one of the latest frame was.

    Args:
        seen: frame in which each track was seen last.
        matched: see _match.
        points: of the strokes of this frame.
        frame: its number.
    """
    latest = max(seen, default=frame)
    if min(sum(last == latest for last in seen), len(points)) <= FEW:
        return False
    lengths = _lengths(np.stack(points))
    stays = sum(float(lengths[index]) for index, _, _, cost in matched.values() if cost <= CUT_REACH)
    return stays < CUT_FRACTION * float(lengths.sum())


def _lengths(points: np.ndarray) -> np.ndarray:
    """Lengths of strokes by their points, float64 [N, SAMPLES, 2]: [N]."""
    return np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0)).sum(axis=1)


def _as_before(stroke: Stroke, shift: int, backwards: bool) -> Stroke:
    """A stroke in the direction it had before; a closed one begins near where it began."""
    if stroke.closed and shift and len(stroke.cubics) > 1:
        target = sample_points(stroke)[shift]
        first = int(np.argmin(((stroke.cubics[:, 0] - target) ** 2).sum(axis=1)))
        cubics = np.roll(stroke.cubics, -first, axis=0)
        stroke = dataclasses.replace(stroke, cubics=cubics, start=cubics[0, 0])
    return stroke.reversed() if backwards else stroke


def _insert(order: list[int], drawn: dict[int, Stroke], number: int, stroke: Stroke) -> None:
    """Insert a new stroke into the order, where the way with the pen up grows least."""
    there = [i for i, other in enumerate(order) if other in drawn]
    if not there:
        order.append(number)
        return
    ends = np.array([drawn[order[i]].end for i in there])
    starts = np.array([drawn[order[i]].start for i in there])
    before = np.concatenate([np.zeros((1, 2)), ends])
    cost = np.hypot(*(before - stroke.start).T)
    cost[:-1] += np.hypot(*(starts - stroke.end).T) - np.hypot(*(starts - before[:-1]).T)
    place = int(np.argmin(cost))
    order.insert(there[place] if place < len(there) else there[-1] + 1, number)
