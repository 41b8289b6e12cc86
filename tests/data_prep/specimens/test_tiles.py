"""Tiles of specimens: the page around each centre, at one scale."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images.resize import resize
from data_prep.pages.sheet import Sheet, find_sheet
from data_prep.specimens.tiles import crop_side_px, cut_specimen, exceeding, specimen_tiles
from tests.data_prep.conftest import drawing

NONE = np.zeros((0, 4), np.int64)


def test_a_crop_is_the_page_around_its_centre(rng):
    page = drawing(rng, 200, 300, 3)
    np.testing.assert_array_equal(cut_specimen(page, (100, 90), 40, paper=(0, 0, 0)), page[70:110, 80:120])
    odd = cut_specimen(page, (100.5, 90.5), 41, paper=(0, 0, 0))
    np.testing.assert_array_equal(odd, page[70:111, 80:121])


def test_paper_lies_around_the_page_and_the_sheet(rng):
    page = drawing(rng, 100, 100, 1)
    crop = cut_specimen(page, (10, 95), 40, paper=(77,))
    np.testing.assert_array_equal(crop[:25, 10:], page[75:, :30])
    assert (crop[25:] == 77).all()
    assert (crop[:, :10] == 77).all()
    assert (cut_specimen(page, (-500, 20), 40, paper=(77,)) == 77).all()
    corners = np.array([[20, 0], [100, 0], [100, 100], [20, 100]], float)
    crop = cut_specimen(page, (30, 50), 40, paper=(77,), sheet=Sheet(corners, 0.0, has_bed=True))
    assert (crop[:, :10] == 77).all()
    np.testing.assert_array_equal(crop[:, 10:], page[30:70, 20:50])
    same = cut_specimen(page, (30, 50), 40, paper=(77,), sheet=find_sheet(page))  # no bed to be seen
    np.testing.assert_array_equal(same, page[30:70, 10:50])


def test_tiles_are_resized_crops_with_their_sources(rng):
    page = drawing(rng, 300, 300, 3)
    boxes = np.array([[40, 40, 80, 90], [200, 190, 240, 230]])
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    tiles = list(specimen_tiles(page, boxes, centers, name="1.png", crop_px=96, tile_px=32))
    assert [tile.index for tile in tiles] == [0, 1]
    for tile, center in zip(tiles, centers, strict=True):
        np.testing.assert_array_equal(
            tile.image, resize(cut_specimen(page, center, 96, paper=(0, 0, 0)), 32, 32)
        )
    assert tiles[1].source == {"page": "1.png", "center_px": [220.0, 210.0], "box_px": [200, 190, 240, 230]}
    (only,) = specimen_tiles(page, boxes, centers, name="1.png", crop_px=96, tile_px=32, indices=[1])
    np.testing.assert_array_equal(only.image, tiles[1].image)


def test_side_of_the_crop():
    assert crop_side_px(None, dpi=300, boxes_px=NONE) == 384
    assert crop_side_px(None, dpi=600, boxes_px=NONE) == 768
    assert crop_side_px(100, dpi=300, boxes_px=NONE) == 100
    assert crop_side_px("auto", dpi=300, boxes_px=np.array([[0, 0, 10, 200], [5, 5, 105, 25]])) == 230
    for side, dpi, error in (
        (0, 300, "--crop-px"),
        (-3, 300, "--crop-px"),
        (None, 0, "--dpi"),
    ):
        with pytest.raises(InputError, match=error):
            crop_side_px(side, dpi=dpi, boxes_px=NONE)


def test_boxes_that_exceed_the_crop():
    boxes = np.array([[0, 0, 100, 50], [0, 0, 101, 50], [20, 20, 60, 60]])
    centers = np.array([[50, 25], [50.5, 25], [90, 40]])
    assert exceeding(boxes, centers, 100).tolist() == [False, True, True]
    wide = crop_side_px("auto", dpi=300, boxes_px=boxes)
    assert exceeding(boxes[:2], centers[:2], wide).tolist() == [False, False]
