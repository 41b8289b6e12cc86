"""Warps against exact places, NumPy's shifts and a plain spline; draws against the paper's distributions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage
from scipy.stats import kstest, norm

from gan.augment import geometry, wavelet
from gan.augment.geometry import Affine

warp = jax.jit(geometry.warp)


def affine(degrees=0.0, scale=1.0, offset=(0.0, 0.0)):
    """Content turned clockwise as seen (y down) by `degrees` and enlarged by `scale`."""
    c, s = np.cos(np.deg2rad(degrees)) / scale, np.sin(np.deg2rad(degrees)) / scale
    return Affine(jnp.array([[[c, s], [-s, c]]], jnp.float32), jnp.array([offset], jnp.float32))


def smooth(height, width, channels=1, sigma=2.5, seed=0):
    rng = np.random.default_rng(seed)
    x = ndimage.gaussian_filter(rng.normal(size=(height, width, channels)), (sigma, sigma, 0), mode="mirror")
    return (x / x.std()).astype(np.float32)[None]


def rms(x):
    return np.sqrt(np.mean(np.square(x)))


def plain_warp(x, transform, order):
    """scipy's interpolation of the mirrored image."""
    linear, offset = np.asarray(transform.linear[0], np.float64), np.asarray(transform.offset_px[0])
    center = (np.array(x.shape[1:3]) - 1) / 2
    swap = linear[::-1, ::-1]  # (y, x)
    shift = center + offset[::-1] - swap @ center
    parts = [
        ndimage.affine_transform(x[0, ..., c].astype(np.float64), swap, shift, order=order, mode="mirror")
        for c in range(x.shape[3])
    ]
    return np.stack(parts, -1)[None]


@pytest.mark.parametrize("size", [(16, 16), (8, 12), (4, 4)])
def test_identity(size):
    x = jax.random.normal(jax.random.key(0), (1, *size, 3))
    np.testing.assert_allclose(warp(x, affine()), x, atol=2e-6)


