import numpy as np

from fill.strokes.graph import FREE
from fill.strokes.pieces import cut_pieces
from fill.strokes.profiles import Runs
from fill.strokes.spurs import find_clean_graph, junction_radii
from fill.strokes.thinning import thin
from fill.strokes.tracing import centers, distance_to_paper
from tests.fill.strokes.drawn import draw


def pieces_of(strokes, width):
    coverage = draw(strokes, width)
    ink = coverage > 0.37
    radius = distance_to_paper(ink)
    graph = find_clean_graph(thin(ink), radius, spurs=1.0)
    runs = Runs(graph.starts, graph.junctions[:, 0] == -2)
    points, widths = centers(runs, graph.pixels + 0.5, radius, coverage)
    return cut_pieces(graph, points, widths, junction_radii(graph, radius))


def test_pieces_of_a_crossing_meet_at_one_node_and_stay_away_from_it():
    pieces = pieces_of([[(8, 12), (56, 50)], [(10, 52), (54, 14)]], 7)
    assert len(pieces.centers) == 1
    assert sorted(pieces.nodes.reshape(-1).tolist()) == [FREE] * 4 + [0] * 4
    for low, high in pieces.spans:
        away = np.hypot(*(pieces.points[low:high] - pieces.centers[0]).T)
        assert away.min() > 3.5
    assert np.abs(pieces.line_px - 7).max() < 0.5


def test_a_sharp_corner_is_a_node_of_one_line():
    pieces = pieces_of([[(10, 52), (12, 12), (54, 14)]], 7)
    assert pieces.corners == 0
    assert len(pieces.centers) == len(pieces.between) == 1
    assert np.hypot(*(pieces.centers[0] - (12, 12))) < 3


def test_a_smooth_line_is_one_piece():
    assert len(pieces_of([[(8, 12), (56, 50)]], 5).spans) == 1
