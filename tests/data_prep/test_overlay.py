"""The grid on a page copy."""

import numpy as np
import pytest

from data_prep.grid import Grid, tile_centers
from data_prep.overlay import GRID_RGB, TILE_RGB, draw_grid


@pytest.mark.parametrize("channels", [1, 3])
def test_lines_and_centers_lie_where_they_are_told(channels):
    page = np.full((700, 700, channels), 200, np.uint8)
    before = page.copy()
    grid = Grid(150, rows=4, cols=4, offset_cell=(0.5, 0.5))  # cells of 128 px from 64, 64
    centers = tile_centers(grid, 100, 1)
    copy = draw_grid(page, grid, centers=centers, tile_px=100, label="a label")
    np.testing.assert_array_equal(page, before)
    assert copy.shape == (700, 700, 3)
    red, blue = (copy == GRID_RGB).all(-1), (copy == TILE_RGB).all(-1)
    for line in (192, 320, 448):
        assert red[line, 64:577].mean() > 0.9
        assert red[64:577, line].mean() > 0.9
    assert not red[600:].any()
    for x, y in centers:
        assert blue[y, x]
    assert (copy[620:, 620:] == 200).all()
