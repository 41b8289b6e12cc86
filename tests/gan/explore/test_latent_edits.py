"""Edits of latents in w."""

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from gan import latents
from gan.explore.latent_edits import LatentEdit, edited_latents, map_seeds
from gan.sample import Generator
from tests.animate.conftest import FakeFamily


class Layered(FakeFamily):
    """The fake with the sizes that families have."""

    num_ws = property(lambda self: self.layers)
    w_dim = property(lambda self: self.z_dim)


def make_generator(layers=1):
    family = Layered(6, (16, 16, 1), layers=layers)
    return Generator(family, family.init_generator(jax.random.key(0)), "fake", nimg=0)


def test_seeds_steps_and_mixtures_equal_plain_arithmetic():
    generator = make_generator(layers=3)
    w = generator.map(latents.from_seeds([3, 8], z_dim=generator.z_dim), truncation=0.5)
    three, eight = np.asarray(w)
    steps = np.random.default_rng(0).normal(size=(2, 3, 6)).astype(np.float32)
    own = np.ones((3, 6), np.float32)
    edits = [
        LatentEdit(3),
        LatentEdit(own),
        LatentEdit(3, mixed=8, layers="1-2"),
        LatentEdit(own, moves=((1, 2.0), (0, -1.0))),
        LatentEdit(own, mixed=8, layers="0", moves=((0, 1.0),)),
    ]
    found = edited_latents(generator, edits, truncation=0.5, steps=steps)
    mixed = np.stack([eight[0], own[1], own[2]])
    expected = [three, own, np.stack([three[0], *eight[1:]]), own + 2 * steps[1] - steps[0], mixed + steps[0]]
    np.testing.assert_allclose(found, np.stack(expected), rtol=1e-6)


def test_seeds_are_the_same_alone_and_together():
    generator = make_generator()
    together = map_seeds(generator, [1, 2, 3, 5, 8], truncation=0.7)
    assert together.shape == (5, 1, 6)
    np.testing.assert_array_equal(map_seeds(generator, [5], truncation=0.7)[0], together[3])


def test_what_does_not_fit_is_named():
    generator = make_generator(layers=3)
    own = np.ones((3, 6), np.float32)
    for edit, steps in [
        (LatentEdit(own[:2]), None),
        (LatentEdit(own, moves=((0, 1.0),)), None),
        (LatentEdit(own, moves=((2, 1.0),)), np.ones((2, 3, 6), np.float32)),
        (LatentEdit(own, moves=((0, 1.0),)), np.ones((2, 1, 6), np.float32)),
        (LatentEdit(own, mixed=1, layers="3"), None),
    ]:
        with pytest.raises(InputError):
            edited_latents(generator, [edit], truncation=1.0, steps=steps)
