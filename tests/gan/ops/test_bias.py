"""A bias against plain addition: values, gradients, second-order gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.ops.bias import add_bias


def plain(x, bias):
    return x + jnp.broadcast_to(bias, x.shape)


def cubed(add):
    return lambda x, bias: jnp.sum(add(x, bias) ** 3)


def squared_gradient(add):
    return lambda x, bias: sum(jnp.square(g).sum() for g in jax.grad(cubed(add), (0, 1))(x, bias))


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4, 5)])
@pytest.mark.parametrize("of", [cubed, squared_gradient])
@pytest.mark.slow_cases("cubed-shape1")
def test_value_and_gradients_are_those_of_addition(shape, of):
    x, bias = (jax.random.normal(jax.random.key(i), s) for i, s in enumerate([shape, shape[-1:]]))
    np.testing.assert_array_equal(add_bias(x, bias), plain(x, bias))
    for ours, theirs in zip(*(jax.grad(of(add), (0, 1))(x, bias) for add in (add_bias, plain)), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * float(jnp.abs(theirs).max()))


def test_dtype_is_kept():
    x = jnp.ones((2, 3), jnp.bfloat16)
    value, pullback = jax.vjp(add_bias, x, x[0])
    assert {leaf.dtype for leaf in (value, *pullback(value))} == {jnp.dtype(jnp.bfloat16)}
