"""Trace a line drawing: its centre lines as strokes. Pure, on the host."""

import dataclasses

import cv2
import numpy as np

from fill.strokes.bezier import fit_curves
from fill.strokes.config import TraceConfig
from fill.strokes.graph import CLOSED
from fill.strokes.junctions import Links, link_pieces
from fill.strokes.pieces import Pieces, cut_pieces
from fill.strokes.profiles import Runs, measure
from fill.strokes.solids import Solid, find_solids, solid_shapes, without_solids
from fill.strokes.spurs import find_clean_graph, junction_radii
from fill.strokes.thinning import thin

SMOOTH_PX, TANGENT_PX = 1.2, 2.0  # standard deviations of points, and of those that tangents are taken from
DOT = 0.5  # extent of a line below which it is a dot, as a fraction of its width
OVERLAP_PX = 2.0  # of lines and the solid shapes that they end at
CORNER_DEG, CORNER_POINTS = 50.0, 4  # turn of a line within this many points on each side


@dataclasses.dataclass(frozen=True)
class Stroke:
    """One line of a drawing, in px; the centre of the first pixel is (0.5, 0.5)."""

    cubics: np.ndarray  # float64 [K, 4, 2]; K = 0: a dot
    start: np.ndarray  # float64 [2]
    width_px: float
    closed: bool = False

    @property
    def end(self) -> np.ndarray:
        """Last point, float64 [2]."""
        return self.cubics[-1, 3] if len(self.cubics) else self.start

    def reversed(self) -> "Stroke":
        """The same line drawn from its end to its start."""
        return dataclasses.replace(self, cubics=self.cubics[::-1, ::-1], start=self.end)


@dataclasses.dataclass(frozen=True)
class Traced:
    """The strokes of a drawing."""

    strokes: tuple[Stroke, ...]
    junctions: np.ndarray  # float64 [J, 2], where at least three lines meet, px
    size_px: tuple[int, int]  # width, height
    line_px: float  # median width of the lines, weighted by their numbers of curves; 0 without lines
    solids: tuple[Solid, ...] = ()  # shapes that are no lines


