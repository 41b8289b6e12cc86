"""The initial state on a mesh: shapes that checkpoints restore, numbers of the seed."""

import dataclasses

import jax
import numpy as np

from gan.devices.sharding import make_mesh
from gan.recipes import build_recipe
from gan.steps.state import abstract_state, make_state


def test_the_state_has_the_shapes_and_devices_of_the_abstract_one(tiny):
    mesh = make_mesh(devices=jax.devices()[:2])
    recipe = build_recipe(tiny, (8, 8, 1), num_classes=0)
    state, described = make_state(recipe, mesh), abstract_state(recipe, mesh)
    assert jax.tree.structure(state) == jax.tree.structure(described)
    for leaf, about in zip(jax.tree.leaves(state), jax.tree.leaves(described), strict=True):
        assert (leaf.shape, leaf.dtype) == (about.shape, about.dtype)
        assert leaf.sharding.is_equivalent_to(about.sharding, leaf.ndim)


def test_the_seed_decides_the_numbers(tiny):
    mesh = make_mesh(devices=jax.devices()[:1])

    def numbers(seed):
        recipe = build_recipe(dataclasses.replace(tiny, seed=seed), (8, 8, 1), num_classes=0)
        leaves = jax.tree.leaves(make_state(recipe, mesh))
        return [
            np.asarray(leaf) for leaf in leaves if not jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
        ]

    first, again, other = numbers(0), numbers(0), numbers(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))
