"""Random features: fixed, and independent of the batch."""

import jax
import numpy as np

from gan.metrics.features import random_features


def test_features_are_fixed_and_each_image_has_its_own():
    images = jax.random.uniform(jax.random.key(0), (3, 32, 32, 1), minval=-1, maxval=1)
    features = jax.jit(random_features)(images)
    assert features.shape == (3, 3 * 64)  # 32, 16 and 8 px
    np.testing.assert_allclose(jax.jit(random_features)(images[1:2])[0], features[1], rtol=1e-4, atol=1e-5)
    assert np.abs(np.asarray(features[0] - features[1])).max() > 1e-3


def test_levels_and_channels():
    assert random_features(np.zeros((1, 64, 64, 3), np.float32)).shape == (1, 4 * 64)
