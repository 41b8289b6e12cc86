"""Grid geometry: the published counts, and centres counted plainly."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError
from data_prep.pages.grid import Grid, cell_px, fit_grid, inside_page, tile_centers


def plain_centers(grid, tile_px, steps):
    """Centres found the slow way: try every pixel of the grid's box."""
    cell = int(grid.dpi / 300 * 256)
    x0, y0 = grid.offset_cell[0] * cell, grid.offset_cell[1] * cell
    pad = math.sqrt(tile_px**2 + tile_px**2) / 2
    left, top = int(x0 + pad), int(y0 + pad)
    right, bottom = int(x0 + grid.cols * cell - pad), int(y0 + grid.rows * cell - pad)
    return [
        (x, y)
        for y in range(top, bottom)
        for x in range(left, right)
        if (x - left) % (cell // steps) == 0 and (y - top) % (cell // steps) == 0
    ]


@pytest.mark.parametrize(
    ("dpi", "px"), [(300, 256), (600, 512), (1200, 1024), (75, 64), (299, 255), (150, 128)]
)
def test_cell(dpi, px):
    assert cell_px(dpi) == px


def test_published_counts():
    grid = Grid(300, rows=12, cols=18)
    assert len(tile_centers(grid, 512, 16)) == 243 * 147 == 35_721
    assert 46 * 35_721 == 1_643_166
    assert len(tile_centers(grid, 256, 2)) == 748


@pytest.mark.parametrize("offset", [(0, 0), (0.3, 0.71), (-0.4, 1.5)])
@pytest.mark.parametrize(("dpi", "tile_px", "steps"), [(75, 32, 1), (75, 64, 3), (100, 50, 7), (60, 2, 51)])
def test_centers_equal_a_plain_loop(offset, dpi, tile_px, steps):
    grid = Grid(dpi, rows=3, cols=4, offset_cell=offset)
    centers = tile_centers(grid, tile_px, steps)
    assert centers.dtype == np.int64
    assert [tuple(center) for center in centers.tolist()] == plain_centers(grid, tile_px, steps)


@given(
    dpi=st.integers(30, 120) | st.floats(30, 120),
    rows=st.integers(1, 4),
    cols=st.integers(1, 4),
    offset=st.tuples(st.floats(-1.5, 2), st.floats(-1.5, 2)),
    half=st.integers(1, 40),
    steps=st.integers(1, 110),
)
@settings(max_examples=80, deadline=None)
def test_any_grid_equals_a_plain_loop(dpi, rows, cols, offset, half, steps):
    grid = Grid(dpi, rows, cols, offset)
    try:
        centers = tile_centers(grid, 2 * half, steps).tolist()
    except InputError:
        centers = []
    cell = int(dpi / 300 * 256)
    expected = plain_centers(grid, 2 * half, steps) if steps <= cell else []
    assert [tuple(center) for center in centers] == expected


@given(
    height_px=st.integers(10, 900),
    width_px=st.integers(10, 900),
    dpi=st.floats(20, 300),
    offset=st.tuples(st.floats(0, 2), st.floats(0, 2)),
)
@settings(max_examples=150, deadline=None)
def test_a_fitted_grid_is_the_largest_on_the_page(height_px, width_px, dpi, offset):
    try:
        grid = fit_grid(height_px, width_px, dpi=dpi, offset_cell=offset)
    except InputError:
        cell = cell_px(dpi)
        assert (1 + offset[0]) * cell > width_px or (1 + offset[1]) * cell > height_px
        return
    cell, (_, _, x1, y1) = cell_px(dpi), grid.box_px
    slack = 1e-9 * cell  # of the sums
    assert x1 <= width_px + slack < x1 + cell + 2 * slack
    assert y1 <= height_px + slack < y1 + cell + 2 * slack


def test_rotation_circles_are_within_the_grid():
    grid = Grid(75, rows=3, cols=4, offset_cell=(0.5, 0.25))
    x0, y0, x1, y1 = grid.box_px
    centers = tile_centers(grid, 50, 8)
    reach = math.trunc(50 * math.sqrt(2) / 2)
    assert (centers - reach >= [math.trunc(x0), math.trunc(y0)]).all()
    assert (centers + reach <= [x1, y1]).all()


def test_centers_of_a_fitted_grid_are_on_the_page(rng):
    for _ in range(50):
        height_px, width_px = (int(side) for side in rng.integers(200, 500, 2))
        offset = tuple(rng.uniform(0, 1, 2))
        grid = fit_grid(height_px, width_px, dpi=75, offset_cell=offset)
        centers = tile_centers(grid, 32, 4)
        assert inside_page(centers, height_px, width_px, 32).all()


def test_auto_is_as_many_whole_cells_as_fit():
    for offset, rows, cols in [((0, 0), 4, 3), ((0.5, 0.6), 4, 2), ((0.9, 0.9), 3, 2)]:
        grid = fit_grid(300, 220, dpi=75, offset_cell=offset)  # 4.69 x 3.44 cells of 64 px
        assert (grid.rows, grid.cols) == (rows, cols)
        assert grid.box_px[2] <= 220
        assert grid.box_px[3] <= 300
    assert fit_grid(300, 220, dpi=75, rows=2, cols="auto") == Grid(75, 2, 3, (0.0, 0.0))


def test_inside_page_masks_centers_that_leave_the_page():
    grid = Grid(75, rows=6, cols=6)  # 384 px on a page of 300 x 220
    centers = tile_centers(grid, 32, 2)
    reach = 22
    expected = [reach <= x <= 220 - reach and reach <= y <= 300 - reach for x, y in centers.tolist()]
    assert inside_page(centers, 300, 220, 32).tolist() == expected
    assert 0 < sum(expected) < len(expected)


@pytest.mark.parametrize(
    ("tile_px", "steps", "error"),
    [
        (32, 0, "--steps 0:"),
        (32, 65, "--steps 65:"),
        (0, 1, "--tile-px 0:"),
        (31, 1, "even"),
        (200, 1, "--tile-px 200: a rotated tile needs 284 px"),
    ],
)
def test_settings_are_checked(tile_px, steps, error):
    with pytest.raises(InputError, match=error):
        tile_centers(Grid(75, rows=3, cols=4), tile_px, steps)


@pytest.mark.parametrize(
    "options",
    [
        {"dpi": 0},
        {"dpi": 1},
        {"dpi": math.inf},
        {"dpi": math.nan},
        {"dpi": -300},
        {"dpi": 600},
        {"dpi": 75, "rows": 0},
    ],
)
def test_pages_without_a_whole_cell_are_refused(options):
    with pytest.raises(InputError, match="--dpi"):
        fit_grid(300, 220, **options)
