"""Fit cubic Bezier curves to points.

Schneider (1990), "An algorithm for automatically fitting digitized curves", Graphics Gems.

All pieces of all curves are fitted at once: sums over pieces are `np.add.reduceat`, and pieces that miss the
tolerance are split where they miss it most and fitted again in the next round. Pure.
"""

import dataclasses

import numpy as np

NEWTON_STEPS = 4
NEAR = 4.0  # of the tolerance, in px: the error from which a piece is split without refining its parameters
TANGENT_POINTS = 4  # that the direction of an end is taken from
MAX_ROUNDS = 24


@dataclasses.dataclass(frozen=True)
class Pieces:
    """Consecutive points of one curve, fitted by one cubic: points first[i] to last[i], both included."""

    first: np.ndarray  # int64 [K]
    last: np.ndarray  # int64 [K]
    out: np.ndarray  # float64 [K, 2], unit direction of the curve at its first point
    back: np.ndarray  # float64 [K, 2], unit direction from its last point into the curve

    def take(self, chosen: np.ndarray) -> "Pieces":
        """Those of a mask or of indices."""
        return Pieces(self.first[chosen], self.last[chosen], self.out[chosen], self.back[chosen])


def fit_curves(
    points: np.ndarray, breaks: list[np.ndarray], *, closed: list[bool], tolerance_px: float
) -> list[np.ndarray]:
    """Fit each curve by cubics that meet smoothly except at its breaks.

    Args:
        points: float64 [N, 2], of all curves one after the other.
        breaks: for each curve the ascending positions in `points` of its first and last point, and of corners
            between them.
        closed: whether the first and last point of a curve are the same and the curve is smooth there.
        tolerance_px: maximum distance of a point from its cubic.

    Returns: for each curve float64 [K, 4, 2], its cubics in order.
    """
    if not breaks:
        return []
    first = np.concatenate([one[:-1] for one in breaks])
    last = np.concatenate([one[1:] for one in breaks])
    out, back = _directions(points, first, last, 1), _directions(points, last, first, -1)
    offset = 0
    for one, is_closed in zip(breaks, closed, strict=True):
        count = len(one) - 1
        if is_closed and count:
            seam = _unit(out[offset] - back[offset + count - 1])
            out[offset], back[offset + count - 1] = seam, -seam
        offset += count
    first, cubics = _fit(points, Pieces(first, last, out, back), tolerance_px)
    order = np.argsort(first, kind="stable")
    first, cubics = first[order], cubics[order]
    edges = np.searchsorted(first, [one[0] for one in breaks])
    ends = np.searchsorted(first, [one[-1] for one in breaks])
    return [cubics[a:b] for a, b in zip(edges, ends, strict=True)]


def _fit(points: np.ndarray, pending: Pieces, tolerance_px: float) -> tuple[np.ndarray, np.ndarray]:
    """First points of the fitted pieces, and their cubics [K, 4, 2]."""
    done_first: list[np.ndarray] = []
    done_cubics: list[np.ndarray] = []
    squared = tolerance_px**2
    for _ in range(MAX_ROUNDS):
        if not len(pending.first):
            break
        cubics, error, worst = _fit_once(points, pending, squared)
        good = (error <= squared) | (pending.last - pending.first < 2)
        done_first.append(pending.first[good])
        done_cubics.append(cubics[good])
        bad, middle = pending.take(~good), worst[~good]
        tangent = _center_directions(points, bad, middle)
        pending = Pieces(
            np.concatenate([bad.first, middle]),
            np.concatenate([middle, bad.last]),
            np.concatenate([bad.out, tangent]),
            np.concatenate([-tangent, bad.back]),
        )
    return np.concatenate(done_first), np.concatenate(done_cubics)


