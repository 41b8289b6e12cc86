"""Stride 1: the two maps against plain convolutions, in every form, to second order."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.test_util import check_grads

from gan.ops import matmul_conv
from gan.ops.conv import conv, kernel_gradient
from gan.ops.matmul_conv import NHWC
from tests.slow_cases import slow

# x, w, pad; one of each form, value and kernel gradient, sizes that are not square, all paddings
CASES = [
    ((2, 5, 7, 3), (1, 1, 3, 4), 0),
    ((2, 5, 7, 3), (3, 3, 3, 2), 1),
    ((2, 5, 7, 64), (3, 3, 64, 32), 1),
    ((1, 5, 4, 64), (3, 3, 64, 64), 0),
    ((1, 4, 5, 64), (3, 3, 64, 64), 2),
    ((1, 12, 11, 64), (3, 3, 64, 64), 1),
    ((1, 12, 11, 32), (3, 3, 32, 32), 0),
    ((1, 9, 10, 256), (3, 3, 256, 256), 1),
    ((1, 6, 7, 2), (5, 5, 2, 3), 2),
]


def plain(x, w, pad):
    return lax.conv_general_dilated(x, w, (1, 1), [(pad, pad)] * 2, dimension_numbers=NHWC)


def draw(x_shape, w_shape, pad):
    x, w = jax.random.normal(jax.random.key(0), x_shape), jax.random.normal(jax.random.key(1), w_shape)
    return x, w, jax.random.normal(jax.random.key(2), plain(x, w, pad).shape)


def close(found, expected):
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found / scale, expected / scale, atol=2e-6)


def test_the_cases_take_every_form():
    values, gradients = set(), set()
    for x_shape, w_shape, pad in CASES:
        size = tuple(length + 2 * pad - w_shape[0] + 1 for length in x_shape[1:3])
        values.add(matmul_conv.form_of_value(w_shape, size, stride=1))
        gradients.add(matmul_conv.form_of_kernel_gradient(w_shape, size, stride=1))
    assert values == gradients == {"convolution", "taps", "patches"}


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.slow_cases(
    "((1, 12, 11, 32), (3, 3, 32, 32), 0)",
    "((2, 5, 7, 64), (3, 3, 64, 32), 1)",
    "((1, 9, 10, 256), (3, 3, 256, 256), 1)",
)
def test_value_and_gradients_equal_plain_autodiff(case):
    x, w, d = draw(*case)

    @jax.jit
    def both(x, w, d):
        values = [jax.vjp(op, x, w) for op in (partial(conv, pad=case[2]), partial(plain, pad=case[2]))]
        return [(value, *pullback(d)) for value, pullback in values]

    for found, other in zip(*both(x, w, d), strict=True):
        close(found, other)


@pytest.mark.parametrize("case", [*(CASES[i] for i in (1, 3, 6)), *slow(CASES[0], CASES[5])], ids=str)
def test_gradient_of_a_squared_gradient_equals_plain_autodiff(case):
    x, w, _ = draw(*case)

    def penalty(op):
        def energy(x, w):
            return jnp.sum(jnp.tanh(op(x, w) / 20))

        return lambda x, w: jnp.sum(jnp.square(jax.grad(energy)(x, w)))

    ops = partial(conv, pad=case[2]), partial(plain, pad=case[2])
    of_both = jax.jit(lambda x, w: [jax.grad(penalty(op), argnums=(0, 1))(x, w) for op in ops])
    found, expected = of_both(x, w)
    for one, other in zip(found, expected, strict=True):
        close(one, other)


@pytest.mark.parametrize("pad", [1, *slow(0, 2)])
def test_derivatives_to_second_order(pad):
    x, w, d = draw((1, 4, 5, 2), (3, 3, 2, 2), pad)
    for op, arguments in ((conv, (x, w)), (kernel_gradient, (x, d))):
        check_grads(jax.jit(partial(op, pad=pad)), arguments, order=2, modes=["rev"], atol=2e-2, rtol=2e-2)


@pytest.mark.slow
def test_other_platforms_take_the_convolution():
    x, w, _ = draw((1, 4, 4, 64), (3, 3, 64, 64), 1)
    exported = jax.export.export(jax.jit(partial(conv, pad=1)), platforms=["cuda"])(x, w).mlir_module()
    assert "stablehlo.convolution" in exported
    assert "dot_general" not in exported
