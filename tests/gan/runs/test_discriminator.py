"""The discriminator of a run; a run of a recipe without one is refused."""

import jax
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.devices.sharding import make_mesh
from gan.runs import discriminator as module
from gan.runs.discriminator import load_discriminator
from gan.runs.run_folder import load_state
from tests.gan.recipes.linear_regression import recipe_for


def test_it_is_that_of_the_newest_checkpoint(untrained_run):
    found = load_discriminator(untrained_run)
    recipe, state = load_state(untrained_run, make_mesh(devices=jax.devices()[:1]))
    jax.tree.map(np.testing.assert_array_equal, found.params, state.discriminator)
    assert found.family == recipe.family
    assert load_discriminator(untrained_run).identity == found.identity


def test_a_recipe_without_a_discriminator_is_refused(tmp_path, monkeypatch):
    recipe = recipe_for((8, 8, 1), total_nimg=8)
    state = jax.eval_shape(recipe.init_state, jax.random.key(0))
    monkeypatch.setattr(module, "load_state", lambda run, mesh, *, flag: (recipe, state))
    with pytest.raises(InputError, match=r"--run .* was trained without a discriminator"):
        load_discriminator(tmp_path, flag="--run")
