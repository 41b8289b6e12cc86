import numpy as np

from fill.strokes.graph import CLOSED, FREE, find_graph


def lines(*rows):
    return np.array([[c != "." for c in row] for row in rows])


def test_a_line_is_one_branch_in_order():
    graph = find_graph(lines(".......", ".##....", "...##..", ".....#."))
    assert graph.junctions.tolist() == [[FREE, FREE]]
    steps = np.abs(np.diff(graph.pixels, axis=0)).max(axis=1)
    assert len(graph.pixels) == 5
    assert (steps == 1).all()


def test_a_loop_is_closed():
    graph = find_graph(lines(".##.", "#..#", "#..#", ".##."))
    assert graph.junctions.tolist() == [[CLOSED, CLOSED]]
    assert len(graph.pixels) == 8


def test_a_crossing_has_four_branches_at_one_junction():
    graph = find_graph(lines("..#..", "..#..", "#####", "..#..", "..#.."))
    assert graph.junction_count == 1
    assert graph.junction_pixels.tolist() == [[2, 2]]
    assert sorted(graph.lengths.tolist()) == [2, 2, 2, 2]
    assert sorted(map(tuple, graph.junctions.tolist())) == [(FREE, 0)] * 4 or (
        {tuple(sorted(pair)) for pair in graph.junctions.tolist()} == {(FREE, 0)}
    )


def test_every_pixel_is_on_one_branch_or_junction():
    thinned = lines("#...#", ".#.#.", "..#..", ".#.#.", "#...#")
    graph = find_graph(thinned)
    found = np.zeros_like(thinned, int)
    for x, y in [*graph.pixels.tolist(), *graph.junction_pixels.tolist()]:
        found[y, x] += 1
    np.testing.assert_array_equal(found, thinned.astype(int))


def test_a_blank_drawing_has_no_branches():
    graph = find_graph(np.zeros((4, 5), bool))
    assert len(graph.lengths) == 0
    assert graph.junction_count == 0
