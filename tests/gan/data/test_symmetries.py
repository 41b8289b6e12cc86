"""Symmetries of reading: exact, evenly drawn, keyed by item."""

import jax
import numpy as np
import pytest

from data_prep.tiles.symmetries import symmetries
from gan.data.symmetries import random_symmetries
from gan.latents import numbered


@pytest.mark.parametrize(("kind", "count"), [("none", 1), ("mirror", 2), ("eight", 8)])
def test_every_symmetry_comes_as_often(kind, count):
    image = np.random.default_rng(0).integers(0, 255, (5, 5, 3), np.uint8)
    known = [tile.tobytes() for tile in symmetries(image)]
    batch = np.repeat(image[None], 800, 0)
    drawn = np.asarray(random_symmetries(jax.random.key(1), batch, numbered(0, 800), kind=kind))
    found = [known.index(tile.tobytes()) for tile in drawn]
    shares = np.bincount(found, minlength=8) / 800
    assert (shares > 0).sum() == count
    np.testing.assert_allclose(shares[shares > 0], 1 / count, atol=0.05)


def test_a_symmetry_belongs_to_its_item():
    images = np.random.default_rng(0).integers(0, 255, (8, 4, 4, 1), np.uint8)
    whole = random_symmetries(jax.random.key(1), images, numbered(16, 8), kind="eight")
    part = random_symmetries(jax.random.key(1), images[4:], numbered(20, 4), kind="eight")
    np.testing.assert_array_equal(whole[4:], part)
