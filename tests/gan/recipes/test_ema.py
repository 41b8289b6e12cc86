"""The weight average forgets by half every half-life."""

import jax.numpy as jnp
import numpy as np
import pytest

from gan.recipes.ema import update_average


@pytest.mark.parametrize("batch_size", [1, 8, 64])
def test_half_is_left_after_a_halflife_whatever_the_batch(batch_size):
    average = {"w": jnp.ones(())}
    for step in range(128 // batch_size):
        average = update_average(
            average,
            {"w": jnp.zeros(())},
            nimg=jnp.int32(10_000 + step * batch_size),
            batch_size=batch_size,
            halflife_nimg=128,
            rampup=0.0,
        )
    np.testing.assert_allclose(average["w"], 0.5, rtol=1e-4)


def test_rampup_forgets_the_first_weights():
    args = {"batch_size": 8, "halflife_nimg": 1000, "rampup": 0.05}
    first = update_average(jnp.ones(()), jnp.zeros(()), nimg=jnp.int32(0), **args)
    later = update_average(jnp.ones(()), jnp.zeros(()), nimg=jnp.int32(100_000), **args)
    assert first == 0
    np.testing.assert_allclose(later, 0.5 ** (8 / 1000), rtol=1e-6)


def test_no_memory():
    assert (
        update_average(
            jnp.ones(()), jnp.full((), 3.0), nimg=jnp.int32(5), batch_size=1, halflife_nimg=0, rampup=0.0
        )
        == 3
    )
