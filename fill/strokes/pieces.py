"""Clean pieces of branches, without the surroundings of junctions, corners and ends. Pure.

There the ink is wider than the line, and its middle is not the centre of the line. What is left out is
reconstructed from the pieces around it, see junctions.
"""

import dataclasses

import numpy as np

from fill.strokes.graph import CLOSED, Graph

WIDER, WIDER_PX = 1.1, 0.25  # than the line: ink of more than one line
FEWEST = 3  # points of a piece
NARROWER = 0.9  # than the line: within a round end
END = 0.3  # of half the width, left out at free ends
LINK_PX = 2.0  # junctions closer than half the width and this are one


@dataclasses.dataclass
class Pieces:
    """Runs of points between nodes; arm 2 p is the start of piece p, arm 2 p + 1 its end."""

    points: np.ndarray  # float64 [N, 2]
    widths: np.ndarray  # float64 [N], px
    spans: np.ndarray  # int64 [P, 2], half-open
    nodes: np.ndarray  # int64 [P, 2], node at the start and the end; FREE or CLOSED
    line_px: np.ndarray  # float64 [P], width of the line
    corners: int  # nodes from this number on are corners of one line
    centers: np.ndarray  # float64 [nodes, 2]
    radii: np.ndarray  # float64 [nodes]
    between: list[np.ndarray]  # float64 [M, 2] for each corner: the points that were left out


def cut_pieces(graph: Graph, points: np.ndarray, widths: np.ndarray, junction_radii: np.ndarray) -> Pieces:
    """Cut branches into clean pieces.

    Args:
        graph: the branches.
        points: float64 [N, 2], centres of the lines, in the order of the graph's pixels.
        widths: float64 [N], px.
        junction_radii: float64 [J], half the width of the ink at the junctions.
    """
    lines = [_line_width(graph, widths, junction_radii, branch) for branch in range(len(graph.lengths))]
    node_of, dropped = _merge_junctions(graph, widths, junction_radii, lines)
    count = int(node_of.max()) + 1 if len(node_of) else 0
    radii = np.zeros(count)
    np.maximum.at(radii, node_of, junction_radii)
    sums, sizes = np.zeros((count, 2)), np.zeros(count)
    of = node_of[graph.junction_of] if count else graph.junction_of
    np.add.at(sums, of, graph.junction_pixels + 0.5)
    np.add.at(sizes, of, 1)
    centers = [*(sums / np.maximum(sizes, 1)[:, None])]
    all_radii, between = [*radii], []
    points, widths = points.copy(), widths.copy()
    spans: list[tuple[int, int]] = []
    nodes: list[tuple[int, int]] = []
    line_px: list[float] = []
    for branch in range(len(graph.lengths)):
        if dropped[branch]:
            continue
        begin, end = graph.starts[branch], graph.starts[branch + 1]
        head, tail = (node_of[j] if j >= 0 else j for j in graph.junctions[branch])
        line, wide = lines[branch], WIDER * lines[branch] + WIDER_PX
        if head == CLOSED:
            shift = _clean_start(widths[begin:end] > wide)
            points[begin:end] = np.roll(points[begin:end], -shift, axis=0)
            widths[begin:end] = np.roll(widths[begin:end], -shift)
            zones = _zones(widths[begin:end] > wide, end - begin, line)
            if zones:  # begin behind the first corner, so that it comes last
                shift = zones[0][1]
                points[begin:end] = np.roll(points[begin:end], -shift, axis=0)
                widths[begin:end] = np.roll(widths[begin:end], -shift)
                last = (end - begin - shift + zones[0][0], end - begin)
                zones = [*[(a - shift, b - shift) for a, b in zones[1:]], last]
            low, high = begin, end
        else:
            own_widths = widths[begin:end]
            ends = [
                _left_out(junction, junction_radii, along, line)
                for junction, along in zip(
                    graph.junctions[branch], (own_widths, own_widths[::-1]), strict=True
                )
            ]
            low, high = _clean_span(widths[begin:end] > wide, *ends)
            low, high = begin + low, begin + high
            zones = _zones(widths[low:high] > wide, high - low, line)
            zones = [(a + low - begin, b + low - begin) for a, b in zones]
        first_node, at, own = head, low, len(nodes)
        for a, b in zones:
            corner = len(centers)
            between.append(points[begin + a : begin + b])
            centers.append(between[-1][len(between[-1]) // 2])
            all_radii.append(float(widths[begin + a : begin + b].max()) / 2)
            spans.append((at, begin + a))
            nodes.append((first_node, corner))
            line_px.append(line)
            first_node, at = corner, begin + b
        if head == CLOSED and zones:
            nodes[own] = (first_node, nodes[own][1])  # the last corner leads to the first piece
            continue
        spans.append((at, high))
        nodes.append((first_node, tail))
        line_px.append(line)
    return Pieces(
        points,
        widths,
        np.array(spans, np.int64).reshape(-1, 2),
        np.array(nodes, np.int64).reshape(-1, 2),
        np.array(line_px),
        count,
        np.array(centers).reshape(-1, 2),
        np.array(all_radii),
        between,
    )


def _left_out(junction: int, radii: np.ndarray, widths: np.ndarray, line_px: float) -> float:
    """Length to leave out at an end: the ink of a junction, or a round end, where the line is narrower."""
    if junction >= 0:
        return float(radii[junction])
    narrow = np.flatnonzero(widths[: int(np.ceil(line_px))] < NARROWER * line_px)
    return (int(narrow[-1]) + 1 if len(narrow) else 0) + END * line_px / 2


def _line_width(graph: Graph, widths: np.ndarray, radii: np.ndarray, branch: int) -> float:
    """Width of the line of a branch: the median, away from its junctions."""
    own = widths[graph.starts[branch] : graph.starts[branch + 1]]
    head, tail = (int(np.ceil(radii[j])) if j >= 0 else 1 for j in graph.junctions[branch])
    inner = own[head : len(own) - tail]
    return float(np.median(inner)) if len(inner) >= FEWEST else float(own.min())


def _clean_span(is_wide: np.ndarray, head_px: float, tail_px: float) -> tuple[int, int]:
    """Span of a branch without its ends: at least these lengths, and further where the line is too wide."""
    count = len(is_wide)
    low, high = int(np.ceil(head_px)), count - int(np.ceil(tail_px))
    clean = np.flatnonzero(~is_wide[max(low, 0) : max(high, 0)])
    if len(clean):
        low, high = low + int(clean[0]), low + int(clean[-1]) + 1
    if high - low < FEWEST:
        middle = int(np.clip(round((low + high - 1) / 2), 0, count - 1))
        half = (min(FEWEST, count) - 1) / 2
        low = int(np.clip(middle - half, 0, max(0, count - FEWEST)))
        high = min(count, low + FEWEST)
    return low, high


def _clean_start(is_wide: np.ndarray) -> int:
    """Position on a closed branch from which on it is not too wide for longest, but half of that before."""
    edges = np.flatnonzero(is_wide)
    if not len(edges):
        return 0
    gaps = np.diff(edges, append=edges[0] + len(is_wide))
    longest = int(np.argmax(gaps))
    return int(edges[longest] + (gaps[longest] + 1) // 2) % len(is_wide)


def _zones(is_wide: np.ndarray, count: int, line_px: float) -> list[tuple[int, int]]:
    """Inner runs where a line is too wide, half-open, if it is wide enough for that to matter."""
    if line_px < 1.5 or count < 2 * FEWEST:
        return []
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_wide, [False]]).astype(np.int8)))
    runs = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    merged: list[tuple[int, int]] = []
    for a, b in runs:
        a, b = a - 1, b + 1
        if merged and a - merged[-1][1] < FEWEST:
            merged[-1] = (merged[-1][0], b)
        else:
            merged.append((a, b))
    return [(a, b) for a, b in merged if a >= FEWEST and count - b >= FEWEST and b - a >= 3]


