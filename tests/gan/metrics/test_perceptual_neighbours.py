"""Nearest real images: equal to a comparison of all pairs."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import to_float
from gan.devices.sharding import make_mesh
from gan.metrics import perceptual_neighbours
from gan.metrics.perceptual import distances, of_discriminator
from gan.metrics.perceptual_neighbours import PAGE_TILES, compared_count
from gan.runs.run_folder import load_state
from tests.gan.conftest import strokes


@pytest.fixture(scope="module")
def perceptual(untrained_run):
    recipe, state = load_state(untrained_run, make_mesh(devices=jax.devices()[:1]))
    return of_discriminator(recipe.family, state.discriminator)


def as_float(images):
    return jnp.asarray(to_float(images))


def test_found_as_by_comparing_all_with_all(perceptual, monkeypatch):
    """However many fit into memory at a time, and however the real images come."""
    reals = strokes(40, 16, seed=1)
    images = np.concatenate([strokes(4, 16, seed=2), reals[33:34]])
    every = np.stack([distances(perceptual, as_float(image[None]), as_float(reals)) for image in images])
    order = np.argsort(every, axis=1, kind="stable")[:, :3]
    one = perceptual_neighbours.maps_bytes(perceptual, (16, 16, 1))
    for held, size, cuts in [(10**9, 10**9, [64]), (2 * one, 7 * one, [9, 12]), (1, 1, [39])]:
        monkeypatch.setattr(perceptual_neighbours, "HELD_BYTES", held)
        monkeypatch.setattr(perceptual_neighbours, "BATCH_BYTES", size)
        found, index = perceptual_neighbours.most_similar(
            perceptual, images, lambda cuts=cuts: np.split(reals, cuts), k=3
        )
        np.testing.assert_array_equal(index, order)
        np.testing.assert_allclose(found, np.take_along_axis(every, order, 1), rtol=1e-4, atol=1e-6)
    assert index[4, 0] == 33
    assert found[4, 0] < 1e-6


class Tiles:
    """A source of a known number of real images."""

    def __init__(self, count):
        self.count = float(count)


@pytest.mark.slow
def test_number_of_compared_images():
    assert compared_count(Tiles(100), requested=0, k=5) == 100
    assert compared_count(Tiles(100), requested=30, k=5) == 30
    assert compared_count(Tiles(100), requested=300, k=5) == 100
    assert compared_count(Tiles(math.inf), requested=0, k=5) == PAGE_TILES
    assert compared_count(Tiles(math.inf), requested=7, k=5) == 7
    with pytest.raises(InputError, match="--k 5: must be at most 4"):
        compared_count(Tiles(4), requested=0, k=5)
