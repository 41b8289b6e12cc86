"""Remove spurs: short side branches that thinning makes at bumps of an edge and at square ends. Pure."""

import numpy as np

from fill.strokes.graph import FREE, Graph, find_graph

MAX_PASSES = 4
LEAST_PX = 1.5


def find_clean_graph(thinned: np.ndarray, radius: np.ndarray, *, spurs: float) -> Graph:
    """The graph of thinned lines, bool [H, W], without spurs.

    A spur ends free and protrudes from the ink of its junction by less than a multiple of half the width of
    the line there. Of spurs at one junction the shortest is removed first, as the others may then go on.

    Args:
        thinned: bool [H, W].
        radius: float32 [H, W], distance to the paper.
        spurs: that multiple; 0 removes none.
    """
    graph = find_graph(thinned)
    for _ in range(MAX_PASSES if spurs > 0 else 0):
        gone = _spurs(graph, radius, spurs)
        if not len(gone):
            break
        thinned = thinned.copy()
        for branch in gone:
            x, y = graph.pixels[graph.starts[branch] : graph.starts[branch + 1]].T
            thinned[y, x] = False
        graph = find_graph(thinned)
    return graph


def _spurs(graph: Graph, radius: np.ndarray, spurs: float) -> np.ndarray:
    """Branches to remove, at most one of each junction."""
    free = graph.junctions == FREE
    side = np.flatnonzero(free.any(axis=1) & (graph.junctions >= 0).any(axis=1))
    if not len(side):
        return side
    tip = np.where(free[side, 0], graph.starts[side], graph.starts[side + 1] - 1)
    junction = graph.junctions[side].max(axis=1)
    wide = junction_radii(graph, radius)[junction]
    protrusion = graph.lengths[side] + radius[graph.pixels[tip, 1], graph.pixels[tip, 0]] - wide
    short = protrusion < np.maximum(spurs * wide, LEAST_PX)
    side, junction, protrusion = side[short], junction[short], protrusion[short]
    order = np.lexsort((side, protrusion))
    _, first = np.unique(junction[order], return_index=True)
    return side[order[first]]


def junction_radii(graph: Graph, radius: np.ndarray) -> np.ndarray:
    """Largest distance to the paper within each junction, float64 [J]."""
    radii = np.zeros(graph.junction_count)
    x, y = graph.junction_pixels.T
    np.maximum.at(radii, graph.junction_of, radius[y, x])
    return radii
