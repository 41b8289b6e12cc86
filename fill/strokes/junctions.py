"""Reconstruct lines at junctions, corners and ends from the clean pieces around them. Pure.

A line or parabola is fitted to the last points of each piece. Two pieces in one line go on through the
junction; others end on these, or all meet where the sum of squared distances to their lines is least.
"""

import dataclasses
import math

import numpy as np

from fill.strokes.graph import CLOSED, FREE
from fill.strokes.pieces import Pieces
from fill.strokes.profiles import GAP, VALLEY, sample

FIT_WIDTHS, FIT_LEAST, FIT_MOST = 1.5, 5, 16  # points that a direction is taken from, in widths of the line
CURVED = 8  # points from which a parabola is fitted, not a line
CORNER_DEG = 22.0  # of a line at a place where it is wide: less is no corner
SHIFT = 0.35  # penalty of two lines that are a width apart, as a fraction of a turn by 90 degrees


@dataclasses.dataclass(frozen=True)
class Links:
    """How pieces go on beyond their arms."""

    partner: np.ndarray  # int64 [2 P], the arm that a line goes on with; -1: it ends
    bridges: dict[int, np.ndarray]  # arm -> points from it to its partner, float64 [M, 2]
    tails: dict[int, np.ndarray]  # arm -> points from it to the end of the line, float64 [M, 2]
    corners: dict[int, int]  # arm -> index in its bridge of a corner
    junctions: np.ndarray  # float64 [J, 2], where at least three arms meet


