"""Reasons to check a specimen by hand."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.pages.sheet import Sheet
from data_prep.specimens.detect import Specimens
from data_prep.specimens.pages import PageSpecimens
from data_prep.specimens.suspicious import find_suspicious

CORNERS = np.array([[0, 0], [900, 0], [900, 900], [0, 900]], np.float64)


def page_of(boxes, touching=()):
    boxes = np.array(boxes, np.int64).reshape(-1, 4)
    touches = np.isin(np.arange(len(boxes)), touching)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    return PageSpecimens(Path("01.png"), Specimens(boxes, centers, touches, 0, Sheet(CORNERS, 0.0, False)))


def squares(*sides):
    return [(200 * i, 0, 200 * i + side, side // 2) for i, side in enumerate(sides)]


def test_even_specimens_are_not_suspicious():
    assert find_suspicious(page_of(squares(100, 90, 110, 95, 105)), 150) == [[]] * 5


@pytest.mark.parametrize(("side", "word"), [(160, "large"), (60, "small"), (0, "no ink")])
def test_unusual_sizes(side, word):
    reasons = find_suspicious(page_of(squares(100, 90, 110, 95, side)), 200)
    assert reasons[:4] == [[]] * 4
    (reason,) = reasons[4]
    assert word in reason


def test_few_specimens_have_no_typical_size():
    assert find_suspicious(page_of(squares(100, 20, 60)), 200) == [[]] * 3


def test_touching_cut_off_and_overlapping():
    boxes = [(0, 0, 100, 100), (300, 0, 400, 100), (60, 0, 160, 100), (600, 0, 700, 100)]
    reasons = find_suspicious(page_of(boxes, touching=[1]), 100)
    assert reasons == [["overlaps number 3"], ["its ink touches a neighbour"], ["overlaps number 1"], []]
    assert "exceeds the square of 90 px" in find_suspicious(page_of(boxes), 90)[3][0]


def test_no_specimens():
    assert find_suspicious(page_of([]), 100) == []
