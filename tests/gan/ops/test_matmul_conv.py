"""Every matrix-product form against XLA's convolution, at strides 1 and 2."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from gan.ops.matmul_conv import (
    NHWC,
    form_of_kernel_gradient,
    form_of_value,
    kernel_gradient,
    kernel_gradient_by_cotangents,
    transposed,
    value,
)


def plain(y, w, stride):
    return lax.conv_general_dilated(y, w, (stride, stride), "VALID", dimension_numbers=NHWC)


def draw(k, stride):
    y = jax.random.normal(jax.random.key(0), (2, 4 * stride + k, 2 * stride + k, 3))
    w = jax.random.normal(jax.random.key(1), (k, k, 3, 4))
    return y, w, jax.random.normal(jax.random.key(2), plain(y, w, stride).shape)


@pytest.mark.parametrize("form", ["taps", "patches"])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.slow_cases("3-1-taps", "1-1-taps", "3-2-taps")
def test_value_and_kernel_gradient(k, stride, form):
    y, w, x = draw(k, stride)
    np.testing.assert_allclose(value(y, w, stride=stride, form=form), plain(y, w, stride), atol=1e-5)
    (expected,) = jax.vjp(lambda w: plain(y, w, stride), w)[1](x)
    np.testing.assert_allclose(kernel_gradient(y, x, k, stride=stride, form=form), expected, atol=1e-5)


def test_kernel_gradient_by_cotangents():
    x, w, _ = draw(3, 1)
    d = jax.random.normal(jax.random.key(3), (2, *x.shape[1:3], 4))
    (expected,) = jax.vjp(lambda w: plain(jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), w, 1), w)[1](d)
    found = kernel_gradient_by_cotangents(x, jnp.pad(d, ((0, 0), (1, 1), (1, 1), (0, 0))), 3)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_transpose_equals_that_of_the_plain_convolution():
    y, w, x = draw(3, 2)
    (expected,) = jax.vjp(lambda y: plain(y, w, 2), y)[1](x)
    np.testing.assert_allclose(transposed(x, w), expected, atol=1e-5)


def test_forms_depend_on_shapes_alone():
    """Narrow layers stay convolutions; 1x1 kernels never are."""
    assert form_of_value((1, 1, 1, 16), (64, 64), stride=1) == "patches"
    assert form_of_kernel_gradient((3, 3, 16, 16), (64, 64), stride=1) == "convolution"
    assert form_of_kernel_gradient((3, 3, 256, 256), (64, 64), stride=1) == "taps"
    assert form_of_value((3, 3, 512, 512), (8, 8), stride=1) == "patches"
