"""Modulated convolutions against per-item weights, made as the paper writes them."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from gan.ops.matmul_conv import NHWC
from gan.ops.modulated_conv import modulated_conv, modulated_pointwise
from gan.ops.resample import blur


def plain(x, kernel, style, *, up):
    """One convolution per item, with weights of its own: equations 1 and 3."""
    kernel = kernel[None] * (style[:, None, None, None, :] if up else style[:, None, None, :, None])
    axes = (1, 2, 4) if up else (1, 2, 3)
    kernel = kernel / jnp.sqrt(jnp.square(kernel).sum(axes, keepdims=True) + 1e-8)
    images = []
    for item, weights in zip(x, kernel, strict=True):
        if up:
            y = jax.lax.conv_transpose(
                item[None], weights[::-1, ::-1].swapaxes(2, 3), (2, 2), "VALID", dimension_numbers=NHWC
            )
            y = blur(y, pad=1, gain=4.0)
        else:
            y = jax.lax.conv_general_dilated(item[None], weights, (1, 1), "SAME", dimension_numbers=NHWC)
        images.append(y)
    return jnp.concatenate(images)


def inputs(up, seed=0):
    x, k, s = jax.random.split(jax.random.key(seed), 3)
    kernel = jax.random.normal(k, (3, 3, 4, 5) if up else (3, 3, 5, 4))
    return jax.random.normal(x, (3, 4, 6, 5)), kernel, 1 + 0.5 * jax.random.normal(s, (3, 5))


@pytest.mark.parametrize("up", [False, True])
@pytest.mark.slow_cases("True")
def test_value_and_gradients_are_those_of_per_item_weights(up):
    args = inputs(up)

    @partial(jax.jit, static_argnums=0)
    def derivatives(f, args):
        """Value; gradient; gradient of the squared gradient: what R1 and path length take."""
        value = f(*args, up=up)
        cotangent = jax.random.normal(jax.random.key(9), value.shape)
        gradient = jax.grad(lambda a: (jnp.sin(f(*a, up=up)) * cotangent).sum())
        second = jax.grad(lambda a: sum(jnp.square(g).sum() for g in gradient(a)))
        return value, gradient(args), second(args)

    (fast, *fast_orders), (slow, *slow_orders) = (derivatives(f, args) for f in (modulated_conv, plain))
    np.testing.assert_allclose(fast, slow, rtol=2e-4, atol=1e-5)
    for order, plain_order in zip(fast_orders, slow_orders, strict=True):
        for a, b in zip(order, plain_order, strict=True):
            np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-3 * float(jnp.abs(b).max()))


@pytest.mark.parametrize("up", [False, True])
def test_unit_variance_comes_out_whatever_the_style(up):
    x = jax.random.normal(jax.random.key(1), (2, 32, 32, 16))
    kernel = jax.random.normal(jax.random.key(2), (3, 3, 16, 16))
    style = jnp.stack([jnp.full(16, 0.01), jnp.exp(jax.random.normal(jax.random.key(3), (16,)))])
    y = modulated_conv(x, kernel, style, up=up)
    # The blur after doubling leaves 0.69^2 of white noise's power, times its gain of 4 over four phases.
    spread = np.asarray(y.std((1, 2, 3)))
    assert spread.min() > 0.5
    assert spread.max() < 1.2
    assert abs(spread[0] / spread[1] - 1) < 0.25


def test_pointwise_scales_its_input_channels():
    x, _, style = inputs(False)
    kernel = jax.random.normal(jax.random.key(4), (5, 2))
    expected = np.einsum("nhwi,ni,io->nhwo", x, style, kernel)
    np.testing.assert_allclose(modulated_pointwise(x, kernel, style), expected, rtol=1e-4, atol=1e-5)
    check_grads(jax.jit(modulated_pointwise), (x[:1], kernel, style[:1]), order=2, rtol=2e-2, atol=2e-2)