def _merge_junctions(
    graph: Graph, widths: np.ndarray, radii: np.ndarray, lines: list[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Node of each junction, int64 [J], and which branches lie within a node, bool [B].

    Thinning splits a crossing in two junctions, joined by a short branch whose ink is that of both lines.
    """
    parent = list(range(len(radii)))

    def root(j: int) -> int:
        while parent[j] != j:
            parent[j] = parent[parent[j]]
            j = parent[j]
        return j

    around = _lines_around(graph, lines)
    dropped = np.zeros(len(graph.lengths), bool)
    for branch in np.argsort(graph.lengths, kind="stable").tolist():
        a, b = graph.junctions[branch].tolist()
        if a < 0 or b < 0:
            continue
        length, own = graph.lengths[branch], widths[graph.starts[branch] : graph.starts[branch + 1]]
        reach = max(radii[a], radii[b])
        near = length <= reach + LINK_PX
        if not near and length <= 5 * reach:  # two lines at an acute angle
            others = [line for j in (a, b) for other, line in around[j] if other != branch]
            near = len(others) >= 3 and float(own.min()) > 1.2 * float(np.median(others)) + 0.5
        if near:
            parent[root(a)] = root(b)
            dropped[branch] = True
    roots = [root(j) for j in range(len(parent))]
    _, node = np.unique(np.array(roots, np.int64), return_inverse=True)
    return node.astype(np.int64), dropped


def _lines_around(graph: Graph, lines: list[float]) -> list[list[tuple[int, float]]]:
    """Branches at each junction, and the widths of their lines."""
    around: list[list[tuple[int, float]]] = [[] for _ in range(graph.junction_count)]
    for branch, ends in enumerate(graph.junctions.tolist()):
        for j in ends:
            if j >= 0:
                around[j].append((branch, lines[branch]))
    return around
