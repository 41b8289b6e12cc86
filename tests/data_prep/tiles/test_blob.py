"""Tiles: exact where pixels only move, those of a plain sampler elsewhere, decided by (seed, page, index)."""

import math

import cv2
import numpy as np
import pytest

from data_prep.images.resize import resize
from data_prep.pages.grid import Grid, tile_centers
from data_prep.pages.sheet import paper_color
from data_prep.tiles.blob import blob_tiles, choose, cut_tile, tile_indices
from tests.data_prep.conftest import drawing


def sample(page, center, angle_deg, mirrored, tile_px):
    """The same tile by the plain definition, float64: each pixel looks up its place among 4 x 4 others."""
    half, turn = tile_px / 2, math.radians(angle_deg)
    around = np.arange(-1, 3)
    tile = np.empty((tile_px, tile_px, page.shape[2]))
    for row in range(tile_px):
        for col in range(tile_px):
            right, up = col + 0.5 - half, half - row - 0.5
            # Turning the drawing counter-clockwise: look clockwise of this pixel.
            x = right * math.cos(turn) + up * math.sin(turn)
            y = -right * math.sin(turn) + up * math.cos(turn)
            x, y = center[0] + (-x if mirrored else x) - 0.5, center[1] - y - 0.5
            columns, rows = math.floor(x) + around, math.floor(y) + around
            near = page[np.clip(rows, 0, page.shape[0] - 1)][:, np.clip(columns, 0, page.shape[1] - 1)]
            tile[row, col] = np.einsum("i,ijc,j->c", keys(y - rows), near, keys(x - columns))
    return np.clip(tile, 0, 255)


def keys(distance, a=-0.75):
    """The cubic of Keys 1981, equations 4 and 6 with a free."""
    d = np.abs(distance)
    near, far = (a + 2) * d**3 - (a + 3) * d**2 + 1, a * (d**3 - 5 * d**2 + 8 * d - 4)
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("mirrored", [False, True])
def test_right_angles_only_move_pixels(rng, channels, mirrored):
    page = rng.integers(0, 256, (90, 110, channels), np.uint8)
    crop = page[41 - 12 : 41 + 12, 50 - 12 : 50 + 12]
    expected = crop[:, ::-1] if mirrored else crop
    for turns in range(-2, 6):
        tile = cut_tile(page, (50, 41), 90 * turns, mirrored, 24)
        np.testing.assert_array_equal(tile, np.rot90(expected, turns))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle_deg", [0.01, 37, 90.01, 123.4, 300])
@pytest.mark.parametrize("center", [(61, 48), (5, 98)])  # the second reaches over two edges
def test_other_angles_are_those_of_the_plain_sampler(rng, channels, mirrored, angle_deg, center):
    """On noise, the steepest page there is: half a level of rounding, and places in float32.

    They are wrong by some 1e-5 px where the cubic rises by at most 255 * 3 levels per px and axis.
    """
    page = rng.integers(0, 256, (100, 120, channels), np.uint8)
    tile = cut_tile(page, center, angle_deg, mirrored, 32)
    assert tile.shape == (32, 32, channels)
    assert np.abs(tile - sample(page, center, angle_deg, mirrored, 32)).max() < 0.52


def test_threads_do_not_change_pixels(rng):
    page, threads = rng.integers(0, 256, (900, 900, 3), np.uint8), cv2.getNumThreads()
    try:
        tiles = []
        for count in (1, 4):
            cv2.setNumThreads(count)
            tiles.append(cut_tile(page, (450, 450), 33, True, 600))
    finally:
        cv2.setNumThreads(threads)
    np.testing.assert_array_equal(*tiles)


def test_lines_are_antialiased():
    page = np.full((100, 100, 1), 255, np.uint8)
    page[:, 49:52] = 0
    values = np.unique(cut_tile(page, (50, 50), 30, False, 40))
    assert len(values) > 20


