"""Shift-and-add filters against convolution with the 4x4 kernel and explicit zero insertion."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.signal import correlate2d

from gan.ops import resample

blur = jax.jit(resample.blur, static_argnames=("pad", "gain"))
downsample, upsample = jax.jit(resample.downsample), jax.jit(resample.upsample)
KERNEL = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64


def image(h, w, c=2):
    return jax.random.normal(jax.random.key(h * w), (2, h, w, c))


def per_channel(f, x):
    x = np.asarray(x, np.float64)
    return np.stack([np.stack([f(x[n, ..., c]) for c in range(x.shape[-1])], -1) for n in range(x.shape[0])])


@pytest.mark.parametrize("pad", [1, 2])
@pytest.mark.parametrize("size", [(8, 8), (5, 12)])
def test_blur(size, pad):
    x = image(*size)
    plain = per_channel(lambda p: 4 * correlate2d(np.pad(p, pad), KERNEL, mode="valid"), x)
    np.testing.assert_allclose(blur(x, pad=pad, gain=4.0), plain, atol=1e-6)


@pytest.mark.parametrize("size", [(8, 8), (4, 10)])
def test_downsample(size):
    x = image(*size)
    plain = per_channel(lambda p: correlate2d(np.pad(p, 1), KERNEL, mode="valid")[::2, ::2], x)
    np.testing.assert_allclose(downsample(x), plain, atol=1e-6)


@pytest.mark.parametrize("size", [(4, 4), (3, 6), (1, 1)])
def test_upsample(size):
    def plain(p):
        zeros = np.zeros((2 * p.shape[0], 2 * p.shape[1]))
        zeros[::2, ::2] = p
        return 4 * correlate2d(np.pad(zeros, ((2, 1), (2, 1))), KERNEL, mode="valid")

    x = image(*size)
    np.testing.assert_allclose(upsample(x), per_channel(plain, x), atol=1e-6)


def test_down_is_the_adjoint_of_up():
    """Up is four times the transpose of down, so that a constant image stays constant inside."""
    x, y = image(8, 8), image(4, 4)
    left, right = jnp.vdot(downsample(x), y), jnp.vdot(x, upsample(y)) / 4
    np.testing.assert_allclose(left, right, rtol=1e-5)


@pytest.mark.parametrize("pad", [0, 1, 2, 3])
@pytest.mark.parametrize("size", [(8, 8), (5, 12)])
def test_blur_with_the_rest_of_the_padding_is_the_adjoint_of_blur(size, pad):
    x = image(*size)
    y = jax.random.normal(jax.random.key(1), blur(x, pad=pad).shape)
    left, right = jnp.vdot(blur(x, pad=pad, gain=4.0), y), jnp.vdot(x, blur(y, pad=3 - pad, gain=4.0))
    np.testing.assert_allclose(left, right, rtol=1e-5)


@pytest.mark.parametrize(
    "function", [partial(blur, pad=1, gain=4.0), partial(blur, pad=2), downsample, upsample]
)
def test_derivatives_to_second_order(function):
    """Against finite differences; the square makes the second derivative depend on the first."""
    squared = jax.jit(lambda x: jnp.square(function(x)))
    check_grads(squared, (image(4, 6),), order=2, modes=["rev"], atol=2e-2, rtol=2e-2)


def test_dtype_is_kept():
    x = image(4, 4).astype(jnp.bfloat16)
    assert {f.dtype for f in (blur(x, pad=2), downsample(x), upsample(x))} == {jnp.dtype(jnp.bfloat16)}
