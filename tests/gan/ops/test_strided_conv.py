"""The triple against plain formulations: values, adjointness, first and second derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.test_util import check_grads

from gan.ops.matmul_conv import NHWC
from gan.ops.strided_conv import kernel_gradient, strided_conv, transposed_conv

SHAPES = [((2, 9, 9, 3), (3, 3, 3, 4)), ((1, 7, 13, 2), (3, 3, 2, 1)), ((2, 6, 6, 2), (2, 2, 2, 3))]


def plain_strided(y, w):
    return lax.conv_general_dilated(y, w, (2, 2), "VALID", dimension_numbers=NHWC)


def plain_transposed(x, w):
    """Each input pixel stamps its kernel, one by one."""
    n, h, wd, _ = x.shape
    k = w.shape[0]
    out = np.zeros((n, 2 * h - 2 + k, 2 * wd - 2 + k, w.shape[2]), np.float64)
    for i in range(h):
        for j in range(wd):
            out[:, 2 * i : 2 * i + k, 2 * j : 2 * j + k] += np.einsum("no,abio->nabi", x[:, i, j], w)
    return out


def draw(shapes):
    _y_shape, _w_shape = shapes
    y, w = (jax.random.normal(jax.random.key(i), s) for i, s in enumerate(shapes))
    x = jax.random.normal(jax.random.key(2), plain_strided(y, w).shape)
    return y, w, x


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.slow_cases("shapes0", "shapes1")
def test_values_equal_the_plain_forms(shapes):
    y, w, x = draw(shapes)
    np.testing.assert_allclose(strided_conv(y, w), plain_strided(y, w), rtol=1e-6)
    np.testing.assert_allclose(transposed_conv(x, w), plain_transposed(np.array(x), np.array(w)), atol=1e-5)
    plain = jax.vjp(lambda w: plain_strided(y, w), w)[1](x)[0]
    np.testing.assert_allclose(kernel_gradient(y, x), plain, atol=1e-4)


@pytest.mark.parametrize("shapes", SHAPES)
def test_the_three_are_one_trilinear_form(shapes):
    y, w, x = draw(shapes)
    form = jnp.vdot(strided_conv(y, w), x)
    np.testing.assert_allclose(jnp.vdot(y, transposed_conv(x, w)), form, rtol=1e-5)
    np.testing.assert_allclose(jnp.vdot(w, kernel_gradient(y, x)), form, rtol=1e-5)


@pytest.mark.parametrize("op", [strided_conv, transposed_conv, kernel_gradient])
def test_derivatives_to_second_order(op):
    y, w, x = draw(SHAPES[1])
    args = {"strided_conv": (y, w), "transposed_conv": (x, w), "kernel_gradient": (y, x)}[op.__name__]
    check_grads(op, args, order=2, modes=["rev"], atol=2e-2, rtol=2e-2)


def test_gradient_of_a_squared_gradient_equals_plain_autodiff():
    y, w, _ = draw(SHAPES[0])

    def penalty(conv):
        return lambda w: jnp.sum(jnp.square(jax.grad(lambda y: jnp.sum(jnp.square(conv(y, w))))(y)))

    fast, plain = jax.grad(penalty(strided_conv))(w), jax.grad(penalty(plain_strided))(w)
    np.testing.assert_allclose(fast, plain, rtol=1e-4)
