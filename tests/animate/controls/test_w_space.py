"""The mapping network: w of each latent alone, its statistics, and latents of another generator."""

import jax
import numpy as np
import pytest

from animate.controls.w_space import BATCH, check_w, mean_w, shape_of_w, to_w, w_statistics
from data_prep.errors import InputError

LAYERS = 9


@pytest.fixture(scope="module")
def layered(new_generator):
    return new_generator(layers=LAYERS)


def test_mean_and_covariance_of_w(new_generator):
    generator = new_generator(z_dim=5, layers=2)
    np.testing.assert_array_equal(mean_w(generator), np.zeros((2, 5)))
    mean, root = w_statistics(generator)
    np.testing.assert_allclose(mean, 0, atol=0.05)
    np.testing.assert_allclose(root, np.eye(5), atol=0.05)


def test_a_mapped_latent_does_not_depend_on_the_others(layered):
    z = np.asarray(jax.random.normal(jax.random.key(1), (300, 6)))
    w = to_w(layered, z, truncation=0.5)
    assert w.shape == (300, LAYERS, 6)
    np.testing.assert_array_equal(w, np.concatenate([to_w(layered, z[:7], truncation=0.5), w[7:]]))
    assert to_w(layered, w) is w


@pytest.mark.parametrize("count", [1, BATCH, BATCH + 1])
def test_truncation_and_class_reach_the_mapping_network(new_generator, count):
    """The fake's w is z times the truncation, plus the class."""
    generator = new_generator(layers=2, classes=("a", "b"))
    z = np.asarray(jax.random.normal(jax.random.key(2), (count, 6)))
    w = to_w(generator, z, truncation=0.25, label=1)
    assert w.dtype == np.float32
    np.testing.assert_allclose(w, np.stack([0.25 * z + 1] * 2, axis=1), rtol=1e-6)
    np.testing.assert_array_equal(to_w(generator, z), to_w(generator, z, label=0))
    np.testing.assert_array_equal(mean_w(generator, label=1), np.ones((2, 6)))


def test_latents_of_another_shape_are_refused(layered):
    assert shape_of_w(layered) == (LAYERS, 6)
    for shape in ((5, 6), (5, LAYERS, 6)):
        check_w(layered, np.zeros(shape, np.float32), name="path.npz")
    for shape in ((5, 7), (5, LAYERS, 7), (5, LAYERS - 1, 6)):
        with pytest.raises(InputError, match=r"path\.npz: its latents are \["):
            check_w(layered, np.zeros(shape, np.float32), name="path.npz")
