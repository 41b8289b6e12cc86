"""The filter bank against its definition from sym2, in one plain convolution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy.ndimage import correlate1d
from scipy.stats import kstest, norm

from gan.augment import filters

amplify = jax.jit(filters.amplify)

ROOT_3 = 3**0.5
SYM2 = np.array([1 + ROOT_3, 3 + ROOT_3, 3 - ROOT_3, 1 - ROOT_3]) / (4 * 2**0.5)  # Daubechies' closed form


def spread(taps, spacing):
    out = np.zeros((len(taps) - 1) * spacing + 1)
    out[::spacing] = taps
    return out


def bank():
    """Zero-phase filters of the four bands, lowest first, each [43]; H(z) H(1/z) / 2 at spacings 1, 2, 4."""
    low = np.convolve(SYM2, SYM2[::-1]) / 2
    high = np.eye(7)[3] - low
    level_1, level_2 = low, np.convolve(low, spread(low, 2))
    bands = [
        np.convolve(level_2, spread(low, 4)),
        np.convolve(level_2, spread(high, 4)),
        np.convolve(level_1, spread(high, 2)),
        high,
    ]
    return np.stack([np.pad(band, (43 - len(band)) // 2) for band in bands])


@pytest.mark.parametrize("size", [(32, 24), (8, 4)])
def test_equals_one_convolution_by_the_mixed_filter(size):
    x = np.asarray(jax.random.normal(jax.random.key(0), (3, *size, 3)), np.float64)
    gains = np.array([[1, 1, 1, 1], [0.5, 2, 1, 0.3], [0, 0, 0, 1]])
    y = amplify(jnp.float32(x), jnp.float32(gains))
    for i in range(3):
        taps = gains[i] @ bank()
        plain = correlate1d(correlate1d(x[i], taps, 0, mode="mirror"), taps, 1, mode="mirror")
        np.testing.assert_allclose(y[i], plain, atol=1e-5)


def test_bands_lie_where_they_should():
    response = np.abs(np.fft.rfft(bank(), 1024))
    centers = (response * np.arange(513)).sum(1) / response.sum(1) / 512
    for band, (low, high) in zip(
        centers, [(0, 1 / 8), (1 / 8, 1 / 4), (1 / 4, 1 / 2), (1 / 2, 1)], strict=True
    ):
        assert low < band < high


def test_alpha_is_kept():
    x = jax.random.normal(jax.random.key(1), (1, 8, 8, 4))
    y = amplify(x, jnp.array([[2.0, 1, 0.5, 3]]))
    np.testing.assert_array_equal(y[..., 3], x[..., 3])
    np.testing.assert_array_equal(y[..., :3], amplify(x[..., :3], jnp.array([[2.0, 1, 0.5, 3]])))


def test_low_pass_derivatives():
    x = jax.random.normal(jax.random.key(2), (1, 15, 2))
    matrix = jax.vmap(lambda row: filters.low_pass(row[None, :, None], 2)[0, :, 0])(jnp.eye(15))  # [in, out]
    d = jax.random.normal(jax.random.key(3), (1, 3, 2))
    (gradient,) = jax.vjp(lambda x: filters.low_pass(x, 2), x)[1](d)
    np.testing.assert_allclose(gradient[0], matrix @ d[0], atol=1e-6)
    check_grads(lambda x: filters.low_pass(x, 2) ** 2, (x,), order=2, modes=["rev"], atol=0.1, rtol=0.1)


def draws(p, count=2000):
    u = jax.random.uniform(jax.random.key(4), (count, filters.UNIFORMS))
    return np.asarray(jax.jit(jax.vmap(lambda u: filters.draw_gains(u, p)))(u), np.float64)


def test_shares():
    """The gains of untouched bands stay equal, so that a single touched one stands out."""
    assert (draws(0.0) == 1).all()
    p = 0.1
    touched = np.abs(draws(p) / np.median(draws(p), axis=1, keepdims=True) - 1) > 1e-4
    alone = 4 * p * (1 - p) ** 3
    share = (touched.sum(1) == 1).mean()
    assert abs(share - alone) < 4 * (alone * (1 - alone) / 2000) ** 0.5


def test_power_of_a_1_over_f_image_is_kept_by_each_change():
    gains = draws(0.05)
    power = (np.array(filters.POWER) * gains**2).sum(1)
    ratios = gains / np.median(gains, axis=1, keepdims=True)
    single = (np.abs(ratios - 1) > 1e-4).sum(1) == 1
    assert single.sum() > 200
    np.testing.assert_allclose(power[single], 1, atol=1e-5)


def test_distribution_of_gains_at_p_1():
    """Ratios of gains are ratios of independent log-normals."""
    octaves = np.log2(draws(1.0))
    assert kstest(octaves[:, 1] - octaves[:, 2], norm(0, 2**0.5).cdf).pvalue > 1e-3
    assert kstest(octaves[:, 0] - octaves[:, 3], norm(0, 2**0.5).cdf).pvalue > 1e-3
