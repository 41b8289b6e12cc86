"""The 3 x 3 mean against its plain twin."""

import numpy as np
import pytest

from fill.blend import blend
from tests.fill import plain


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (7, 2, 4), (33, 45, 3)])
def test_equals_the_plain_mean(shape):
    images = np.random.default_rng(0).integers(0, 256, (2, *shape), np.uint8)
    np.testing.assert_array_equal(blend(images), [plain.blend(image) for image in images])


def test_flat_colours_are_unchanged():
    for value in (0, 1, 254, 255):
        image = np.full((5, 6, 3), value, np.uint8)
        np.testing.assert_array_equal(blend(image), image)


def test_leading_axes():
    images = np.random.default_rng(1).integers(0, 256, (2, 3, 8, 9, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(blend(images))[1, 2], blend(images[1, 2]))
