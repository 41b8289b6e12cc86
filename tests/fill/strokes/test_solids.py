"""Solid shapes against lines."""

import cv2
import numpy as np

from fill.strokes.bezier import flatten_cubics
from fill.strokes.config import SheetConfig, TraceConfig
from fill.strokes.drawing import find_ink, vectorize
from fill.strokes.solids import find_solids
from fill.strokes.tracing import distance_to_paper, trace
from tests.fill.strokes.drawn import draw, farthest, image_of

LINES = [[(10, 20), (150, 24)], [(12, 150), (150, 140)], [(20, 30), (24, 140)]]


def drawing(*shapes):
    """Lines of 4 px and filled polygons, coverage float32 [160, 160]."""
    filled = np.zeros((160, 160), np.uint8)
    for shape in shapes:
        cv2.fillPoly(filled, [np.round(np.array(shape) * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return np.maximum(draw(LINES, 4, size=160), filled / 255).astype(np.float32)


def filled(parts, size):
    """Pixels whose centre is in a shape, by the even-odd rule: bool [size, size]."""
    lines = [(flatten_cubics(part) - 0.5).astype(np.float32) for part in parts]
    crossed = [
        [sum(cv2.pointPolygonTest(line, (x, y), False) > 0 for line in lines) for x in range(size)]
        for y in range(size)
    ]
    return np.array(crossed) % 2 == 1


TRIANGLE = [(60, 60), (110, 64), (80, 110)]


def test_a_solid_shape_is_an_outline_and_lines_stay_strokes():
    coverage = drawing(TRIANGLE)
    found = trace(coverage > 0.37, coverage, TraceConfig())
    (solid,) = found.solids
    ink = drawing(TRIANGLE)[56:114, 56:114] > 0.5
    differs = filled(solid.parts, 160)[56:114, 56:114] != ink
    assert differs.sum() <= 0.03 * ink.sum()
    assert len(found.strokes) == 3
    assert max(farthest(found.strokes, LINES)) < 0.5
    assert max(stroke.width_px for stroke in found.strokes) < 5


def test_a_line_reaches_the_shape_it_ends_at():
    coverage = np.maximum(drawing(TRIANGLE), draw([[(80, 108), (84, 135)]], 4, size=160))
    found = trace(coverage > 0.37, coverage, TraceConfig())
    assert len(found.solids) == 1
    assert len(found.strokes) == 4
    tips = np.concatenate([[stroke.start, stroke.end] for stroke in found.strokes])
    assert np.hypot(*(tips - (80, 108)).T).min() < 6


def test_wide_lines_dots_and_crossings_are_no_shapes():
    for shapes in ([], [[(60, 40), (75, 40), (75, 130), (60, 130)]]):
        ink = drawing(*shapes) > 0.37
        assert not find_solids(ink, distance_to_paper(ink)).any()
    ink = draw([[(40, 40), (120, 120)], [(40, 120), (120, 40)], [(20, 80), (140, 80)]], 9, size=160) > 0.37
    assert not find_solids(ink, distance_to_paper(ink)).any()


def test_a_hole_stays_open_and_the_layer_is_filled():
    hole = [(74, 72), (90, 74), (80, 88)]
    coverage = drawing([(50, 50), (120, 55), (80, 120)])
    inner = np.zeros((160, 160), np.uint8)
    cv2.fillPoly(inner, [np.array(hole, np.int32)], 1)
    inked = find_ink(image_of(np.where(inner, 0, coverage)), TraceConfig())
    made = vectorize(inked, TraceConfig(), SheetConfig(pens=2), mm_per_px=0.5)
    solid, ink = made.document.layers
    assert (solid.label, solid.filled, solid.color) == ("solid", True, ink.color)
    assert len(solid.paths[0].parts) == 2
