"""Copies are found, neighbours stand in order, and the sheet shows what it says."""

import numpy as np
import pytest

from gan.metrics.nearest import LARGE_PX, closeness, nearest_pixels, picked, sheet
from tests.gan.conftest import strokes


def test_a_copy_is_near_and_a_new_drawing_is_not():
    rng = np.random.default_rng(0)
    reals, fresh = rng.normal(size=(200, 6)), rng.normal(size=(50, 6))
    copies = reals[[7, 30]] + 1e-6
    ratio, index = closeness(reals, np.concatenate([copies, fresh]))
    assert index[:2].tolist() == [7, 30]
    assert (ratio[:2] < 1e-4).all()
    assert 0.7 < np.median(ratio[2:]) < 1.5


def test_ratio_is_distance_over_the_real_ones_own():
    reals = np.array([[0.0], [2.0], [10.0]])
    ratio, index = closeness(reals, np.array([[1.5], [9.0]]))
    np.testing.assert_allclose(ratio, [0.5 / 2, 1 / 8])
    assert index.tolist() == [1, 2]


@pytest.mark.parametrize("sizes", [(40,), (7, 30, 3), (1,) * 40])
def test_pixels_as_a_full_table(sizes):
    reals, images = strokes(40, 8), strokes(5, 8, seed=3)
    batches = np.split(reals, np.cumsum(sizes)[:-1])
    rms, index = nearest_pixels(images, batches, k=3)
    table = np.sqrt(np.square(images[:, None].astype(float) - reals[None]).mean((2, 3, 4)))
    np.testing.assert_array_equal(index, np.argsort(table, axis=1)[:, :3])
    np.testing.assert_allclose(rms, np.sort(table, axis=1)[:, :3])
    np.testing.assert_array_equal(picked(batches, index), reals[index])


def test_sheet_places():
    """Each image stands in its row and column, its pixels repeated; a grey line runs between."""
    one, three = (
        strokes(4, 32).reshape(2, 2, 32, 32, 1)[:, :1],
        strokes(6, 32, seed=1).reshape(2, 3, 32, 32, 1),
    )
    page = sheet(one, three)
    assert page.shape == (2 * 98, 98 + 8 + 3 * 98, 1)
    np.testing.assert_array_equal(page[98 + 1 : 98 + 97 : 3, 1:97:3], one[1, 0])
    left = 98 + 8 + 2 * 98
    np.testing.assert_array_equal(page[1:97:3, left + 1 : left + 97 : 3], three[0, 2])
    assert (page[:, 98:106] == 128).all()


def test_large_images_are_reduced():
    assert sheet(np.zeros((1, 1, 1024, 512, 3), np.uint8)).shape == (LARGE_PX + 2, LARGE_PX // 2 + 2, 3)
