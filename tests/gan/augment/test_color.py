"""Colour matrices against their definition as a product, and what single steps do to pixels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from scipy.stats import kstest, norm

from gan.augment import color

NEUTRAL = {"brightness": 0.0, "contrast": 1.0, "flip": 0.0, "hue_rad": 0.0, "saturation": 1.0}
V = np.ones(3) / 3**0.5


def pixels(channels=3):
    return jax.random.uniform(jax.random.key(0), (2, 4, 5, channels), minval=-1, maxval=1)


def change(x, **steps):
    return color.recolor(x, jnp.tile(color.color_matrix(**(NEUTRAL | steps)), (x.shape[0], 1, 1)))


def test_matrix_is_the_product_of_the_steps():
    b, c, flip, hue, s = 0.3, 1.7, 1.0, 0.8, 0.4

    def homogeneous(linear, offset=(0, 0, 0)):
        return np.block(
            [[np.asarray(linear), np.reshape(offset, (3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]]
        )

    luma = np.outer(V, V)
    steps = [
        homogeneous(np.eye(3), [b, b, b]),
        homogeneous(np.eye(3) * c),
        homogeneous(np.eye(3) - 2 * flip * luma),
        homogeneous(Rotation.from_rotvec(V * hue).as_matrix()),
        homogeneous(luma + (np.eye(3) - luma) * s),
    ]
    product = np.eye(4)
    for step in steps:
        product = step @ product
    matrix = color.color_matrix(b, c, flip, hue, s)
    np.testing.assert_allclose(matrix, product[:3], atol=1e-6)
    x = np.asarray(pixels())
    expected = x @ product[:3, :3].T + product[:3, 3]
    np.testing.assert_allclose(color.recolor(x, jnp.stack([matrix] * 2)), expected, atol=1e-6)


def test_single_steps():
    x = pixels()
    np.testing.assert_allclose(change(x, brightness=0.25), x + 0.25, atol=1e-6)
    np.testing.assert_allclose(change(x, contrast=2.0), 2 * x, atol=1e-6)
    np.testing.assert_allclose(change(change(x, flip=1.0), flip=1.0), x, atol=1e-6)
    np.testing.assert_allclose(change(change(x, hue_rad=jnp.pi), hue_rad=jnp.pi), x, atol=1e-6)
    np.testing.assert_allclose(change(x, hue_rad=2 * jnp.pi / 3), jnp.roll(x, 1, axis=-1), atol=1e-6)
    grey = jnp.broadcast_to(x.mean(-1, keepdims=True), x.shape)
    np.testing.assert_allclose(change(x, saturation=0.0), grey, atol=1e-6)
    np.testing.assert_allclose(change(x, flip=1.0), x - 2 * grey, atol=1e-6)


def test_one_channel_changes_as_grey_does():
    x = pixels(1)
    steps = {"brightness": -0.1, "contrast": 0.6, "flip": 1.0, "hue_rad": 1.0, "saturation": 3.0}
    rgb = change(jnp.broadcast_to(x, (*x.shape[:3], 3)), **steps)
    np.testing.assert_allclose(jnp.broadcast_to(change(x, **steps), rgb.shape), rgb, atol=1e-6)


def test_alpha_is_kept():
    x = pixels(4)
    y = change(x, brightness=0.2, contrast=1.5)
    np.testing.assert_array_equal(y[..., 3], x[..., 3])
    np.testing.assert_allclose(y[..., :3], (x[..., :3] + 0.2) * 1.5, atol=1e-6)


def draws(p, count=2000):
    u = jax.random.uniform(jax.random.key(3), (count, color.UNIFORMS))
    matrices = np.asarray(jax.jit(jax.vmap(lambda u: color.draw_color(u, p)))(u), np.float64)
    linear, offset = matrices[..., :3], matrices[:, :, 3]
    gain = linear.sum(-1).mean(-1)  # contrast, negative where luma is flipped
    across = linear - gain[:, None, None] / 3
    chroma = np.linalg.norm(across, axis=(1, 2)) / 2**0.5  # contrast times saturation
    angle = np.arctan2(
        across[:, 1, 0] - across[:, 0, 1], across.trace(axis1=1, axis2=2) * 3**0.5 / 3 * 3**0.5
    )
    return {
        "offset": offset.mean(1) / gain,
        "gain": gain,
        "saturation": chroma / np.abs(gain),
        "angle": angle,
    }


@pytest.mark.parametrize("p", [0.0, 0.25, 1.0])
def test_shares(p):
    d = draws(p)
    shares = {
        "brightness": (np.abs(d["offset"]) > 1e-5, p),
        "contrast": (np.abs(np.abs(d["gain"]) - 1) > 1e-5, p),
        "luma flip": (d["gain"] < 0, p / 2),
        "hue": (np.abs(d["angle"]) > 1e-5, p),
        "saturation": (np.abs(d["saturation"] - 1) > 1e-5, p),
    }
    for name, (hit, expected) in shares.items():
        bound = 4 * (expected * (1 - expected) / 2000) ** 0.5 + 1e-3
        assert abs(hit.mean() - expected) <= bound, name


def test_distributions_at_p_1():
    d = draws(1.0)
    assert kstest(d["offset"], norm(0, 0.2).cdf).pvalue > 1e-3
    assert kstest(np.log2(np.abs(d["gain"])), norm(0, 0.5).cdf).pvalue > 1e-3
    assert kstest(np.log2(d["saturation"]), norm(0, 1.0).cdf).pvalue > 1e-3
    assert abs(np.exp(1j * d["angle"]).mean()) < 0.08
