"""The graph of thinned lines: branches of pixels between ends and junctions. Pure."""

import dataclasses

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from fill.strokes.thinning import LINKS, NEIGHBOURS, codes

FREE, CLOSED = -1, -2  # in place of a junction: an end, and both ends of a closed branch


@dataclasses.dataclass(frozen=True)
class Graph:
    """Branches of a thinned drawing. Branch b has the pixels starts[b] to starts[b + 1]."""

    pixels: np.ndarray  # int64 [N, 2], (x, y) along the branches
    starts: np.ndarray  # int64 [B + 1]
    junctions: np.ndarray  # int64 [B, 2], at the first and the last pixel; FREE or CLOSED
    junction_pixels: np.ndarray  # int64 [M, 2], (x, y); each belongs to no branch
    junction_of: np.ndarray  # int64 [M], junction of each of them

    @property
    def lengths(self) -> np.ndarray:
        """Number of pixels of each branch, int64 [B]."""
        return np.diff(self.starts)

    @property
    def junction_count(self) -> int:
        """Number of junctions."""
        return int(self.junction_of.max()) + 1 if len(self.junction_of) else 0


def find_graph(thinned: np.ndarray) -> Graph:
    """Follow the lines of a thinned drawing, bool [H, W].

    Pixels with three links or more form junctions, those in contact one junction.
    """
    height, width = thinned.shape
    padded = np.zeros((height + 2, width + 2), np.uint8)
    padded[1:-1, 1:-1] = thinned
    flat, steps = padded.reshape(-1), [dx + dy * (width + 2) for dx, dy in NEIGHBOURS]
    at = np.flatnonzero(flat)
    number = np.full(len(flat), -1, np.int64)
    number[at] = np.arange(len(at))
    links = LINKS[codes(flat, at, steps)]
    linked = ((links[:, None] >> np.arange(8)) & 1).astype(bool)  # [N, 8]
    degree = linked.sum(axis=1)
    neighbours = np.where(linked, number[at[:, None] + np.array(steps)], -1)
    is_junction = degree >= 3
    junction = _clusters(is_junction, neighbours)
    order, starts, ends = _follow(degree, neighbours, junction)
    pixels = np.stack([at % (width + 2) - 1, at // (width + 2) - 1], axis=1)
    there = np.flatnonzero(is_junction)
    return Graph(pixels[order], starts, ends, pixels[there], junction[there])


def _clusters(is_junction: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """Number of the junction of each pixel, -1 for others."""
    junction = np.full(len(is_junction), -1, np.int64)
    there = np.flatnonzero(is_junction)
    if not len(there):
        return junction
    near = neighbours[there]
    inside = (near >= 0) & is_junction[near]
    rank = np.full(len(is_junction), -1, np.int64)
    rank[there] = np.arange(len(there))
    rows, _ = np.nonzero(inside)
    shape = len(there), len(there)
    _, junction[there] = connected_components(
        coo_matrix((np.ones(len(rows), bool), (rows, rank[near[inside]])), shape=shape), directed=False
    )
    return junction


def _follow(
    degree: np.ndarray, neighbours: np.ndarray, junction: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels in the order of their branches, starts of the branches, and their junctions [B, 2]."""
    near = [[j for j in row if j >= 0] for row in neighbours.tolist()]
    cluster, seen = junction.tolist(), (degree >= 3).tolist()
    outer = (junction[neighbours] >= 0) & (neighbours >= 0)
    first = np.flatnonzero((degree < 3) & ((degree <= 1) | outer.any(axis=1))).tolist()
    rest = np.flatnonzero(degree == 2).tolist()
    order: list[int] = []
    starts, ends = [0], []
    for begin in first + rest:  # what is left of the second list lies on closed branches
        if seen[begin]:
            continue
        seen[begin] = True
        at_ends = [cluster[j] for j in near[begin] if cluster[j] >= 0]
        head = at_ends[0] if at_ends else FREE
        order.append(begin)
        here, tail = begin, at_ends[1] if len(at_ends) > 1 else FREE
        if len(at_ends) < 2:
            while True:
                following = [j for j in near[here] if not seen[j]]
                if not following:
                    beyond = [cluster[j] for j in near[here] if cluster[j] >= 0]
                    if here != begin:
                        tail = beyond[0] if beyond else FREE
                        if not beyond and begin in near[here] and len(order) - starts[-1] > 2:
                            head = tail = CLOSED
                    break
                here = following[0]
                seen[here] = True
                order.append(here)
        ends.append((head, tail))
        starts.append(len(order))
    return (
        np.array(order, np.int64),
        np.array(starts, np.int64),
        np.array(ends, np.int64).reshape(-1, 2),
    )
