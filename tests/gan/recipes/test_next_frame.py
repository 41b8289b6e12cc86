"""What both next-frame recipes have in common: the grid, the weights file, Adam."""

import dataclasses

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.recipes.next_frame import WEIGHTS, Weights, read_weights, write_weights
from tests.gan.recipes.next_frame_recipes import initial, latent_recipe, pairs_of, pixels_recipe


@pytest.mark.parametrize("make", [latent_recipe, pixels_recipe])
def test_weights_are_read_as_they_were_exported(make, tmp_path):
    recipe = make()
    params = initial(recipe.traced).average
    recipe.export(tmp_path, params, nimg=24, class_names=())
    found = read_weights(tmp_path)
    assert (found.nimg, found.step) == (24, recipe.networks.step)
    jax.tree.map(np.testing.assert_array_equal, found.params, params)


def test_weights_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(InputError, match=r"holds no next_frame.safetensors; train it first"):
        read_weights(tmp_path)
    write_weights(tmp_path / WEIGHTS, Weights({"a": {"b": np.zeros(3, np.float32)}}, 8, 0.5))
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:-4])
    with pytest.raises(InputError, match="damaged"):
        read_weights(tmp_path)


@pytest.mark.parametrize("make", [latent_recipe, pixels_recipe])
def test_a_cell_of_the_grid_is_frame_prediction_and_target(make):
    recipe = make()
    pairs = pairs_of(recipe, count=3)
    recipe = dataclasses.replace(recipe, examples=pairs)
    params = initial(recipe.traced).average
    cells = np.concatenate(list(recipe.sample_grid(params, count=5)))
    assert cells.shape == (5, 2, 6, 1)
    for i, cell in enumerate(cells):
        np.testing.assert_array_equal(cell[:, :2], pairs.frame[i % 3])
        np.testing.assert_array_equal(cell[:, 4:], pairs.target[i % 3])


def test_recipes_that_differ_in_length_or_seed_have_the_same_programs():
    recipe = latent_recipe()
    other = dataclasses.replace(recipe, config=dataclasses.replace(recipe.config, seed=5, total_nimg=99))
    assert recipe.traced == other.traced
    assert hash(recipe.traced) == hash(other.traced)
    assert recipe != other


def test_items_have_the_shapes_of_pairs():
    for make in (latent_recipe, pixels_recipe):
        recipe = make()
        found = jax.tree.map(lambda leaf: (leaf.shape[1:], leaf.dtype), pairs_of(recipe, count=2))
        assert found == jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), recipe.item)
