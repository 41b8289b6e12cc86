"""Generators as ONNX networks: the images of the generators they came from."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
import pytest

from configs.gan import field_tiny, tiny
from data_prep.errors import InputError
from gan.config import ProganConfig, Stylegan2Config, replace
from gan.draw.family import DrawFamily
from gan.export.onnx_networks import canvas_graph, check_family, map_graph, synthesize_graph
from gan.families import build

STYLES = Stylegan2Config(z_dim=12, w_dim=10, channel_base=64, channel_max=8, minibatch_group=4)
NETWORKS = {
    "progan": ProganConfig(z_dim=12, channel_base=64, channel_max=8),
    "stylegan2": dataclasses.replace(STYLES, noise=8),
    "stylegan2-latent": dataclasses.replace(STYLES, base="latent", noise="none", generator_clamp=None),
    "field": dataclasses.replace(field_tiny.CONFIG.network, channel_max=8),
}


def drawn(network: str, shape: tuple[int, int, int], *, num_classes: int = 0):
    """The family of an entry of NETWORKS, and parameters with values of every kind."""
    name = network.split("-")[0]
    config = replace(tiny.CONFIG, family=name, network=NETWORKS[network], compute_dtype="float32")
    family = build(replace(config, conditional=bool(num_classes)), shape, num_classes=num_classes)
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(family.init_generator, jax.random.key(0))
    return family, jax.tree.map(lambda a: rng.normal(size=a.shape).astype(np.float32), shapes)


def run(g, **feeds):
    session = onnxruntime.InferenceSession(g.bytes(metadata={}))
    return session.run(None, feeds)[0]


@pytest.mark.parametrize("network", NETWORKS)
def test_twins_compute_the_same_images(network):
    classes = 3 if network == "stylegan2" else 0
    family, params = drawn(network, (16, 8, 3), num_classes=classes)
    z = np.random.default_rng(1).normal(size=(3, family.z_dim)).astype(np.float32)
    labels = {"label": np.array([2, 0, 1])} if classes else {}
    w = family.map(params, z, labels=jnp.array([2, 0, 1]) if classes else None, truncation=0.7)
    feeds = {"z": z, "truncation": np.asarray(0.7, np.float32), **labels}
    found = run(map_graph(family, params, batch="b", half=False), **feeds)
    np.testing.assert_allclose(found, w, atol=1e-5)
    images = np.asarray(jax.jit(lambda w: family.synthesize(params, w, noise="const"))(w))
    found = run(synthesize_graph(family, params, batch="b", half=False), w=np.asarray(w))
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), images, atol=1e-5 * np.abs(images).max())


@pytest.mark.parametrize("cells", [(1, 2), (3, 5)])
def test_canvases_of_any_size(cells):
    family, params = drawn("field", (16, 8, 1))
    rng = np.random.default_rng(1)
    style = rng.normal(size=(1, family.config.global_dim)).astype(np.float32)
    local = rng.normal(size=(1, *cells, family.config.local_dim)).astype(np.float32)
    found = run(canvas_graph(family, params, half=False), style=style, cells=local)
    images = np.asarray(jax.jit(family.canvas)(params, style, local))
    np.testing.assert_allclose(found.transpose(0, 2, 3, 1), images, atol=1e-5 * np.abs(images).max())


def test_other_families_are_refused():
    from gan.config.draw import DrawConfig

    with pytest.raises(InputError, match="families progan, stylegan2 and field"):
        check_family(DrawFamily(DrawConfig().draw, (28, 28, 1), 0))
