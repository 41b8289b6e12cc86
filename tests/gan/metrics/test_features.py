"""Random features: fixed, and independent of the batch."""

import jax
import numpy as np
import pytest

from gan.metrics.features import (
    KEY,
    area_means,
    position_features,
    random_and_position_features,
    random_features,
)


@pytest.mark.slow
def test_features_are_fixed_and_each_image_has_its_own():
    images = jax.random.uniform(jax.random.key(0), (3, 32, 32, 1), minval=-1, maxval=1)
    features = jax.jit(random_features)(images)
    assert features.shape == (3, 3 * 64)  # 32, 16 and 8 px
    np.testing.assert_allclose(jax.jit(random_features)(images[1:2])[0], features[1], rtol=1e-4, atol=1e-5)
    assert np.abs(np.asarray(features[0] - features[1])).max() > 1e-3


def test_levels_and_channels():
    features = jax.eval_shape(random_features, jax.ShapeDtypeStruct((1, 64, 64, 3), np.float32))
    assert features.shape == (1, 4 * 64)


@pytest.mark.slow
def test_position_features_move_with_a_patch_and_random_features_do_not():
    """A patch on a background whose features are 0; it moves by one cell, away from the border."""
    image = np.zeros((64, 64, 1), np.float32)
    image[24:40, 18:30] = np.random.default_rng(0).uniform(-1, 1, (16, 12, 1))
    moved = np.roll(image, 16, axis=1)
    plain, cells = jax.jit(random_and_position_features)(np.stack([image, moved]))
    assert cells.shape == (2, 4 * 4 * 8)
    first, second = np.asarray(cells).reshape(2, 4, 4, 8)
    difference = np.abs(second - np.roll(first, 1, axis=1)).mean()
    assert difference < 0.2 * np.abs(second - first).mean()
    np.testing.assert_allclose(plain[0], plain[1], rtol=0.1, atol=0.02)


def test_position_features_are_means_of_cells_mixed_by_fixed_weights():
    """At 8 px there is one level: two convolutions, means of 2 x 2 px, weights from the key."""
    images = jax.random.uniform(jax.random.key(1), (3, 8, 8, 1), minval=-1, maxval=1)
    x = images
    for conv in range(2):
        kernel = jax.random.normal(jax.random.fold_in(jax.random.key(KEY), conv), (3, 3, x.shape[-1], 32))
        kernel *= (2 / (9 * x.shape[-1])) ** 0.5
        dimensions = ("NHWC", "HWIO", "NHWC")
        x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=dimensions)
        x = jax.numpy.where(x > 0, x, 0.2 * x)
    weights = jax.random.normal(jax.random.fold_in(jax.random.key(KEY), 100), (32, 8)) / 32**0.5
    cells = np.asarray(x).reshape(3, 4, 2, 4, 2, 32).mean((2, 4)) @ np.asarray(weights)
    np.testing.assert_allclose(position_features(images), cells.reshape(3, -1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 4), (32, 40), (8, 12)])
def test_position_features_of_any_shape_of_networks(shape):
    features = jax.eval_shape(position_features, jax.ShapeDtypeStruct((2, *shape, 1), np.float32))
    assert features.shape == (2, 128)


def test_area_means_of_cells_that_end_within_pixels():
    image = np.arange(25.0, dtype=np.float32).reshape(1, 5, 5, 1)
    fine = image.repeat(4, axis=1).repeat(4, axis=2)  # 20 x 20, whose cells are of 5 x 5 px
    expected = fine.reshape(1, 4, 5, 4, 5, 1).mean((2, 4))
    np.testing.assert_allclose(area_means(image, 4, 4), expected, rtol=1e-6)
    np.testing.assert_array_equal(area_means(image, 5, 5), image)
