"""Post-processing of drawn images."""

import numpy as np
import pytest

from gan.config.draw import PostprocessConfig
from gan.draw.postprocess import add_detail, postprocess

IMAGES = np.random.default_rng(0).integers(0, 256, (2, 6, 5, 1), dtype=np.uint8)


def test_nothing_by_default():
    np.testing.assert_array_equal(postprocess(IMAGES, PostprocessConfig()), IMAGES)


def test_inverting_twice_is_the_image():
    once = postprocess(IMAGES, PostprocessConfig(invert=True))
    np.testing.assert_array_equal(once, 255 - IMAGES)
    np.testing.assert_array_equal(postprocess(once, PostprocessConfig(invert=True)), IMAGES)


def test_detail_is_the_difference_to_the_neighbours():
    image = np.full((1, 5, 5, 1), 100, np.uint8)
    np.testing.assert_array_equal(add_detail(image, amount=3.0), image)  # flat: nothing to enhance
    image[0, 2, 2] = 140
    found = add_detail(image, amount=0.5)[0, ..., 0]
    assert found[2, 2] == 160
    assert found[1, 1] == 98  # 100 - 0.5 * 40 / 8, to even
    assert found[0, 0] == 100


@pytest.mark.parametrize("name", ["sharpen", "edge_enhance"])
def test_contrast_at_edges_rises(name):
    image = np.full((1, 8, 8, 1), 100, np.uint8)
    image[:, :, 4:] = 150
    found = postprocess(image, PostprocessConfig(**{name: True})).astype(int)
    assert found[0, 4, 4, 0] - found[0, 4, 3, 0] > 50


def test_antialiasing_doubles_the_size_and_keeps_the_mean():
    found = postprocess(IMAGES, PostprocessConfig(antialias=True))
    assert found.shape == (2, 12, 10, 1)
    assert abs(float(found.mean()) - float(IMAGES.mean())) < 8
