"""Sheets: every image in its place, whatever its size and channels; labels keep to their column."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images.contact_sheet import GAP_PX, TEXT_PX, contact_sheet


def test_images_are_placed_row_by_row(rng):
    tiles = [rng.integers(0, 256, (16, 10, 3), np.uint8) for _ in range(7)]
    sheet = contact_sheet(tiles, columns=3, tile_px=(16, 10))
    step_y, step_x = 16 + GAP_PX, 10 + GAP_PX
    assert sheet.shape == (3 * step_y + GAP_PX, 3 * step_x + GAP_PX, 3)
    for i, tile in enumerate(tiles):
        y, x = GAP_PX + i // 3 * step_y, GAP_PX + i % 3 * step_x
        np.testing.assert_array_equal(sheet[y : y + 16, x : x + 10], tile)
        sheet = sheet.copy()
        sheet[y : y + 16, x : x + 10] = 255
    assert (sheet == 255).all()


def test_sizes_and_channels_may_differ():
    gray, wide = np.zeros((8, 8, 1), np.uint8), np.zeros((10, 20, 3), np.uint8)
    clear = np.zeros((40, 40, 4), np.uint8)
    half = np.full((20, 20, 4), 128, np.uint8)
    sheet = contact_sheet([gray, wide, clear, half], columns=9, tile_px=(20, 20), background=200)
    squares = [
        sheet[GAP_PX : GAP_PX + 20, x : x + 20] for x in range(GAP_PX, sheet.shape[1] - 1, 20 + GAP_PX)
    ]
    assert len(squares) == 4
    assert (squares[0] == 0).all()
    assert (squares[1][5:15] == 0).all()
    assert (squares[1][:5] == 200).all()
    assert (squares[1][15:] == 200).all()
    assert (squares[2] == 200).all()
    assert (squares[3] == round((128 * 128 + 200 * 127) / 255)).all()


def test_labels_are_below_their_images_within_the_column():
    tiles = [np.full((32, 32, 1), 255, np.uint8)] * 4
    sheet = contact_sheet(tiles, columns=2, tile_px=(32, 32), labels=["a" * 100, "", "b"])
    step_x, step_y = 32 + GAP_PX, 32 + TEXT_PX + 2 * GAP_PX
    inked = [
        [(sheet[y + 32 : y + step_y, x : x + 32] < 255).any() for x in (GAP_PX, GAP_PX + step_x)]
        for y in (GAP_PX, GAP_PX + step_y)
    ]
    assert inked == [[True, False], [True, False]]
    assert (sheet[:, GAP_PX + 32 : GAP_PX + step_x] == 255).all()
    assert (sheet[GAP_PX : GAP_PX + 32] == 255).all()


def test_invalid_arguments_are_refused():
    tile = np.zeros((4, 4, 1), np.uint8)
    with pytest.raises(InputError, match="no images for a contact sheet"):
        contact_sheet([], columns=3)
    with pytest.raises(InputError, match="columns 0, tile_px 128 x 128: each must be at least 1"):
        contact_sheet([tile], columns=0)
    with pytest.raises(InputError, match="columns 2, tile_px 0 x 9"):
        contact_sheet([tile], columns=2, tile_px=(0, 9))
