"""Every family: shapes, dtypes, sizes, and that it learns one step the same way everywhere."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config import NETWORKS
from gan.families import FAMILIES, build
from tests.slow_cases import slow, slow_rows


class Jitted:
    def __init__(self, family):
        self.z_dim, self.w_dim, self.num_ws = family.z_dim, family.w_dim, family.num_ws
        self.init = lambda key: (
            family.init_generator(key),
            family.init_discriminator(jax.random.fold_in(key, 1)),
        )
        self.map = jax.jit(family.map)
        self.synthesize = jax.jit(family.synthesize, static_argnames="noise")
        self.discriminate = jax.jit(family.discriminate)


FAMILY = pytest.mark.parametrize("name", FAMILIES)
SMALL = {"channel_base": 256, "channel_max": 16, "minibatch_group": 4}
LATENTS = {
    "progan": {"z_dim": 16},
    "stylegan2": {"z_dim": 16},
    "field": {"cell_px": 4, "global_dim": 8, "local_dim": 8, "trunk_layers": 1},
}
SHAPES = [(8, 12, 1), (8, 8, 3), (4, 4, 4), (16, 8, 3)]
CASES = [("progan", SHAPES[0])]
CASES += slow_rows(*[(name, shape) for name in FAMILIES for shape in SHAPES if (name, shape) != CASES[0]])


def make(tiny, name, shape, dtype="float32", **options):
    """A family with its functions jitted, and parameters of both networks."""
    network = NETWORKS[name](**SMALL | LATENTS[name] | options)
    config = dataclasses.replace(tiny, family=name, network=network, compute_dtype=dtype)
    family = Jitted(build(config, shape))
    return family, *jax.jit(family.init)(jax.random.key(0))


@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_images_in_and_out_have_the_dataset_shape(tiny, name, shape):
    family, g, d = make(tiny, name, shape)
    z = jax.random.normal(jax.random.key(2), (4, family.z_dim))
    w = family.map(g, z, labels=None, truncation=1.0)
    assert w.shape == (4, family.num_ws, family.w_dim)
    images = family.synthesize(g, w, noise="const")
    assert images.shape == (4, *shape)
    assert images.dtype == jnp.float32
    logits = family.discriminate(d, images, labels=None)
    assert logits.shape == (4,)
    assert logits.dtype == jnp.float32


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stylegan2", *slow("progan", "field")])
def test_bfloat16_computes_near_float32_and_keeps_float32_parameters(tiny, name):
    family, g, d = make(tiny, name, (16, 16, 1))
    low = make(tiny, name, (16, 16, 1), "bfloat16")[0]
    assert {a.dtype for a in jax.tree.leaves((g, d))} == {jnp.dtype(jnp.float32)}
    w = family.map(g, jax.random.normal(jax.random.key(2), (4, family.z_dim)), labels=None, truncation=1.0)
    exact, coarse = (f.synthesize(g, w, noise="const") for f in (family, low))
    error = np.linalg.norm(coarse - exact) / np.linalg.norm(exact)
    assert 1e-5 < error < 0.03  # it does round, and only that


@pytest.mark.parametrize("name", ["stylegan2", *slow("progan", "field")])
def test_truncation_scales_towards_the_mean(tiny, name):
    family, g, _ = make(tiny, name, (8, 8, 1))
    z = jax.random.normal(jax.random.key(2), (64, family.z_dim))
    full, half, none = (family.map(g, z, labels=None, truncation=t) for t in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(half - none, (full - none) / 2, atol=1e-5)
    np.testing.assert_allclose(none, np.broadcast_to(none[:1], none.shape), atol=1e-6)


@pytest.mark.slow
@FAMILY
def test_a_new_generator_is_neither_flat_nor_wild(tiny, name):
    """Equalised learning rate keeps the scale of activations at birth near one, whatever the widths."""
    for width in (8, 32):
        options = {"channel_base": width * 64, "channel_max": width}
        options |= {} if name == "stylegan2" else {"rgb_init_std": 1.0}
        family, g, d = make(tiny, name, (32, 32, 1), **options)
        z = jax.random.normal(jax.random.key(2), (32, family.z_dim))
        images = family.synthesize(g, family.map(g, z, labels=None, truncation=1.0), noise="const")
        assert 0.2 < float(images.std()) < 5
        assert 0.02 < float(family.discriminate(d, images, labels=None).std()) < 20