def test_outside_repeats_the_edge_or_is_paper(rng):
    page = drawing(rng, 60, 60, 3)
    for angle_deg in (0, 45):
        repeated = cut_tile(page, (3, 3), angle_deg, False, 32)
        assert repeated.min() >= page[:20, :20].min() - 30
        filled = cut_tile(page, (3, 3), angle_deg, False, 32, paper=(1, 2, 3))
        np.testing.assert_array_equal(filled[2, 2], (1, 2, 3))
        np.testing.assert_array_equal(filled[16, 16], repeated[16, 16])


def test_tiles_depend_on_seed_page_and_index_alone(rng):
    page, grid = drawing(rng, 260, 260), Grid(75, rows=4, cols=4)
    options = {"name": "a.png", "tile_px": 32, "steps": 2, "seed": 5}
    tiles = list(blob_tiles(page, grid, **options))
    assert [tile.index for tile in tiles] == list(range(len(tile_centers(grid, 32, 2))))
    some = list(blob_tiles(page, grid, **options, indices=[17, 3]))
    for tile in some:
        assert tile.source == tiles[tile.index].source
        np.testing.assert_array_equal(tile.image, tiles[tile.index].image)
    larger = list(blob_tiles(page, Grid(75, rows=4, cols=4, offset_cell=(0.01, 0)), **options))
    assert [tile.angle_deg for tile in larger] == [tile.angle_deg for tile in tiles]
    for changed in ({"seed": 6}, {"name": "b.png"}):
        others = list(blob_tiles(page, grid, **(options | changed)))
        assert not any(a.angle_deg == b.angle_deg for a, b in zip(tiles, others, strict=True))


def test_tiles_equal_cuts_from_their_recorded_sources(rng):
    page, grid = drawing(rng, 260, 260, 3), Grid(75, rows=4, cols=4)
    for tile in blob_tiles(page, grid, name="a.png", tile_px=32, steps=1, size=16):
        source = tile.source
        cut = cut_tile(page, source["center_px"], source["angle_deg"], source["mirrored"], 32)
        np.testing.assert_array_equal(tile.image, resize(cut, 16, 16))


def test_angles_are_uniform_and_half_of_the_tiles_mirrored():
    page, grid = np.zeros((640, 640, 1), np.uint8), Grid(75, rows=10, cols=10)
    tiles = list(blob_tiles(page, grid, name="a.png", tile_px=2, steps=5, size=1))
    angles = np.array([tile.angle_deg for tile in tiles])
    assert len(tiles) > 2000
    counts = np.histogram(angles, bins=8, range=(0, 360))[0] / len(tiles)
    np.testing.assert_allclose(counts, 1 / 8, atol=0.03)
    assert abs(np.mean([tile.mirrored for tile in tiles]) - 0.5) < 0.04


def test_tiles_that_leave_the_page_are_skipped_or_filled(rng):
    page, grid = drawing(rng, 200, 200), Grid(75, rows=4, cols=4)  # 256 px of cells
    centers = tile_centers(grid, 32, 2)
    stored = tile_indices(centers, 200, 200, tile_px=32)
    skipping = list(blob_tiles(page, grid, name="a.png", tile_px=32, steps=2))
    filling = list(blob_tiles(page, grid, name="a.png", tile_px=32, steps=2, outside="paper"))
    assert [tile.index for tile in skipping] == stored.tolist()
    assert len(filling) == len(centers) > len(skipping)
    for tile in skipping:
        np.testing.assert_array_equal(tile.image, filling[tile.index].image)


def test_chosen_tiles_are_a_seeded_subset():
    indices = np.arange(10, 60)
    chosen = choose(indices, count=20, seed=3, name="a.png")
    assert len(chosen) == 20
    assert set(chosen) < set(indices)
    assert (np.diff(chosen) > 0).all()
    np.testing.assert_array_equal(chosen, choose(indices, count=20, seed=3, name="a.png"))
    assert set(chosen) != set(choose(indices, count=20, seed=4, name="a.png"))
    np.testing.assert_array_equal(choose(indices, count=99, seed=3, name="a.png"), indices)


def test_paper_is_the_common_colour():
    page = np.full((50, 50, 3), (240, 230, 220), np.uint8)
    page[:10] = 0
    assert paper_color(page) == (240, 230, 220)
