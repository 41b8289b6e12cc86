"""Measures of snapshots tell drawings apart, see where lines are, and score variety."""

import jax
import numpy as np
import pytest

from data_prep.images import to_float
from data_prep.records.dataset import Dataset
from gan.data.reals import RecordReals
from gan.metrics.distance import RealStatistics, score
from gan.metrics.features import random_and_position_features, random_features
from gan.metrics.frechet import frechet_distance
from gan.metrics.variety import figures_of, relative
from tests.gan.conftest import strokes


@pytest.mark.parametrize(("size", "levels"), [((16, 16), 2), ((64, 64), 4), ((32, 48), 3), ((256, 256), 6)])
def test_feature_count_follows_the_size(size, levels):
    features = jax.eval_shape(random_features, jax.ShapeDtypeStruct((1, *size, 3), np.float32))
    assert features.shape == (1, levels * 64)


@pytest.fixture(scope="module")
def statistics(tiles):
    return RealStatistics(RecordReals(Dataset(tiles)), count=48, seed=0)


def test_more_change_is_further(statistics):
    fresh = strokes(48, 16, seed=9)
    rng = np.random.default_rng(0)
    noisy = [np.clip(fresh + rng.normal(0, s, fresh.shape), 0, 255).astype(np.uint8) for s in (8, 40)]
    same, little, much = (statistics.measure([x]).distance for x in (fresh, *noisy))
    assert same < 5 * statistics.floor
    assert same < little < much


def test_measures_do_not_depend_on_batches(statistics):
    images = strokes(48, 16, seed=9)
    assert statistics.measure([images]) == statistics.measure([images[:3], images[3:]])


def test_variety_is_relative_to_the_first_set_of_reals(tiles, statistics):
    reals = np.concatenate(list(RecordReals(Dataset(tiles)).look(48, seed=0)))
    images = strokes(48, 16, seed=9)
    found = statistics.measure([images]).variety
    assert found == relative(figures_of([images]), figures_of([reals]))
    assert statistics.measure([reals]).variety[:3] == (1, 1, 1)


def test_position_features_see_a_shared_layout_better_than_random_features():
    """The same drawings in the upper or the lower half of the image, or all in the upper one; distances over
    those between two sets of the first kind, in units of the variance of features."""
    is_upper = np.arange(8)[None, :, None, None] < 4
    features = jax.jit(random_and_position_features)

    def drawn(seed, *, lower):
        images = np.where(is_upper, strokes(256, 8, seed=seed), 250).astype(np.uint8)
        images[:lower] = np.roll(images[:lower], 4, axis=1)
        return features(to_float(images))

    reals, others, shared = drawn(0, lower=128), drawn(1, lower=128), drawn(2, lower=0)
    plain, by_position = (
        (frechet_distance(real, same) - frechet_distance(real, other)) / real.var(0).mean()
        for real, other, same in zip(reals, others, shared, strict=True)
    )
    assert by_position > 4 * plain


def test_score_weighs_variety():
    """The rule, and which of two snapshots wins."""
    assert score(62.0, layout=1.5, nearest=0.8) == 62.0
    assert score(62.0, layout=0.3, nearest=1.4) == 62.0  # more varied than the reals is no merit
    assert score(62.0, layout=3.0, nearest=1.0) == 124.0
    assert score(62.0, layout=1.0, nearest=0.4) == 248.0
    assert score(62.0, layout=9.0, nearest=0.0) == np.inf
    collapsed = score(62.0, layout=16.6, nearest=0.39)
    assert score(225.0, layout=1.2, nearest=0.90) < collapsed  # slightly worse distance, varied
    assert score(8784.0, layout=1.0, nearest=1.0) > collapsed  # noise
