"""Extractors: one table, features apart from their batch, refusals in one line."""

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import to_float
from gan.metrics.extractors import EXTRACTORS, Extractor
from gan.metrics.features import random_features
from gan.metrics.inception import inception_features
from tests.gan.conftest import strokes
from tests.gan.imports import torch_files
from tests.gan.metrics.inception_state import random_state


def test_random_features_are_those_of_the_training_log():
    images = strokes(70, 16)
    extract = EXTRACTORS["random"](None)
    features = extract(images)
    expected = jax.jit(random_features)(to_float(images))
    np.testing.assert_allclose(features, expected, rtol=2e-4, atol=1e-5)
    np.testing.assert_array_equal(extract.of_batches([images[:5], images[5:6], images[6:]]), features)


def test_batches_are_padded_alike_and_counted():
    shapes, seen = [], []

    def apply(params, images):
        shapes.append(images.shape)
        return images.mean((1, 2)) * params

    extract = Extractor("mean", "mean", 2.0, apply, batch=4)
    images = strokes(11, 8)
    np.testing.assert_allclose(
        extract.of_batches([images[:2], images[2:]], report=seen.append),
        2 * to_float(images).mean((1, 2)),
        rtol=1e-6,
    )
    assert shapes == [(4, 8, 8, 1)]
    assert seen == [2, 9]


@pytest.mark.slow
def test_inception_from_a_file(tmp_path):
    """The same weights in each format are the same extractor, whose features are the network's."""
    state = random_state()
    torch_files.save_zip(tmp_path / "w.pth", state)
    torch_files.save_legacy(tmp_path / "old.pth", state)
    extract = EXTRACTORS["inception"](tmp_path / "w.pth")
    assert EXTRACTORS["inception"](tmp_path / "old.pth").identity == extract.identity
    other = EXTRACTORS["inception"](tmp_path / "w.pth", protocol="pytorch-fid")
    assert other.identity != extract.identity
    images = strokes(3, 32)
    plain = jax.jit(inception_features)(extract.params, to_float(images))
    np.testing.assert_allclose(extract(images), plain, rtol=1e-4, atol=1e-4)
    assert not np.allclose(other(images), plain, rtol=1e-2)


def test_refusals(tmp_path):
    torch_files.save_zip(tmp_path / "other.pth", {"weight": np.zeros(3, np.float32)})
    cases = [
        (("random", tmp_path / "other.pth"), "add --extractor inception"),
        (("inception", None), "needs --weights FILE"),
        (("inception", tmp_path / "none.pth"), "no weights file"),
        (("inception", tmp_path / "other.pth"), "does not hold the weights of FID's network"),
    ]
    for (name, weights), message in cases:
        with pytest.raises(InputError, match=message) as refusal:
            EXTRACTORS[name](weights)
        assert len(str(refusal.value).splitlines()) == 1