def link_pieces(pieces: Pieces, coverage: np.ndarray, *, max_turn_deg: float) -> Links:
    """Decide how pieces are connected.

    Args:
        pieces: clean pieces.
        coverage: float32 [H, W], for the ends of lines.
        max_turn_deg: two pieces whose directions differ by more are not one line.
    """
    count = len(pieces.spans)
    anchors, toward = _arms(pieces)
    nodes = pieces.nodes.reshape(-1)
    arms_of: list[list[int]] = [[] for _ in pieces.centers]
    for arm in np.flatnonzero(nodes >= 0).tolist():
        arms_of[nodes[arm]].append(arm)
    partner = np.full(2 * count, -1, np.int64)
    bridges: dict[int, np.ndarray] = {}
    tails: dict[int, np.ndarray] = {}
    corners: dict[int, int] = {}
    junctions: list[np.ndarray] = []

    def join(a: int, b: int, points: np.ndarray) -> None:
        partner[a], partner[b] = b, a
        bridges[a], bridges[b] = points, points[::-1]

    def meet(arms: list[int], node: int) -> np.ndarray:
        center = pieces.centers[node]
        point = _meeting_point(anchors[arms], toward[arms], center, pieces.radii[node])
        ink = sample(coverage, point[None, :1] - 0.5, point[None, 1:] - 0.5)
        return point if ink[0, 0] >= VALLEY else center

    def bend(a: int, b: int, node: int) -> None:
        corner = meet([a, b], node)
        join(a, b, corner[None])
        corners[a] = corners[b] = 0

    free = np.flatnonzero(nodes == FREE)
    for node, arms in enumerate(arms_of):
        if len(arms) == 2:
            a, b = arms
            turn = _turn(toward[a], toward[b])
            if node >= pieces.corners and turn < CORNER_DEG:
                between = pieces.between[node - pieces.corners]
                join(a, b, between if nodes[a] == node and a % 2 else between[::-1])
            elif node < pieces.corners and turn < max_turn_deg:
                join(a, b, _bridge(anchors[a], toward[a], anchors[b], toward[b]))
            else:
                bend(a, b, node)
            continue
        if len(arms) < 2:
            free = np.concatenate([free, arms]).astype(np.int64)
            continue
        pairs, single = _pairs(arms, anchors, toward, pieces, max_turn_deg)
        for a, b in pairs:
            join(a, b, _bridge(anchors[a], toward[a], anchors[b], toward[b]))
        if pairs:
            meets = [_on_bridge(anchors[arm], toward[arm], [bridges[a] for a, _ in pairs]) for arm in single]
            for arm, point in zip(single, meets, strict=True):
                tails[arm] = point[None]
            crossing = [bridges[a][len(bridges[a]) // 2] for a, _ in pairs]
            junctions.append(np.mean(meets or crossing, axis=0))
        else:
            point = meet(single, node)
            junctions.append(point)
            tails |= dict.fromkeys(single, point[None])
    tips = _tips(pieces, anchors[free], toward[free], free, coverage)
    tails |= {arm: tip[None] for arm, tip in zip(free.tolist(), tips, strict=True)}
    for piece in np.flatnonzero(pieces.nodes[:, 0] == CLOSED).tolist():
        partner[2 * piece], partner[2 * piece + 1] = 2 * piece + 1, 2 * piece
        bridges[2 * piece] = bridges[2 * piece + 1] = np.zeros((0, 2))
    return Links(partner, bridges, tails, corners, np.array(junctions).reshape(-1, 2))


def _arms(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """The point at each arm on a curve fitted to its piece, and the direction out of it: [2 P, 2] each."""
    spans = pieces.spans
    counts = spans[:, 1] - spans[:, 0]
    wanted = np.clip(np.round(FIT_WIDTHS * pieces.line_px), FIT_LEAST, FIT_MOST)
    used = np.minimum(counts, wanted).astype(np.int64).repeat(2)
    first = np.stack([spans[:, 0], spans[:, 1] - 1], axis=1).reshape(-1)
    sign = np.tile([1, -1], len(spans))
    anchors = np.zeros((len(used), 2))
    slopes = np.zeros((len(used), 2))
    for number in np.unique(used):
        own = np.flatnonzero(used == number)
        near = pieces.points[first[own, None] + sign[own, None] * np.arange(number)]
        at = np.linspace(0, 1, number)[:, None] ** np.arange(1 + (number > 1) + (number >= CURVED))
        solved = np.einsum("km,nmc->nkc", np.linalg.pinv(at), near)
        anchors[own] = solved[:, 0]
        slopes[own] = -solved[:, 1] if number > 1 else _toward_nodes(pieces, near[:, 0], own)
    length = np.maximum(np.hypot(*slopes.T), 1e-9)[:, None]
    return anchors, np.where(length > 1e-9, slopes / length, [1.0, 0.0])


def _toward_nodes(pieces: Pieces, points: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """Directions from points to the nodes of arms, where one point has no direction of its own."""
    nodes = pieces.nodes.reshape(-1)[arms]
    centers = pieces.centers if len(pieces.centers) else np.zeros((1, 2))
    return np.where((nodes >= 0)[:, None], centers[np.maximum(nodes, 0)] - points, [1.0, 0.0])


def _turn(a: np.ndarray, b: np.ndarray) -> float:
    """Change of direction from arm a to arm b, degrees; 0: they are in one line."""
    cosine = -(float(a[0]) * float(b[0]) + float(a[1]) * float(b[1]))
    return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))


def _pairs(
    arms: list[int], anchors: np.ndarray, toward: np.ndarray, pieces: Pieces, max_turn_deg: float
) -> tuple[list[tuple[int, int]], list[int]]:
    """Arms that go on with each other, best first, and the others."""
    costs = []
    for i, a in enumerate(arms):
        for b in arms[i + 1 :]:
            turn = _turn(toward[a], toward[b])
            across = anchors[b] - anchors[a]
            chord = across / max(float(np.hypot(*across)), 1e-9)
            bow = _turn(toward[a], -chord) + _turn(toward[b], chord)  # an S, where the lines are apart
            width = max(pieces.line_px[a // 2], pieces.line_px[b // 2])
            if turn < max_turn_deg and bow < 2.5 * max_turn_deg:
                costs.append((turn + SHIFT * bow * min(1.0, float(np.hypot(*across)) / width), a, b))
    pairs, left = [], list(arms)
    for _, a, b in sorted(costs):
        if a in left and b in left:
            pairs.append((a, b))
            left = [arm for arm in left if arm not in (a, b)]
    return pairs, left


def _bridge(a: np.ndarray, out: np.ndarray, b: np.ndarray, back: np.ndarray) -> np.ndarray:
    """Points about 1 px apart on the cubic from arm a to arm b with their directions, without its ends."""
    span = float(np.hypot(*(b - a)))
    t = np.arange(1, max(2, int(np.ceil(span))))[:, None] / max(2, int(np.ceil(span)))
    c, d = a + out * span / 3, b + back * span / 3
    return (1 - t) ** 3 * a + 3 * t * (1 - t) ** 2 * c + 3 * t**2 * (1 - t) * d + t**3 * b


def _on_bridge(anchor: np.ndarray, toward: np.ndarray, bridges: list[np.ndarray]) -> np.ndarray:
    """Where the line of an arm meets the nearest of some bridges."""
    best, where = np.inf, bridges[0][0]
    for bridge in bridges:
        off = bridge - anchor
        side = off[:, 0] * toward[1] - off[:, 1] * toward[0]
        crossed = np.flatnonzero(side[:-1] * side[1:] <= 0)
        if len(crossed):
            i = int(crossed[0])
            t = side[i] / (side[i] - side[i + 1]) if side[i] != side[i + 1] else 0.5
            point = bridge[i] + t * (bridge[i + 1] - bridge[i])
            cost = float(np.hypot(*(point - anchor)))
        else:
            i = int(np.argmin(np.abs(side) + 0.5 * np.hypot(*off.T)))
            point, cost = bridge[i], float(np.hypot(*off[i])) + 4 * float(np.abs(side[i]))
        if cost < best:
            best, where = cost, point
    return where


def _meeting_point(anchors: np.ndarray, toward: np.ndarray, center: np.ndarray, radius: float) -> np.ndarray:
    """The point with the least sum of squared distances to the lines of arms, near the centre of a node."""
    across = np.stack([-toward[:, 1], toward[:, 0]], axis=1)
    a = np.einsum("ki,kj->ij", across, across) + 0.01 * np.eye(2)
    b = np.einsum("ki,kj,kj->i", across, across, anchors) + 0.01 * center
    point = np.linalg.solve(a, b)
    off = point - center
    limit = 1.5 * radius + 1.5
    length = float(np.hypot(*off))
    return point if length <= limit else center + off * (limit / length)


def _tips(
    pieces: Pieces, anchors: np.ndarray, toward: np.ndarray, arms: np.ndarray, coverage: np.ndarray
) -> np.ndarray:
    """Centres of the round ends of lines: half a width before the ink ends, float64 [K, 2]."""
    line = pieces.line_px[arms // 2]
    step = (1.5 * line + 3) / 32
    at = np.arange(33) * step[:, None]
    ink = sample(
        coverage,
        anchors[:, :1] - 0.5 + at * toward[:, :1],
        anchors[:, 1:] - 0.5 + at * toward[:, 1:],
    ).astype(np.float64)
    ended = np.logical_or.accumulate(ink < GAP, axis=1)
    ink[ended] = 0
    length = (ink.sum(axis=1) - 0.5 * ink[:, 0]) * step / np.maximum(ink[:, 0], 0.25)
    length = np.clip(length - line / 2, 0, None)
    return anchors + length[:, None] * toward
