"""Layers of ONNX operators against the layers of the networks."""

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
import pytest

from gan import layers
from gan.export import onnx_layers as twins
from gan.export.onnx_graph import Graph
from gan.latents import normalize
from gan.ops.activation import GAIN
from gan.ops.circular import circular
from gan.ops.resample import blur, upsample

PADDINGS = {False: "zeros", True: "periodic"}
X = np.random.default_rng(0).normal(size=(2, 6, 4, 5)).astype(np.float32)


def computed(make, x=X, **others):
    """Run the graph `make(g, x, ...)` on NHWC images."""
    g = Graph("g")
    maps = x.transpose(0, 3, 1, 2) if x.ndim == 4 else x
    inputs = {"x": maps, **others}
    names = [g.input(name, [str(i) + name for i in range(a.ndim)]) for name, a in inputs.items()]
    value = make(g, *names)
    g.output("y", value, ["a", "b", "c", "d"] if x.ndim == 4 else ["a", "b"])
    found = onnxruntime.InferenceSession(g.bytes(metadata={})).run(None, inputs)[0]
    return found.transpose(0, 2, 3, 1) if found.ndim == 4 else found


def weights_of(layer, *inputs, seed=0):
    shapes = jax.eval_shape(lambda key: layer.init(key, *inputs), jax.random.key(0))["params"]
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda a: rng.normal(size=a.shape).astype(np.float32), shapes)


def close(found, expected, scale=1.0):
    np.testing.assert_allclose(found, scale * np.asarray(expected), atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize("kernel_size", [1, 3])
def test_conv(periodic, kernel_size):
    layer = layers.Conv(3, jnp.float32, kernel_size=kernel_size, padding=PADDINGS[periodic])
    weights = weights_of(layer, X)
    found = computed(lambda g, x: twins.conv(g, "conv", weights, x, periodic=periodic))
    close(found, layer.apply({"params": weights}, X), GAIN)


@pytest.mark.parametrize("periodic", [False, True])
def test_conv_up(periodic):
    layer = layers.Conv(3, jnp.float32, resample="up", padding=PADDINGS[periodic])
    weights = weights_of(layer, X)
    found = computed(lambda g, x: twins.conv_up(g, "up", weights, x, periodic=periodic, gain=1.0))
    close(found, layer.apply({"params": weights}, X))


def test_blur_and_upsample():
    close(computed(lambda g, x: twins.blur(g, x, channels=5, pad=2)), blur(X, pad=2))
    close(computed(lambda g, x: twins.upsample(g, x, channels=5)), upsample(X))
    found = computed(lambda g, x: twins.upsample(g, x, channels=5, periodic=True))
    close(found, circular(upsample, jnp.asarray(X), pad=1, scale=2))


@pytest.mark.parametrize("up", [False, True])
def test_modulated(up):
    w = np.random.default_rng(1).normal(size=(2, 7)).astype(np.float32)
    size = (12, 8) if up else (6, 4)
    layer = layers.SynthesisLayer(3, size, 0, jnp.float32, up=up, clamp=1.5)
    weights = weights_of(layer, X, w, "const")
    found = computed(lambda g, x, w: twins.modulated(g, "layer", weights, x, w, up_by_2=up, clamp=1.5), w=w)
    close(found, layer.apply({"params": weights}, X, w, "const"))
    assert np.abs(found).max() == 1.5  # the clamp acts


def test_to_rgb():
    w = np.random.default_rng(1).normal(size=(2, 7)).astype(np.float32)
    layer = layers.ToRgb(3, jnp.float32, clamp=None)
    weights = weights_of(layer, X, w)
    found = computed(lambda g, x, w: twins.to_rgb(g, "rgb", weights, x, w, size=(6, 4), clamp=None), w=w)
    close(found, layer.apply({"params": weights}, X, w))


def test_dense_and_normalized():
    x = X.reshape(2, -1)
    layer = layers.Dense(4, jnp.float32, lr_multiplier=0.1)
    weights = weights_of(layer, x)
    close(
        computed(lambda g, x: twins.dense(g, "dense", weights, x, rate=0.1), x),
        layer.apply({"params": weights}, x),
    )
    close(computed(twins.normalized, x), normalize(jnp.asarray(x)))
