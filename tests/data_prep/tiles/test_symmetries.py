"""The eight symmetries: all differ, and their inverses restore every byte."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from data_prep.tiles.symmetries import NAMES, inverse, symmetries


@pytest.mark.parametrize("shape", [(5, 5, 1), (6, 6, 3), (4, 4, 4)])
def test_every_copy_inverts_and_all_differ(rng, shape):
    tile = rng.integers(0, 256, shape, np.uint8)
    copies = symmetries(tile)
    np.testing.assert_array_equal(copies[0], tile)
    assert len({copy.tobytes() for copy in copies}) == 8
    for name, copy in zip(NAMES, copies, strict=True):
        np.testing.assert_array_equal(inverse(copy, name), tile)


def test_order_is_turns_then_mirrored_turns():
    tile = np.array([[1, 2], [3, 4]])
    turned = [[[1, 2], [3, 4]], [[2, 4], [1, 3]], [[4, 3], [2, 1]], [[3, 1], [4, 2]]]
    mirrored = [[[2, 1], [4, 3]], [[1, 3], [2, 4]], [[3, 4], [1, 2]], [[4, 2], [3, 1]]]
    assert [copy.tolist() for copy in symmetries(tile)] == turned + mirrored


def test_pillow_makes_the_same_copies(rng):
    tile = rng.integers(0, 256, (9, 9), np.uint8)
    image = Image.fromarray(tile)
    mirror = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    oracle = [np.asarray(side.rotate(90 * k)) for side in (image, mirror) for k in range(4)]
    for copy, expected in zip(symmetries(tile), oracle, strict=True):
        np.testing.assert_array_equal(copy, expected)


def test_only_squares_have_symmetries():
    with pytest.raises(InputError, match="only squares"):
        symmetries(np.zeros((4, 5, 1), np.uint8))
