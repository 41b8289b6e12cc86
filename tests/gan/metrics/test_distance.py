"""The logged distance tells drawings apart."""

import jax
import numpy as np
import pytest

from data_prep.images import to_float
from data_prep.records.dataset import Dataset
from gan.data.reals import RecordReals
from gan.metrics.distance import RealStatistics, features_of
from gan.metrics.features import random_features
from tests.gan.conftest import strokes


def test_features_do_not_depend_on_the_batch():
    images = strokes(10, 16)
    whole = features_of([images])
    parts = features_of([images[:3], images[3:]])
    np.testing.assert_array_equal(whole, parts)
    np.testing.assert_allclose(whole, jax.jit(random_features)(to_float(images)), rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize(("size", "levels"), [((16, 16), 2), ((64, 64), 4), ((32, 48), 3), ((256, 256), 6)])
def test_feature_count_follows_the_size(size, levels):
    features = jax.eval_shape(random_features, jax.ShapeDtypeStruct((1, *size, 3), np.float32))
    assert features.shape == (1, levels * 64)


def test_more_change_is_further(tiles):
    statistics = RealStatistics(RecordReals(Dataset(tiles)), count=48, seed=0)
    fresh = strokes(48, 16, seed=9)
    rng = np.random.default_rng(0)
    noisy = [np.clip(fresh + rng.normal(0, s, fresh.shape), 0, 255).astype(np.uint8) for s in (8, 40)]
    same, little, much = (statistics.distance([x]) for x in (fresh, *noisy))
    assert same < 5 * statistics.floor
    assert same < little < much
