"""The state of adversarial training: optimizers with their correction, and the initial value."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from gan.config import replace
from gan.families import build
from gan.recipes.adversarial_state import (
    discriminator_optimizer,
    generator_optimizer,
    initial_state,
)


@pytest.mark.parametrize(
    ("changes", "optimizer", "c"),
    [
        ({"r1_interval": 4}, discriminator_optimizer, 4 / 5),
        ({"r1_interval": 1}, discriminator_optimizer, 1 / 2),
        ({"path_interval": 2, "path_weight": 2.0}, generator_optimizer, 2 / 3),
        ({"path_interval": 2, "path_weight": 0.0}, generator_optimizer, 1.0),
    ],
)
def test_optimizers_are_adam_corrected_for_the_lazy_penalty(tiny, changes, optimizer, c):
    config = replace(tiny, learning_rate=0.01, beta2=0.9, **changes)
    plain = optax.adam(0.01 * c, b1=0.0, b2=0.9**c, eps=1e-8)
    grads = [{"w": jnp.array([1.0, -2.0])}, {"w": jnp.array([0.5, 4.0])}]
    results = []
    for transformation in (plain, optimizer(config)):
        opt, params = transformation.init(grads[0]), {"w": jnp.zeros(2)}
        for g in grads:
            with jax.numpy_dtype_promotion("standard"):
                updates, opt = transformation.update(g, opt)
            params = optax.apply_updates(params, updates)
        results.append(params["w"])
    np.testing.assert_allclose(*results, rtol=1e-6)


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
