"""The whole pipeline: identity at p = 0, randomness by item, and gradients that penalties go through."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jax.test_util import check_grads

from data_prep.errors import InputError
from gan.augment import geometry
from gan.augment.config import AugmentConfig
from gan.augment.geometry import Affine
from gan.augment.pipeline import augment
from gan.latents import numbered
from tests.slow_cases import slow

GROUPS = ["b", "g", "c", "f", "n", "o", "bgcfno"]


def images(count=6, height=8, width=8, channels=3):
    return jax.random.uniform(jax.random.key(0), (count, height, width, channels), minval=-1, maxval=1)


def run(x, p, groups, first=0):
    return augment(
        jax.random.key(1),
        x,
        jnp.float32(p),
        items=numbered(first, len(x)),
        config=AugmentConfig(augment=groups),
    )


@pytest.mark.parametrize("groups", GROUPS)
@pytest.mark.slow_cases("f", "g", "b")
def test_nothing_happens_at_p_0(groups):
    x = images()
    np.testing.assert_allclose(run(x, 0.0, groups), x, atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(4, 8, 1), *slow((8, 8, 1), (4, 8, 4))])
def test_every_shape(shape):
    x = images(3, *shape)
    np.testing.assert_allclose(run(x, 0.0, "bgcfno"), x, atol=2e-6)
    y = run(x, 1.0, "bgcfno")
    assert y.shape == x.shape
    assert y.dtype == x.dtype
    assert np.isfinite(y).all()
    assert (np.abs(y - x).max((1, 2, 3)) > 0.01).all()


def test_off_is_off():
    x = images()
    assert (run(x, 1.0, "off") == x).all()


def test_unknown_groups():
    with pytest.raises(InputError, match="--augment"):
        run(images(), 1.0, "bgz")


@pytest.mark.parametrize("groups", ["bgcfno", *slow("b")])
def test_items_depend_on_key_and_number_alone(groups):
    x = images(12)
    whole = run(x, 0.8, groups, first=100)
    np.testing.assert_array_equal(whole, run(x, 0.8, groups, first=100))
    parts = [run(x[i : i + 6], 0.8, groups, first=100 + i) for i in (0, 6)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=3e-6)  # the same draws; sums round apart
    assert (np.abs(run(x, 0.8, groups, first=112) - whole).max((1, 2, 3)) > 1e-3).any()


def test_a_group_draws_the_same_whatever_others_are_on():
    x = images()
    c_only = run(x, 1.0, "c")
    np.testing.assert_allclose(run(run(x, 1.0, "c"), 1.0, "f"), run(x, 1.0, "cf"), atol=1e-5)
    assert np.abs(c_only - x).max() > 0.1


def test_shifts_of_blits_are_whole_pixels_inside_the_resampling_too(monkeypatch):
    """Blits with a geometry that never turns: the resampling moves pixels as `b` alone does."""
    x = images(6, 16, 16, 1)
    monkeypatch.setattr(
        geometry, "draw_affine", lambda u, p, *, height, width: Affine(jnp.eye(2), jnp.zeros(2))
    )
    never_turning = jax.jit(augment.__wrapped__, static_argnames="config")
    y = never_turning(
        jax.random.key(1), x, 1.0, items=numbered(0, len(x)), config=AugmentConfig(augment="bg")
    )
    np.testing.assert_allclose(y, run(x, 1.0, "b"), atol=2e-6)


@pytest.mark.parametrize("groups", ["c", *slow("bgcfno", "b", "g")])
def test_gradients_of_first_and_second_order(groups):
    """Through a cubic of the output, as a penalty goes through a network; against finite differences."""
    x = images(2, 4, 4, 3)
    weights = jax.random.normal(jax.random.key(2), x.shape)

    def loss(x):
        y = run(x, 0.9, groups)
        return jnp.sum(weights * (y + y**2 + 0.3 * y**3))

    check_grads(jax.jit(loss), (x,), order=2, modes=["rev"], atol=0.05, rtol=0.05, eps=1e-2)


@pytest.mark.slow
def test_gradient_is_the_transpose():
    """Affine in the images: <A x, y> = <x, A^T y> for the linear part, with reflection, at any transform."""
    x, y = images(4, 8, 16), jax.random.normal(jax.random.key(3), (4, 8, 16, 3))

    @jax.jit
    def forward_and_back(x, y):
        out, pullback = jax.vjp(lambda x: run(x, 1.0, "bgcfno"), x)
        return out, pullback(y)[0]

    out, back = forward_and_back(x, y)
    zero, _ = forward_and_back(jnp.zeros_like(x), y)
    np.testing.assert_allclose(jnp.vdot(out - zero, y), jnp.vdot(x, back), rtol=1e-4)


@pytest.mark.slow
def test_a_split_batch_stays_split():
    """No device gathers what others hold: forward and backward, and the values are those of one device."""
    mesh = jax.make_mesh((8,), ("data",), axis_types=(AxisType.Auto,))
    split = NamedSharding(mesh, PartitionSpec("data"))
    x = images(8)

    def f(x):
        out, pullback = jax.vjp(lambda x: run(x, 0.8, "bgcfno"), x)
        return out, pullback(out)[0]

    compiled = jax.jit(f, in_shardings=split, out_shardings=split).lower(x).compile()
    text = compiled.as_text()
    assert not [op for op in ("all-gather", "all-to-all", "collective-permute") if op in text]
    for apart, together in zip(compiled(jax.device_put(x, split)), jax.jit(f)(x), strict=True):
        np.testing.assert_allclose(apart, together, atol=1e-5)
