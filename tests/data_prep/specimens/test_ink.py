"""Which cells of a page hold ink."""

import numpy as np
import pytest
from scipy import ndimage

from data_prep.specimens.ink import ink_cells, ink_levels, without_rules


@pytest.mark.parametrize("factor", [1, 2, 5])
def test_a_cell_holds_ink_if_any_pixel_does(rng, factor):
    gray = rng.integers(0, 256, (37, 52)).astype(np.uint8)
    cells = ink_cells(gray, 8, factor)
    slow = np.add.reduceat(gray < 8, np.arange(0, 37, factor), axis=0)
    slow = np.add.reduceat(slow, np.arange(0, 52, factor), axis=1) > 0
    np.testing.assert_array_equal(cells, slow)


@pytest.mark.parametrize(("paper", "ink", "grain"), [(255, 0, 0), (230, 40, 4), (120, 20, 3), (240, 180, 2)])
def test_levels_part_paper_from_ink(rng, paper, ink, grain):
    page = np.where(rng.random((400, 300)) < 0.06, ink, paper)
    gray = np.clip(page + rng.normal(0, grain, page.shape), 0, 255).astype(np.uint8)
    levels = ink_levels(gray)
    assert abs(levels.paper - paper) <= 2
    np.testing.assert_array_equal(gray < levels.threshold, page == ink)


def test_levels_are_those_of_the_sheet(rng):
    gray = np.full((400, 300), 30, np.uint8)
    gray[100:, 100:] = 200
    gray[200:210, 150:250] = 90
    mask = np.zeros((100, 75), bool)
    mask[25:, 25:] = True
    levels = ink_levels(gray, mask=mask, factor=4)
    assert levels.paper == 200
    assert 90 < levels.threshold < 190
    assert ink_levels(gray, mask=np.zeros_like(mask), factor=4).threshold == 0


@pytest.mark.parametrize("slope", [0, 0.03, -0.08])
@pytest.mark.parametrize("transposed", [False, True])
def test_lines_across_the_sheet_are_removed_drawings_are_not(slope, transposed):
    shape = (500, 400)
    y, x = np.mgrid[: shape[0], : shape[1]]
    drawing = np.hypot(x - 150, y - 150) < 60
    drawing |= np.abs(np.hypot(x - 260, y - 350) - 50) < 3
    line = np.abs(x - 250 - slope * (y - 250)) < 1
    ink = drawing | line
    short = line & (y < 200)  # a line that is part of a drawing
    if transposed:
        drawing, ink, short = drawing.T, ink.T, short.T
    sheet = np.ones(ink.shape, bool)
    left = without_rules(ink, sheet)
    near = ndimage.binary_dilation(drawing, np.ones((3, 3)), iterations=8)  # where both meet, ink is thick
    assert not (left & ~near).any()
    assert (left & drawing).sum() > 0.95 * drawing.sum()
    np.testing.assert_array_equal(without_rules(drawing | short, sheet), drawing | short)
