"""Connected ink on a coarse page."""

import numpy as np
import pytest
from scipy import ndimage

from data_prep.specimens.ink_components import boxed, find_pieces, split_bodies, without_specks_and_frames


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> np.ndarray:
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    return (cols - x) ** 2 + (rows - y) ** 2 < radius**2


def test_boxes_and_selection():
    labels = np.zeros((8, 9), np.int32)
    labels[1:3, 2:7], labels[5, 5], labels[6:, :2] = 1, 2, 3
    pieces = boxed(labels)
    assert pieces.boxes.tolist() == [[2, 1, 7, 3], [5, 5, 6, 6], [0, 6, 2, 8]]
    assert pieces.sides.tolist() == [[5, 2], [1, 1], [2, 2]]
    stored = pieces.select(np.array([True, False, True]))
    assert len(stored) == 2
    np.testing.assert_array_equal(stored.labels, np.where(labels == 3, 2, labels == 1))
    np.testing.assert_array_equal(boxed(stored.labels).boxes, stored.boxes)


def test_gaps_are_closed_up_to_their_fraction():
    cells = np.zeros((100, 1000), bool)
    cells[40:60, 100:200] = cells[40:60, 206:300] = cells[40:60, 320:400] = True
    assert [len(find_pieces(cells, gap=gap)) for gap in (0, 0.006, 0.03)] == [3, 2, 1]
    np.testing.assert_array_equal(find_pieces(cells, gap=0.03).labels > 0, cells)


def test_parts_within_an_outline_belong_to_it():
    shape = (200, 200)
    cells = disc(shape, 100, 100, 60) & ~disc(shape, 100, 100, 55)
    cells |= disc(shape, 100, 100, 10)
    cells[180:190, 20:40] = True
    assert [tuple(box) for box in find_pieces(cells, gap=0).boxes] == [(41, 41, 160, 160), (20, 180, 40, 190)]


def test_specks_frames_and_strips_of_bed_go():
    cells = np.zeros((400, 300), bool)
    cells[150:220, 100:180] = True
    expected = cells.copy()
    cells[::37, ::41] = True  # dust; some falls on the specimen, where it does no harm
    cells[10:13, 10:290] = cells[386:389, 10:290] = cells[10:389, 10:13] = cells[10:389, 287:290] = True
    cells[100:390, 298:] = True
    np.testing.assert_array_equal(without_specks_and_frames(cells), expected)


def test_a_large_drawing_is_no_frame():
    cells = disc((300, 300), 150, 150, 120) & ~disc((300, 300), 150, 150, 40)
    np.testing.assert_array_equal(without_specks_and_frames(cells), cells)


@pytest.mark.parametrize("overlap", [1, 8])
def test_touching_discs_are_split(overlap):
    shape = (300, 400)
    cells = disc(shape, 100, 150, 60) | disc(shape, 100 + 120 - overlap, 150, 60) | disc(shape, 350, 60, 30)
    pieces, parted = split_bodies(find_pieces(cells, gap=0), gap=0.003)
    assert len(find_pieces(cells, gap=0)) == 2
    assert sorted(parted.tolist()) == [False, True, True]
    np.testing.assert_array_equal(pieces.labels > 0, cells)
    np.testing.assert_array_equal(boxed(pieces.labels).boxes, pieces.boxes)
    middle = 100 + 60 - overlap / 2
    left, right = pieces.labels[150, 80], pieces.labels[150, 240 - overlap]
    assert left != right
    assert abs(np.flatnonzero(pieces.labels[150] == left).max() - middle) < 5


def test_a_body_with_spines_is_not_split(rng):
    cells = disc((400, 400), 200, 200, 70)
    for turn in rng.uniform(0, 2 * np.pi, 12):
        steps = np.arange(0, 150)
        cells[(200 + steps * np.sin(turn)).astype(int), (200 + steps * np.cos(turn)).astype(int)] = True
    cells = ndimage.binary_dilation(cells, iterations=2)
    pieces, parted = split_bodies(find_pieces(cells, gap=0), gap=0.003)
    assert len(pieces) == 1
    assert not parted.any()
