import numpy as np

from fill.strokes.spurs import find_clean_graph, junction_radii
from fill.strokes.thinning import thin
from fill.strokes.tracing import distance_to_paper


def bar(*, bump_px):
    ink = np.zeros((50, 80), bool)
    ink[25:32, 5:75] = True
    ink[25 - bump_px : 25, 38:42] = True
    return ink


def clean(ink, spurs):
    return find_clean_graph(thin(ink), distance_to_paper(ink), spurs=spurs)


def test_bumps_are_removed_and_branches_stay():
    assert clean(bar(bump_px=2), 1.0).junction_count == 0
    assert clean(bar(bump_px=15), 1.0).junction_count == 1


def test_the_limit_is_a_multiple_of_half_the_width():
    assert clean(bar(bump_px=15), 10.0).junction_count == 0
    assert clean(bar(bump_px=15), 2.0).junction_count == 1


def test_radii_of_junctions_are_half_the_width_of_the_ink():
    ink = bar(bump_px=15)
    graph = clean(ink, 1.0)
    assert 3 <= junction_radii(graph, distance_to_paper(ink))[0] <= 5.5
