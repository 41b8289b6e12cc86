"""The sym6 filter from its definition, and resampling against plain loops over the reflected image."""

import itertools
from math import comb

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from gan.augment import wavelet

TAPS = np.array(wavelet.SYM6)
upsample, downsample = jax.jit(wavelet.upsample), jax.jit(wavelet.downsample)


def daubechies(n: int) -> list[np.ndarray]:
    """All real orthogonal filters with n vanishing moments and 2 n taps: every choice of roots."""
    pairs = [np.roots([1, -(2 - 4 * y), 1]) for y in np.roots([comb(n - 1 + j, j) for j in range(n)][::-1])]
    filters = []
    for choice in itertools.product(*pairs):
        polynomial = np.poly(choice)
        if np.abs(polynomial.imag).max() < 1e-8:
            taps = polynomial.real
            for _ in range(n):
                taps = np.convolve(taps, [1, 1])
            filters.append(taps * 2**0.5 / taps.sum())
    return filters


def test_sym6_is_the_least_asymmetric_of_its_family():
    def asymmetry(taps):
        """How far the phase is from a straight line, in the band that the filter passes."""
        omega = np.linspace(0.01, np.pi * 0.9, 200)
        phase = np.unwrap(np.angle(np.exp(-1j * np.outer(omega, np.arange(len(taps)))) @ taps))
        return np.abs(phase - omega * (phase @ omega) / (omega @ omega)).max()

    family = daubechies(6)
    best = sorted(family, key=asymmetry)[:2]  # a filter and its reverse
    assert min(np.abs(TAPS - taps).max() for taps in best) < 1e-9


def reflected(length: int, index: np.ndarray) -> np.ndarray:
    index = np.abs(index) % (2 * length - 2)
    return np.where(index < length, index, 2 * length - 2 - index)


def test_upsample_equals_a_loop_over_the_endless_reflection():
    x = np.asarray(jax.random.normal(jax.random.key(0), (2, 5, 8, 3)))

    def up(x, axis):
        length = x.shape[axis]
        out = []
        for t in range(4 * length - 3):
            total = 0
            for pixel in range(-20, 2 * length + 20):
                if 0 <= t - 2 * pixel + wavelet.CENTER < 12:
                    tap = TAPS[t - 2 * pixel + wavelet.CENTER]
                    total = total + 2**0.5 * tap * x.take(reflected(length, np.array(pixel)), axis)
            out.append(total)
        return np.stack(out, axis)

    np.testing.assert_allclose(upsample(x), up(up(x, 1), 2), atol=1e-5)


def test_a_straight_slope_is_sampled_where_lag_says():
    x = jnp.broadcast_to(jnp.arange(32.0)[None, None, :, None], (1, 8, 32, 1))
    inside = np.arange(14, 48)
    samples = np.asarray(upsample(x))[0, 10, inside, 0]
    np.testing.assert_allclose(samples, (inside - wavelet.LAG) / 2, atol=1e-5)


@pytest.mark.parametrize("size", [(8, 8), (4, 6), (5, 16)])
def test_down_undoes_up(size):
    x = jax.random.normal(jax.random.key(1), (2, *size, 3))
    up = np.asarray(upsample(x))
    rows = np.arange(-wavelet.BEFORE, 2 * size[0] - 1 + wavelet.AFTER) % (4 * size[0] - 4)
    columns = np.arange(-wavelet.BEFORE, 2 * size[1] - 1 + wavelet.AFTER) % (4 * size[1] - 4)
    np.testing.assert_allclose(downsample(up[:, rows][:, :, columns]), x, atol=1e-6)


def plain_expand(x):
    zeros = np.zeros((2 * x.size - 1,))
    zeros[::2] = x
    full = np.convolve(zeros, TAPS)
    return full[10 : 10 + 2 * (x.size - 5)]


def plain_reduce(x):
    return np.correlate(x, TAPS, mode="valid")[::2][: x.size // 2 - 5]


@pytest.mark.parametrize(
    ("fast", "plain", "size"), [(wavelet.expand, plain_expand, 9), (wavelet.reduce, plain_reduce, 18)]
)
def test_pair_equals_convolution_in_value_and_derivative(fast, plain, size):
    fast = jax.jit(fast)
    x = np.asarray(jax.random.normal(jax.random.key(2), (2, size, 3)), np.float64)
    expected = np.stack([np.stack([plain(x[n, :, k]) for k in range(3)], -1) for n in range(2)])
    np.testing.assert_allclose(fast(jnp.float32(x)), expected, atol=1e-5)
    matrix = np.stack([plain(row) for row in np.eye(size)])  # [in, out]
    d = np.asarray(jax.random.normal(jax.random.key(3), expected.shape))
    (gradient,) = jax.vjp(fast, jnp.float32(x))[1](d)
    np.testing.assert_allclose(gradient, np.einsum("io,nok->nik", matrix, d), atol=1e-5)
    check_grads(
        jax.jit(lambda x: fast(x) ** 2), (jnp.float32(x),), order=2, modes=["rev"], atol=0.1, rtol=0.1
    )
