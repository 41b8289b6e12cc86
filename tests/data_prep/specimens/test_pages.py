"""Specimens of a page: doubts about them."""

from pathlib import Path

import numpy as np

from data_prep.images import read_image
from data_prep.pages.sheet import find_sheet
from data_prep.specimens.detect import Specimens, find_specimens
from data_prep.specimens.pages import PageSpecimens, doubts, overlapping


def test_boxes_that_overlap_are_reported():
    boxes = np.array(
        [[0, 0, 10, 10], [5, 5, 9, 9], [30, 0, 40, 10], [38, 0, 48, 10], [36, 0, 46, 10], [7, 7, 7, 7]]
    )
    specimens = Specimens(
        boxes, boxes[:, :2] / 1, np.zeros(6, bool), 0, find_sheet(np.zeros((9, 9, 1), np.uint8))
    )
    page = PageSpecimens(Path("1.png"), specimens)
    assert overlapping(page) == [(0, 1), (2, 4), (3, 4)]
    assert "boxes overlap strongly: check specimens 1 with 2, 3 with 5, 4 with 5" in doubts(page, 50)


def test_a_specimen_taken_for_two_is_reported_on_a_real_plate(real_data):
    path = real_data / "pages" / "spec-radiolaria" / "plate084.jpg"
    page = PageSpecimens(path, find_specimens(read_image(path)))
    pairs = {(i + 1, j + 1) for i, j in overlapping(page)}
    assert {(8, 9), (6, 11), (12, 17), (13, 17), (15, 16)} <= pairs  # figures 9, 10, 11, 11 and 12
    for path in (real_data / "pages" / "spec-chiriqui").glob("sheet0[39].png"):
        assert not overlapping(PageSpecimens(path, find_specimens(read_image(path))))
