"""Panels of drawn pages are found exactly, in reading order."""

import dataclasses

import numpy as np
import pytest

from data_prep.comics.panels import PanelsConfig, find_panels
from data_prep.errors import InputError
from data_prep.images import read_image
from tests.data_prep.comic_videos import draw_page, draw_pages

CONFIG = PanelsConfig()
RIGHT_TO_LEFT = PanelsConfig(reading_order="right-to-left")


@pytest.mark.parametrize("seed", range(4))
def test_rows_of_panels(seed):
    rng = np.random.default_rng(seed)
    for page in draw_pages(rng, 3):
        assert find_panels(page.image, CONFIG) == page.boxes_px


def test_rows_are_read_from_the_right():
    page = draw_page(np.random.default_rng(0), [[1, 2], [1], [3, 2, 2]])
    boxes = page.boxes_px
    assert find_panels(page.image, RIGHT_TO_LEFT) == [
        boxes[1],
        boxes[0],
        boxes[2],
        boxes[5],
        boxes[4],
        boxes[3],
    ]


def test_a_tall_panel_next_to_two():
    page = np.full((200, 160, 3), 255, np.uint8)
    tall, upper, lower = (10, 10, 70, 190), (82, 10, 150, 95), (82, 107, 150, 190)
    for x0, y0, x1, y1 in (tall, upper, lower):
        page[y0:y1, x0:x1] = 60
    assert find_panels(page, CONFIG) == [tall, upper, lower]
    assert find_panels(page, RIGHT_TO_LEFT) == [upper, lower, tall]


def test_dark_paper_specks_and_jpeg_noise():
    rng = np.random.default_rng(1)
    page = draw_page(rng, [[1, 1], [2, 1]])
    dark = 255 - page.image
    assert find_panels(dark, CONFIG) == page.boxes_px
    noisy = np.clip(page.image + rng.normal(0, 3, page.image.shape), 0, 255).astype(np.uint8)
    noisy[30, 150] = noisy[100, 3] = 0  # specks in gutters
    assert find_panels(noisy, CONFIG) == page.boxes_px


def test_pages_without_gutters_and_blank_pages():
    page = np.full((80, 60, 3), 255, np.uint8)
    assert find_panels(page, CONFIG) == []
    page[20:60, 10:50] = 0
    assert find_panels(page, CONFIG) == [(10, 20, 50, 60)]
    full = np.random.default_rng(0).integers(0, 200, (80, 60, 3), np.uint8)
    assert find_panels(full, CONFIG) == [(0, 0, 60, 80)]


def test_small_parts_are_left_out():
    page = draw_page(np.random.default_rng(0), [[1]]).image
    page[-8:-4, 140:150] = 0  # a page number
    assert len(find_panels(page, CONFIG)) == 1
    assert len(find_panels(page, dataclasses.replace(CONFIG, min_panel=0.001))) == 2


def test_a_real_page(real_data):
    page = read_image(real_data / "comic" / "pepper-and-carrot_E03P04.jpg", mode="rgb")
    boxes = find_panels(page, CONFIG)
    assert len(boxes) == 5
    assert boxes[0][2] - boxes[0][0] > 900
    assert boxes[2][0] < boxes[3][0] < boxes[4][0]


def test_invalid_settings():
    for name, value in (("gutter_tolerance", 300), ("gutter_ink", 1), ("min_panel", -1), ("min_gutter", 1)):
        with pytest.raises(InputError, match="--" + name.replace("_", "-")):
            dataclasses.replace(CONFIG, **{name: value}).check()
