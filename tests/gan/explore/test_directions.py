"""Directions in w: what they maximise, where they act, and that films can go along them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.explore import directions
from gan.families import build
from gan.sample import load_generator


def test_principal_directions_are_the_axes_of_an_ellipsoid():
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    lengths = np.array([5.0, 4, 3, 2, 1, 0.5])
    drawn = rng.normal(size=(20_000, 6))
    drawn = (drawn - drawn.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(drawn.T, bias=True))).T
    w = (drawn * lengths) @ axes.T + 7.0
    vectors, variance = directions.principal_directions(w, count=4)
    np.testing.assert_allclose(np.abs(np.diag(vectors @ axes[:, :4])), 1, atol=1e-9)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(4), atol=1e-12)
    np.testing.assert_allclose(variance, lengths[:4] ** 2)
    np.testing.assert_allclose(directions.std_along(w, vectors), lengths[:4])
    assert (np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], 1) > 0).all()
    turned = directions.principal_directions(-w, count=4).vectors
    np.testing.assert_allclose(turned, vectors, atol=1e-9)  # the sign says nothing of the data's


def test_factorised_directions_move_the_layers_most():
    rng = np.random.default_rng(1)
    kernels = [rng.normal(size=(8, i)) for i in (3, 5, 2)]

    def moved(n):
        return sum(np.square(n @ kernel).sum(-1) for kernel in kernels)

    vectors, gain = directions.factorised_directions(kernels, count=8)
    np.testing.assert_allclose(moved(vectors), gain, atol=1e-9)
    assert (np.diff(gain) <= 0).all()
    others = rng.normal(size=(1000, 8))
    others /= np.linalg.norm(others, axis=1, keepdims=True)
    assert moved(others).max() <= gain[0]
    across = others - others @ vectors[:1].T * vectors[:1]
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    assert moved(across).max() <= gain[1]


@pytest.fixture(scope="module")
def styles(untrained_run):
    """w -> all that the network's layers make of it."""
    generator = load_generator(untrained_run)

    @jax.jit
    def styles(w):
        _, seen = generator.family._synthesis.apply(
            {"params": generator.params["synthesis"]},
            w,
            "none",
            capture_intermediates=lambda module, _: module.name == "style",
            mutable=["intermediates"],
        )
        return jnp.concatenate([leaf[0] for leaf in jax.tree.leaves(seen)])

    return styles


@pytest.mark.parametrize("layers", [range(6), [0], [1], [2], [5], [3, 4]])
@pytest.mark.slow_cases("layers1")
def test_kernels_are_those_of_the_styles_that_the_layers_steer(untrained_run, styles, layers):
    """The network itself says which styles a direction moves in these layers, and how far."""
    generator = load_generator(untrained_run)
    family, params = generator.family, generator.params
    kernels = directions.style_kernels(family, params, layers)
    (n,), (gain,) = directions.factorised_directions(kernels, count=1)
    step = jnp.asarray(directions.in_layers(n[None], layers, count=family.num_ws))
    change = np.asarray(styles(step)) - np.asarray(styles(jnp.zeros_like(step)))
    np.testing.assert_allclose(np.square(change).sum(), gain, rtol=1e-4)


def test_without_styles_the_base_is_factorised(tiny):
    family = build(tiny, (16, 16, 1))
    params = jax.jit(family.init_generator)(jax.random.key(0))
    (kernel,) = directions.style_kernels(family, params, [0])
    assert kernel.shape[0] == family.z_dim
    np.testing.assert_allclose(kernel * np.sqrt(family.z_dim), params["base"]["kernel"], rtol=1e-6)


def test_styles_are_drawn_by_seed(untrained_run):
    generator = load_generator(untrained_run)
    network = generator.family, generator.params
    a = directions.sample_w(*network, count=100, seed=3)
    assert a.shape == (100, generator.family.w_dim)
    np.testing.assert_array_equal(a, directions.sample_w(*network, count=100, seed=3))
    assert (a != directions.sample_w(*network, count=100, seed=4)).any()
