"""The initial state of adversarial training."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.families import build
from gan.recipes.adversarial_state import initial_state


@pytest.fixture(scope="module")
def initial(tiny):
    return jax.jit(partial(initial_state, family=build(tiny, (8, 8, 1)), config=tiny))


def test_the_initial_average_is_the_generator(initial):
    state = initial(jax.random.key(5))
    jax.tree.map(np.testing.assert_array_equal, state.average, state.generator)
    assert (int(state.nimg), float(state.path_mean)) == (0, 0.0)
    assert state.nimg.dtype == jnp.int32


def test_optimizers_start_without_statistics_of_their_own_network(initial):
    state = initial(jax.random.key(5))
    for opt, params in (
        (state.generator_opt, state.generator),
        (state.discriminator_opt, state.discriminator),
    ):
        leaves = jax.tree.leaves(opt)
        assert all(not np.any(leaf) for leaf in leaves)
        assert [a.shape for a in leaves if a.ndim] == [a.shape for a in jax.tree.leaves(params) if a.ndim]


def test_the_seed_decides_every_weight(initial):
    """The run's key and both networks come from different parts of the seed's key."""
    state, again, other = (initial(jax.random.key(seed)) for seed in (5, 5, 6))
    jax.tree.map(np.testing.assert_array_equal, state.generator, again.generator)
    jax.tree.map(np.testing.assert_array_equal, state.discriminator, again.discriminator)
    keys = [np.asarray(jax.random.key_data(key)) for key in (state.key, again.key, other.key)]
    np.testing.assert_array_equal(keys[0], keys[1])
    assert not np.array_equal(keys[0], keys[2])
    assert not np.array_equal(keys[0], jax.random.key_data(jax.random.key(5)))
    for name in ("generator", "discriminator"):
        kernels = [leaf for leaf in jax.tree.leaves(getattr(state, name)) if leaf.ndim > 1]
        others = [leaf for leaf in jax.tree.leaves(getattr(other, name)) if leaf.ndim > 1]
        assert not any(np.array_equal(a, b) for a, b in zip(kernels, others, strict=True))