def test_whole_pixel_shifts_are_exact_however_far():
    x = jax.random.normal(jax.random.key(1), (1, 8, 16, 2))
    for dx, dy in ((3, -2), (-7, 5), (40, 23)):
        y = warp(x, affine(offset=(-dx, -dy)))
        padded = np.pad(x, ((0, 0), (30, 30), (60, 60), (0, 0)), mode="reflect")
        np.testing.assert_allclose(y, np.roll(padded, (dy, dx), (1, 2))[:, 30:-30, 60:-60], atol=2e-6)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_quarter_turns_move_pixels(degrees):
    x = smooth(16, 16, 2)
    plain = np.rot90(x, -degrees // 90, (1, 2))  # places with y down: clockwise as seen
    assert rms(warp(x, affine(degrees)) - plain) < 0.01


@pytest.mark.parametrize("degrees", [17.0, 45.0, -130.0])
@pytest.mark.parametrize("scale", [0.8, 1.0, 1.4])
@pytest.mark.parametrize("size", [(24, 24), (16, 32)])
@pytest.mark.slow_cases("size1-0.8-17.0")
def test_smooth_images_go_where_a_spline_puts_them(degrees, scale, size):
    x = smooth(*size, 2)
    transform = affine(degrees, scale, (1.3, -2.7))
    assert rms(warp(x, transform) - plain_warp(x, transform, 5)) < 0.01  # bilinear alone: 0.014 to 0.018


@pytest.mark.slow
def test_drawn_transforms_equal_a_plain_lookup():
    """In double precision and floating-point places; a lookup of a wrong sample would stand out."""
    count, height, width = 48, 24, 32
    x = jax.random.normal(jax.random.key(4), (count, height, width, 1))
    linear, offset = draws(1.0, count, height, width)
    samples = np.asarray(wavelet.upsample(x), np.float64)
    t_y = np.arange(-wavelet.BEFORE, 2 * height - 1 + wavelet.AFTER)
    t_x = np.arange(-wavelet.BEFORE, 2 * width - 1 + wavelet.AFTER)
    middle = (np.array([width, height]) - 1) / 2
    place = np.stack(np.meshgrid(t_x, t_y), -1)  # [2 H + 10, 2 W + 10, 2]
    place = (place - wavelet.LAG) / 2 - middle  # px from the centre
    found = np.einsum("nij,hwj->nhwi", linear, place) + offset[:, None, None]
    found = (found + middle) * 2 + wavelet.LAG
    low = np.floor(found).astype(int)
    total = 0
    for i, j in np.ndindex(2, 2):
        weight = np.abs(1 - i - (found - low)[..., 1]) * np.abs(1 - j - (found - low)[..., 0])
        rows, columns = (low[..., 1] + i) % (4 * height - 4), (low[..., 0] + j) % (4 * width - 4)
        total = total + weight[..., None] * samples[np.arange(count)[:, None, None], rows, columns]
    y = warp(x, Affine(jnp.float32(linear), jnp.float32(offset)))
    np.testing.assert_allclose(y, wavelet.downsample(jnp.float32(total)), atol=2e-3)


def test_there_and_back():
    x = smooth(48, 48)
    back = warp(warp(x, affine(23.0)), affine(-23.0))
    inside = np.s_[:, 14:-14, 14:-14]  # the first turn loses the corners
    assert rms(back[inside] - x[inside]) < 0.015


@pytest.mark.parametrize("scale", [0.6, 0.65])
def test_shrinking_does_not_alias(scale):
    """Stripes too fine for the smaller image vanish; plain bilinear lookup turns them into coarse ones."""
    stripes = np.cos(np.pi * 0.96 * np.arange(64))[None, None, :, None]
    x = np.broadcast_to(stripes, (1, 64, 64, 1)).astype(np.float32)
    shrunk = np.asarray(warp(x, affine(scale=scale)))[0, 24:40, 8:-8, 0]
    bilinear = plain_warp(x, affine(scale=scale), 1)[0, 24:40, 8:-8, 0]
    assert shrunk.std() < 0.15 * x.std()
    assert bilinear.std() > 0.5 * x.std()


def draws(p, count=2000, height=32, width=64):
    u = jax.random.uniform(jax.random.key(2), (count, geometry.UNIFORMS))
    draw = jax.jit(jax.vmap(lambda u: geometry.draw_affine(u, p, height=height, width=width)))
    return [np.asarray(part, np.float64) for part in draw(u)]


def test_nothing_is_drawn_at_p_0():
    linear, offset = draws(0.0)
    assert (linear == np.eye(2)).all()
    assert (offset == 0).all()


@pytest.mark.parametrize("p", [0.2, 0.6, 1.0])
def test_shares(p):
    linear, offset = draws(p)
    singular = np.linalg.svd(linear, compute_uv=False)
    rotation_only = np.abs(singular - 1).max(1) < 1e-5
    turned = np.abs(linear[:, 0, 1]) > 1e-6
    shares = {
        "shifted": (np.abs(offset).max(1) > 0, p),
        "scaled or stretched": (~rotation_only, 1 - (1 - p) ** 2),
        "scaled": (np.abs(np.linalg.det(linear) - 1) > 1e-5, p),
        "stretched": (singular[:, 0] / singular[:, 1] > 1 + 1e-5, p),
        "turned": (turned, p),
    }
    for name, (hit, expected) in shares.items():
        bound = 4 * (expected * (1 - expected) / 2000) ** 0.5 + 1e-3
        assert abs(hit.mean() - expected) <= bound, name


def test_distributions_at_p_1():
    linear, offset = draws(1.0)
    singular = np.linalg.svd(linear, compute_uv=False)
    scale = -np.log2(singular.prod(1)) / 2
    stretch = np.log2(singular[:, 0] / singular[:, 1]) / 2
    shift = -np.linalg.solve(linear, offset[..., None])[..., 0]
    u, _, vt = np.linalg.svd(linear)
    angle = np.arctan2(*(u @ vt)[:, ::-1, 0].T[::1])
    assert kstest(scale, norm(0, 0.2).cdf).pvalue > 1e-3
    assert kstest(stretch, "halfnorm", (0, 0.2)).pvalue > 1e-3
    assert kstest(shift[:, 0], norm(0, 0.125 * 64).cdf).pvalue > 1e-3
    assert kstest(shift[:, 1], norm(0, 0.125 * 32).cdf).pvalue > 1e-3
    assert kstest(angle, "uniform", (-np.pi, 2 * np.pi)).pvalue > 1e-3
