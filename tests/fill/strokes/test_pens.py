import numpy as np

from fill.strokes.config import TraceConfig
from fill.strokes.drawing import find_ink
from fill.strokes.pens import choose_pens
from fill.strokes.tracing import trace
from tests.fill.strokes.drawn import draw


def pens_of(image, count):
    """Number of strokes of each pen, by its colour."""
    inked = find_ink(image, TraceConfig())
    pens = choose_pens(trace(inked.ink, inked.coverage, TraceConfig()).strokes, image, count=count)
    return dict(zip(pens.colors, np.bincount(pens.of).tolist(), strict=True))


def test_pens_are_colours_of_the_ink_darkest_first():
    image = np.full((64, 64, 3), 255, np.uint8)
    for line, color in (([(8, 10), (56, 12)], (200, 0, 0)), ([(8, 40), (56, 45)], (0, 0, 160))):
        image[draw([line], 4) > 0.5] = color
    assert list(pens_of(image, 2).items()) == [("#0000a0", 1), ("#c80000", 1)]
    assert len(pens_of(image, 5)) == 2
    assert list(pens_of(image, 1).values()) == [2]


def test_thin_and_thick_lines_of_one_ink_have_one_pen():
    black = draw([[(8, 8), (56, 9)]], 5) + draw([[(8, 24), (56, 25.5)], [(8, 56), (56, 56)]], 1)
    blue = draw([[(8, 40), (56, 41.5)]], 1)
    image = np.rint(255 - 255 * np.dstack([black + blue, black + blue, black + 0.2 * blue])).astype(np.uint8)
    found = pens_of(image, 2)
    assert found.pop("#000000") == 3
    ((color, strokes),) = found.items()
    assert strokes == 1
    assert color.startswith("#0000")
