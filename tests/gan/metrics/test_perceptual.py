"""Perceptual distances: zero for equals, alike both ways, each picture for itself, as the equation says."""

import jax
import numpy as np
import pytest

from configs.gan.stylegan2_tiny import CONFIG as STYLEGAN2
from configs.gan.tiny import CONFIG as PROGAN
from gan.families import build
from gan.metrics.perceptual import distances, of_discriminator, of_pixels

SHAPE = (16, 16, 1)


@pytest.fixture(scope="module", params=[STYLEGAN2, PROGAN], ids=["stylegan2", "progan"])
def networks(request):
    family = build(request.param, SHAPE)
    return family, jax.jit(family.init_discriminator)(jax.random.key(0))


@pytest.fixture(scope="module")
def distance(networks):
    return of_discriminator(*networks)


@pytest.fixture(scope="module")
def pairs():
    return jax.random.uniform(jax.random.key(1), (2, 3, *SHAPE), minval=-1, maxval=1)


@pytest.mark.slow_cases("progan")
def test_zero_for_equals_and_alike_both_ways(distance, pairs):
    a, b = pairs
    assert distances(distance, a, a).tolist() == [0, 0, 0]
    there, back = distances(distance, a, b), distances(distance, b, a)
    np.testing.assert_array_equal(there, back)
    assert (there > 0.01).all()


def test_one_picture_does_not_depend_on_another(distance, pairs):
    a, b = pairs
    alone = [float(distances(distance, a[i : i + 1], b[i : i + 1])[0]) for i in range(3)]
    np.testing.assert_allclose(distances(distance, a, b), alone, rtol=1e-5)


def test_equals_the_equation(networks, distance, pairs):
    family, params = networks
    a, b = pairs
    features = jax.jit(family.features)
    sizes = [
        (np.asarray(x, np.float64), np.asarray(y, np.float64))
        for x, y in zip(features(params, a), features(params, b), strict=True)
    ]
    assert [x.shape[1] for x, _ in sizes] == [16, 8]
    expected = np.zeros(3)
    for x, y in sizes:
        x, y = (m / np.linalg.norm(m, axis=-1, keepdims=True) for m in (x, y))
        expected += np.square(x - y).sum(-1).mean((1, 2)) / len(sizes)
    np.testing.assert_allclose(distances(distance, a, b), expected, rtol=1e-4)


def test_pixels_measure_without_a_network():
    rng = np.random.default_rng(0)
    images = rng.uniform(-1, 1, (2, 24, 20, 3)).astype(np.float32)
    distance = of_pixels()
    assert (np.asarray(distances(distance, images, images)) == 0).all()
    means = [images]
    while min(means[-1].shape[1:3]) > 4:
        _, h, w, _ = means[-1].shape
        big = means[-1][:, : h // 2 * 2, : w // 2 * 2]
        means.append((big[:, ::2, ::2] + big[:, 1::2, ::2] + big[:, ::2, 1::2] + big[:, 1::2, 1::2]) / 4)
    expected = np.mean([np.square(m[0] - m[1]).mean() for m in means])
    np.testing.assert_allclose(distances(distance, images[:1], images[1:]), expected, rtol=1e-5)