def _fit_once(
    points: np.ndarray, pieces: Pieces, squared: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit one cubic to each piece; its largest squared error and the point of that error."""
    counts = pieces.last - pieces.first + 1
    begin = np.cumsum(counts) - counts
    piece = np.repeat(np.arange(len(counts)), counts)
    index = np.arange(counts.sum()) - begin[piece] + pieces.first[piece]
    data = points[index]
    u = _chord_lengths(data, begin, counts, piece)
    cubics = _least_squares(data, u, begin, piece, pieces)
    error, worst = _errors(data, u, cubics, begin, piece)
    for _ in range(NEWTON_STEPS):
        near = (error > squared) & (error <= NEAR**2 * max(squared, 1.0)) & (counts > 2)
        if not near.any():
            break
        chosen = near[piece]
        moved = _newton(data[chosen], u[chosen], cubics[piece[chosen]])
        refined = u.copy()
        refined[chosen] = moved
        again = _least_squares(data, refined, begin, piece, pieces)
        new_error, new_worst = _errors(data, refined, again, begin, piece)
        better = near & (new_error < error)
        if not better.any():
            break
        u = np.where(better[piece], refined, u)
        cubics = np.where(better[:, None, None], again, cubics)
        error, worst = np.where(better, new_error, error), np.where(better, new_worst, worst)
    inner = np.clip(index[worst], pieces.first + 1, np.maximum(pieces.last - 1, pieces.first + 1))
    return cubics, error, inner


def _chord_lengths(data: np.ndarray, begin: np.ndarray, counts: np.ndarray, piece: np.ndarray) -> np.ndarray:
    """Parameters in 0..1 proportional to the length of the chords."""
    step = np.hypot(*np.diff(data, axis=0, prepend=data[:1]).T)
    step[begin] = 0
    along = np.cumsum(step)
    along -= along[begin][piece]
    total = along[begin + counts - 1]
    return along / np.maximum(total, 1e-12)[piece]


def _least_squares(
    data: np.ndarray, u: np.ndarray, begin: np.ndarray, piece: np.ndarray, pieces: Pieces
) -> np.ndarray:
    """Cubics [K, 4, 2] of fixed ends and directions at the ends; Schneider's equations for alpha."""
    p0, p3 = data[begin], data[np.append(begin[1:], len(data)) - 1]
    b0, b1, b2, b3 = _bernstein(u)
    a1, a2 = b1[:, None] * pieces.out[piece], b2[:, None] * pieces.back[piece]
    rest = data - (b0 + b1)[:, None] * p0[piece] - (b2 + b3)[:, None] * p3[piece]
    c11, c12, c22, x1, x2 = (
        np.add.reduceat((a * b).sum(axis=1), begin)
        for a, b in ((a1, a1), (a1, a2), (a2, a2), (a1, rest), (a2, rest))
    )
    chord = np.hypot(*(p3 - p0).T)
    det = c11 * c22 - c12 * c12
    safe = np.where(np.abs(det) > 1e-12, det, 1.0)
    alpha1, alpha2 = (x1 * c22 - x2 * c12) / safe, (c11 * x2 - c12 * x1) / safe
    least = 1e-6 * chord
    bad = (np.abs(det) <= 1e-12) | (alpha1 < least) | (alpha2 < least)
    span = np.maximum(chord, 1e-9)
    bad |= (np.maximum(alpha1, alpha2) > 8 * span) & (chord > 0)
    alpha1, alpha2 = np.where(bad, chord / 3, alpha1), np.where(bad, chord / 3, alpha2)
    return np.stack([p0, p0 + alpha1[:, None] * pieces.out, p3 + alpha2[:, None] * pieces.back, p3], axis=1)


def _errors(
    data: np.ndarray, u: np.ndarray, cubics: np.ndarray, begin: np.ndarray, piece: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Largest squared distance of each piece, and the row in `data` where it is first reached."""
    distance = ((evaluate(cubics[piece], u) - data) ** 2).sum(axis=1)
    most = np.maximum.reduceat(distance, begin)
    rows = np.flatnonzero(distance == most[piece])
    _, first = np.unique(piece[rows], return_index=True)
    return most, rows[first]


def _newton(data: np.ndarray, u: np.ndarray, cubics: np.ndarray) -> np.ndarray:
    """One Newton step of the parameters towards the nearest points of the cubics."""
    d1 = 3 * np.diff(cubics, axis=1)
    d2 = 2 * np.diff(d1, axis=1)
    v, w = u[:, None], 1 - u[:, None]
    first = w * w * d1[:, 0] + 2 * v * w * d1[:, 1] + v * v * d1[:, 2]
    second = w * d2[:, 0] + v * d2[:, 1]
    off = evaluate(cubics, u) - data
    slope = (first * first + off * second).sum(axis=1)
    step = (off * first).sum(axis=1) / np.where(np.abs(slope) > 1e-12, slope, np.inf)
    return np.clip(u - step, 0.0, 1.0)


def evaluate(cubics: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Points of cubics float64 [N, 4, 2] at parameters [N]: [N, 2]."""
    return sum(b[:, None] * cubics[:, i] for i, b in enumerate(_bernstein(u)))


def _bernstein(u: np.ndarray) -> tuple[np.ndarray, ...]:
    v = 1 - u
    return v * v * v, 3 * u * v * v, 3 * u * u * v, u * u * u


def _directions(points: np.ndarray, at: np.ndarray, limit: np.ndarray, sign: int) -> np.ndarray:
    """Unit directions from points `at` into their curves, by the points up to `limit`."""
    toward = np.zeros((len(at), 2))
    for k in range(1, TANGENT_POINTS + 1):
        there = at + sign * np.minimum(k, sign * (limit - at))
        toward += points[there] - points[at]
    return _unit(toward)


def _center_directions(points: np.ndarray, pieces: Pieces, middle: np.ndarray) -> np.ndarray:
    """Unit directions of the curves at the points where they are split."""
    along = np.zeros((len(middle), 2))
    for k in range(1, TANGENT_POINTS + 1):
        reach = np.minimum(k, np.minimum(pieces.last - middle, middle - pieces.first))
        along += points[middle + reach] - points[middle - reach]
    return _unit(along)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.sqrt((vectors**2).sum(axis=-1, keepdims=True))
    return np.where(length > 1e-12, vectors / np.maximum(length, 1e-12), [1.0, 0.0])


def flatten_cubics(cubics: np.ndarray, *, step_px: float = 0.5) -> np.ndarray:
    """Points along consecutive cubics [K, 4, 2], at most `step_px` apart: float64 [N, 2]."""
    if not len(cubics):
        return np.zeros((0, 2))
    sides = np.sqrt((np.diff(cubics, axis=1) ** 2).sum(axis=2)).sum(axis=1)
    counts = np.maximum(1, np.ceil(sides / step_px)).astype(np.int64)
    cubic = np.repeat(np.arange(len(cubics)), counts)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.concatenate([evaluate(cubics[cubic], number / counts[cubic]), cubics[-1:, 3]])
