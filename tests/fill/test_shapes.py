"""Painting is a table look-up."""

import numpy as np

from fill.shapes import paint


def test_equals_indexing_image_by_image():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 12, (2, 3, 9, 14)).astype(np.int32)
    colors = rng.integers(0, 256, (2, 3, 12, 3), np.uint8)
    painted = np.asarray(paint(labels, colors))
    assert painted.dtype == np.uint8
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(painted[index], colors[index][labels[index]])
    np.testing.assert_array_equal(paint(labels[0, 0], colors[0, 0]), painted[0, 0])
