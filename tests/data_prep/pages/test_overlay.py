"""The grid on a page copy."""

import numpy as np
import pytest

from data_prep.pages.grid import Grid, tile_centers
from data_prep.pages.overlay import GRID_RGB, TILE_RGB, TOUCHING_RGB, draw_grid, draw_specimens


@pytest.mark.parametrize("channels", [1, 3])
def test_lines_and_centers_are_drawn_in_place(channels):
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


@pytest.mark.parametrize("channels", [1, 3])
def test_boxes_and_centers_of_specimens_are_drawn_in_place(channels):
    page = np.full((900, 700, channels), 200, np.uint8)
    before = page.copy()
    boxes = np.array([[100, 200, 300, 320], [400, 500, 520, 700]])
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    copy = draw_specimens(page, boxes, centers, touching=np.array([False, True]), crop_px=240)
    np.testing.assert_array_equal(page, before)
    assert copy.shape == (900, 700, 3)
    for box, center, rgb in zip(boxes, centers, (TILE_RGB, TOUCHING_RGB), strict=True):
        outline = (copy == rgb).all(-1)
        rows, cols = np.flatnonzero(outline.any(1)), np.flatnonzero(outline.any(0))
        drawn = np.array([cols[0], rows[0], cols[-1] + 1, rows[-1] + 1])
        np.testing.assert_allclose(drawn, box, atol=3)  # around the ink, which stays to be seen
        assert (np.abs(drawn - box) > 0).all()
        x, y = center.astype(int)
        assert (copy[y, x] == GRID_RGB).all()


def test_large_pages_are_reduced():
    page = np.full((100, 9000, 1), 255, np.uint8)
    box = np.array([[4000, 20, 5000, 80]])
    copy = draw_specimens(page, box, np.array([[4500, 50]]), touching=np.array([False]), crop_px=90)
    assert copy.shape == (34, 3000, 3)
    assert (copy[50 // 3, 4500 // 3] == GRID_RGB).all()
