import numpy as np
import pytest

from fill.strokes.config import TraceConfig
from fill.strokes.tracing import distance_to_paper, trace, without_specks
from tests.fill.strokes.drawn import arc, draw, farthest

CONFIG = TraceConfig()


def traced(strokes, width, size=64):
    coverage = draw(strokes, width, size)
    return trace(coverage > 0.37, coverage, CONFIG)


@pytest.mark.parametrize("width", [1, 3, 5, 9])
def test_a_curve_is_one_stroke_near_the_line_and_ends_where_the_pen_did(width):
    line = arc((32, 40), 24, 190, 340)
    found = traced([line], width)
    assert len(found.strokes) == 1
    assert max(farthest(found.strokes, [line])) < 0.55
    assert abs(found.strokes[0].width_px - width) < 0.35
    assert len(found.junctions) == 0


@pytest.mark.parametrize("width", [2, 5, 9])
def test_crossing_lines_are_two_strokes_and_one_junction(width):
    lines = [[(8, 12), (56, 50)], [(10, 52), (54, 14)]]
    found = traced(lines, width)
    assert len(found.strokes) == 2
    assert len(found.junctions) == 1
    assert max(farthest(found.strokes, lines)) < 0.5


@pytest.mark.parametrize("width", [2, 5, 9])
def test_a_line_that_ends_on_another_leaves_that_one_straight(width):
    lines = [[(6, 20.4), (58, 20.4)], [(31.7, 20.4), (31.7, 56)]]
    found = traced(lines, width)
    assert len(found.strokes) == 2
    assert max(farthest(found.strokes, lines)) < 0.5
    assert np.hypot(*(found.junctions[0] - (31.7, 20.4))) < 0.7


@pytest.mark.parametrize("width", [2, 5, 9])
def test_a_corner_stays_sharp_and_one_stroke(width):
    line = [(10, 52), (12, 12), (54, 14)]
    found = traced([line], width)
    assert len(found.strokes) == 1
    assert max(farthest(found.strokes, [line])) < 0.6


@pytest.mark.parametrize("width", [2, 5, 9])
def test_all_corners_of_a_closed_line_are_sharp(width):
    line = [(12, 14), (50, 14), (50, 46), (12, 46), (12, 14)]
    (stroke,) = traced([line], width).strokes
    assert stroke.closed
    assert max(farthest([stroke], [line])) < 0.6


def test_a_circle_is_one_closed_stroke():
    line = arc((32, 32), 20, 0, 360)
    found = traced([line], 3)
    assert [stroke.closed for stroke in found.strokes] == [True]
    assert max(farthest(found.strokes, [line])) < 0.4
    np.testing.assert_allclose(found.strokes[0].start, found.strokes[0].end)


def test_a_dot_is_a_stroke_without_length():
    found = traced([[(20.3, 30.6), (20.31, 30.6)]], 6)
    assert len(found.strokes) == 1
    assert len(found.strokes[0].cubics) == 0
    assert np.hypot(*(found.strokes[0].start - (20.3, 30.6))) < 0.5


def test_blank_paper_has_no_strokes():
    blank = np.zeros((20, 30), np.float32)
    found = trace(blank > 0, blank, CONFIG)
    assert found.strokes == ()
    assert found.size_px == (30, 20)


def test_reversing_twice_changes_nothing():
    stroke = traced([arc((32, 40), 24, 190, 340)], 3).strokes[0]
    back = stroke.reversed()
    np.testing.assert_array_equal(back.start, stroke.end)
    np.testing.assert_array_equal(back.reversed().cubics, stroke.cubics)


def test_specks_are_connected_ink_of_few_pixels():
    ink = np.zeros((8, 8), bool)
    ink[1, 1] = ink[2, 2] = True  # one part of two pixels
    ink[5, 2:7] = True
    assert without_specks(ink, least_px=3).sum() == 5
    assert without_specks(ink, least_px=2).sum() == 7


def test_distance_to_paper_is_half_the_width():
    ink = np.zeros((11, 30), bool)
    ink[3:8] = True
    assert distance_to_paper(ink)[5, 15] == 2.5