def trace(ink: np.ndarray, coverage: np.ndarray, config: TraceConfig) -> Traced:
    """Trace the lines of a drawing.

    Args:
        ink: bool [H, W].
        coverage: float32 [H, W] in 0..1, fraction of each pixel that is ink.
        config: see TraceConfig.
    """
    height, width = ink.shape
    ink = without_specks(ink, least_px=config.min_ink_px)
    radius = distance_to_paper(ink)
    shapes = find_solids(ink, radius)
    solids: tuple[Solid, ...] = ()
    if shapes.any():
        solids = solid_shapes(shapes, radius, tolerance_px=config.tolerance)
        ink = without_solids(ink, shapes, overlap_px=OVERLAP_PX)
        radius = distance_to_paper(ink)
    graph = find_clean_graph(thin(ink), radius, spurs=config.spurs)
    if not len(graph.pixels):
        return Traced((), np.zeros((0, 2)), (width, height), 0.0, solids)
    coverage = np.where(cv2.dilate(ink.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, coverage, 0)
    coverage = coverage.astype(np.float32)
    runs = Runs(graph.starts, graph.junctions[:, 0] == CLOSED)
    points, widths = centers(runs, graph.pixels + 0.5, radius, coverage)
    pieces = cut_pieces(graph, points, widths, junction_radii(graph, radius))
    links = link_pieces(pieces, coverage, max_turn_deg=config.max_turn_deg)
    strokes = _strokes(pieces, links, tolerance_px=config.tolerance)
    lengths = np.array([1 + len(stroke.cubics) for stroke in strokes])
    widths = np.array([stroke.width_px for stroke in strokes])
    line_px = _weighted_median(widths, lengths)
    return Traced(tuple(strokes), links.junctions, (width, height), line_px, solids)


def without_specks(ink: np.ndarray, *, least_px: int) -> np.ndarray:
    """Ink, bool [H, W], without connected parts of fewer pixels."""
    if least_px <= 1:
        return ink
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    large = stats[:, cv2.CC_STAT_AREA] >= least_px
    large[0] = False
    return large[labels]


def distance_to_paper(ink: np.ndarray) -> np.ndarray:
    """Half the width of the ink at each pixel: exact Euclidean distance to the edge, float32 [H, W]."""
    padded = np.pad(ink, 1).astype(np.uint8)
    exact = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return np.maximum(exact - 0.5, 0)


def centers(
    runs: Runs, points: np.ndarray, radius: np.ndarray, coverage: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Move points of thinned lines to the centres of their profiles: float64 [N, 2]; and widths, [N]."""
    x, y = (points - 0.5).astype(np.int64).T
    reach = radius[y, x].astype(np.float64) + 2
    limit = 0.5 * reach
    widths = np.zeros(len(points))
    for _ in range(2):
        tangents = runs.tangents(runs.smooth(points, sigma_px=TANGENT_PX))
        offset, widths = measure(coverage, points, tangents, reach)
        offset = np.clip(offset, -limit, limit)
        points = points + offset[:, None] * np.stack([-tangents[:, 1], tangents[:, 0]], axis=1)
        points = runs.smooth(points, sigma_px=SMOOTH_PX)
    return points, widths


def _strokes(pieces: Pieces, links: Links, *, tolerance_px: float) -> list[Stroke]:
    """Follow the links from piece to piece, and fit each line."""
    count = len(pieces.spans)
    seen = np.zeros(count, bool)
    lines: list[np.ndarray] = []
    marks: list[list[int]] = []
    closed: list[bool] = []
    widths: list[float] = []
    starts = [arm for arm in range(2 * count) if links.partner[arm] < 0]
    for arm in [*starts, *range(0, 2 * count, 2)]:
        if seen[arm // 2]:
            continue
        is_closed = links.partner[arm] >= 0
        line, corners, members = _follow(pieces, links, seen, arm)
        if is_closed:
            line = np.concatenate([line, line[:1]])
        lines.append(line)
        marks.append(corners)
        closed.append(is_closed)
        sizes = np.array([pieces.spans[p, 1] - pieces.spans[p, 0] for p in members])
        own = np.concatenate([pieces.widths[slice(*pieces.spans[p])] for p in members])
        widths.append(
            float(np.median(own)) if sizes.sum() >= 5 else float(np.median(pieces.line_px[members]))
        )
    return _fit(lines, marks, closed, widths, tolerance_px)


def _follow(
    pieces: Pieces, links: Links, seen: np.ndarray, arm: int
) -> tuple[np.ndarray, list[int], list[int]]:
    """Points of the line that begins at an arm, positions of its corners, and its pieces."""
    parts: list[np.ndarray] = []
    corners: list[int] = []
    members: list[int] = []
    length = 0

    def add(points: np.ndarray) -> None:
        nonlocal length
        parts.append(points)
        length += len(points)

    if arm in links.tails:
        add(links.tails[arm])
    while True:
        piece, side = divmod(arm, 2)
        seen[piece] = True
        members.append(piece)
        own = pieces.points[slice(*pieces.spans[piece])]
        add(own if side == 0 else own[::-1])
        leaving = arm ^ 1
        following = int(links.partner[leaving])
        if following < 0:
            if leaving in links.tails:
                add(links.tails[leaving])
            break
        if leaving in links.corners:
            corners.append(length + links.corners[leaving])
        add(links.bridges[leaving])
        if seen[following // 2]:
            break
        arm = following
    return np.concatenate(parts), corners, members


def _fit(
    lines: list[np.ndarray],
    marks: list[list[int]],
    closed: list[bool],
    widths: list[float],
    tolerance_px: float,
) -> list[Stroke]:
    """Fit cubics to lines; short ones are dots."""
    kept, breaks, smooth_seam = [], [], []
    offset = 0
    for line, corners, is_closed, width in zip(lines, marks, closed, widths, strict=True):
        extent = float(np.hypot(*np.ptp(line, axis=0)))
        if extent < max(DOT * width, 0.5):
            continue
        if is_closed:
            line, corners = _begin_on_smooth(line, corners)
        found = _corners(line, corners)
        kept.append(line)
        breaks.append(np.concatenate([[0], found, [len(line) - 1]]).astype(np.int64) + offset)
        smooth_seam.append(is_closed)
        offset += len(line)
    curves = iter(
        fit_curves(np.concatenate(kept), breaks, closed=smooth_seam, tolerance_px=tolerance_px)
        if kept
        else []
    )
    strokes = []
    for line, is_closed, width in zip(lines, closed, widths, strict=True):
        extent = float(np.hypot(*np.ptp(line, axis=0)))
        if extent < max(DOT * width, 0.5):
            strokes.append(Stroke(np.zeros((0, 4, 2)), line.mean(axis=0), width))
        else:
            cubics = next(curves)
            strokes.append(Stroke(cubics, cubics[0, 0], width, bool(is_closed)))
    return strokes


def _begin_on_smooth(line: np.ndarray, marked: list[int]) -> tuple[np.ndarray, list[int]]:
    """A closed line, whose last point is its first, that begins at no corner; and the marks on it."""
    body, k = line[:-1], CORNER_POINTS
    if len(body) <= 2 * k + 1:
        return line, marked
    turn = _turns(body - np.roll(body, k, axis=0), np.roll(body, -k, axis=0) - body)
    turn[[mark % len(body) for mark in marked]] = np.pi
    near = np.max([np.roll(turn, i) for i in range(-2 * k, 2 * k + 1)], axis=0)
    if near[0] <= np.radians(CORNER_DEG):
        return line, marked
    shift = int(np.argmin(near))
    body = np.roll(body, -shift, axis=0)
    return np.concatenate([body, body[:1]]), [(mark - shift) % len(body) for mark in marked]


def _turns(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angles between vectors, [N, 2] each, in 0..pi."""
    return np.abs(np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1)))


def _corners(line: np.ndarray, marked: list[int]) -> np.ndarray:
    """Positions of the corners of a line, without its ends."""
    count, k = len(line), CORNER_POINTS
    found = {i for i in marked if 0 < i < count - 1}
    if count > 2 * k + 1:
        turn = _turns(line[k:-k] - line[: -2 * k], line[2 * k :] - line[k:-k])
        for i in np.flatnonzero(turn > np.radians(CORNER_DEG)).tolist():
            near = turn[max(0, i - k) : i + k + 1]
            at = i + k
            if turn[i] == near.max() and not any(abs(at - other) <= k + 1 for other in found):
                found.add(at)
    return np.array(sorted(found), np.int64)


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
