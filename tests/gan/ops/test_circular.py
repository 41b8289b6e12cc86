"""Circular padding against explicit periodic sums and against tiled inputs."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from gan.layers import Conv
from gan.ops.circular import circular, folded, wrapped
from gan.ops.resample import upsample
from tests.slow_cases import slow


def conv(kernel):
    return lambda x: lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def test_convolution_is_a_sum_of_rolled_inputs():
    x = jax.random.normal(jax.random.key(0), (2, 5, 4, 3))
    kernel = jax.random.normal(jax.random.key(1), (3, 3, 3, 2))
    rolled = [
        jnp.roll(x, (1 - i, 1 - j), (1, 2)) @ kernel[i, j]  # output[y] reads input[y + i - 1]
        for i in range(3)
        for j in range(3)
    ]
    np.testing.assert_allclose(circular(conv(kernel), x, pad=1), sum(rolled), atol=1e-5)


@pytest.mark.parametrize("size", [(1, 3), *slow((1, 1), (4, 2))], ids=str)
@pytest.mark.parametrize("kind", ["none", "up", "upsample"])
@pytest.mark.slow_cases("up-(1, 3)")
def test_periodic_operations_equal_the_middle_of_a_tiled_input(kind, size):
    x = jax.random.normal(jax.random.key(0), (2, *size, 3))
    module, key = Conv(2, jnp.float32, resample=kind, padding="periodic"), jax.random.key(1)
    params = module.init(key, x) if kind != "upsample" else None
    scale = 1 if kind == "none" else 2
    if kind == "upsample":
        op, found = upsample, circular(upsample, x, pad=1, scale=2)
    else:
        op, found = partial(module.clone(padding="zeros").apply, params), module.apply(params, x)
    h, w = scale * size[0], scale * size[1]
    times = 9 // min(size) | 1  # odd, so that one copy is in the middle
    tiled = op(jnp.tile(x, (1, times, times, 1)))
    y0, x0 = times // 2 * h, times // 2 * w
    np.testing.assert_allclose(found, tiled[:, y0 : y0 + h, x0 : x0 + w], atol=1e-5)
    assert np.abs(found - op(x)).max() > 1e-3  # zeros at the border are something else


def test_folding_is_the_transpose_of_wrapping():
    x = jax.random.normal(jax.random.key(0), (2, 3, 4, 2))
    y = jax.random.normal(jax.random.key(1), (2, 4, 5, 2))
    extended = jnp.pad(x, ((0, 0), (0, 1), (0, 1), (0, 0)), mode="wrap")
    np.testing.assert_array_equal(wrapped(x, before=0, after=1), extended)
    np.testing.assert_allclose(jnp.vdot(folded(y), x), jnp.vdot(y, extended), rtol=1e-5)


def test_gradients_wrap():
    """A pixel of the last column sends its gradient to the first."""
    x = jnp.zeros((1, 4, 4, 1))
    kernel = jnp.ones((3, 3, 1, 1))
    (gradient,) = jax.grad(lambda x: circular(conv(kernel), x, pad=1)[0, 3, 3, 0], argnums=(0,))(x)
    expected = np.zeros((4, 4))
    expected[np.ix_([2, 3, 0], [2, 3, 0])] = 1
    np.testing.assert_array_equal(gradient[0, ..., 0], expected)
