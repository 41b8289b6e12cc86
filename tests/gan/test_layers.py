"""Layers: equalised learning rate keeps the variance, styles and noise reach the image, shapes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.layers import Conv, Dense, Mapping, SynthesisLayer, ToRgb, item_noise
from gan.ops.resample import blur, downsample

F32 = jnp.float32


def normal(seed: int, *shape: int) -> jax.Array:
    return jax.random.normal(jax.random.key(seed), shape)


def applied(layer, *inputs, **changed):
    """Output of a layer with initial parameters, of which some are replaced."""
    params = layer.init(jax.random.key(0), *inputs)["params"] | changed
    return layer.apply({"params": params}, *inputs), params


@pytest.mark.parametrize("channels", [8, 512])
@pytest.mark.parametrize("lr_multiplier", [1.0, 0.01])
def test_dense_keeps_the_variance_whatever_the_width(channels, lr_multiplier):
    y, params = applied(Dense(256, F32, lr_multiplier=lr_multiplier), normal(1, 256, channels))
    assert 0.85 < float(y.var()) < 1.15
    assert 0.9 / lr_multiplier < float(params["kernel"].std()) < 1.1 / lr_multiplier


def test_a_step_of_a_stored_weight_counts_by_the_lr_multiplier():
    """The same change of the stored weights moves the output a hundredth as far."""
    x, moves = normal(1, 4, 16), []
    for rate in (1.0, 0.01):
        layer = Dense(3, F32, lr_multiplier=rate, bias_init=1.0)
        before, params = applied(layer, x)
        after = layer.apply({"params": jax.tree.map(lambda leaf: leaf + 1, params)}, x)
        moves.append(after - before)
        zero, _ = applied(layer, jnp.zeros((1, 16)))
        np.testing.assert_allclose(zero, 1, rtol=1e-6)  # the bias at initialisation
    np.testing.assert_allclose(moves[1], 0.01 * moves[0], atol=1e-4)


@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("channels", [4, 64])
def test_conv_keeps_the_variance_away_from_the_edges(kernel_size, channels):
    x = normal(1, 4, 18, 18, channels)
    y, _ = applied(Conv(64, F32, kernel_size=kernel_size), x)
    assert y.shape == (4, 18, 18, 64)
    assert 0.85 < float(y[:, 1:-1, 1:-1].var()) < 1.15


@pytest.mark.parametrize(("resample", "size"), [("none", (8, 12)), ("up", (16, 24)), ("down", (4, 6))])
@pytest.mark.slow_cases("up-size1")
def test_conv_sizes_and_dtypes(resample, size):
    y, params = applied(Conv(5, jnp.bfloat16, resample=resample), normal(1, 2, 8, 12, 3))
    assert (y.shape, y.dtype) == ((2, *size, 5), jnp.bfloat16)
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype(F32)}


def test_down_is_a_plain_convolution_of_the_blurred_image_at_every_second_pixel():
    x = normal(1, 2, 8, 6, 3)
    y, params = applied(Conv(5, F32, resample="down"), x)
    kernel, blurred = np.asarray(params["kernel"]) / 27**0.5, np.asarray(blur(x, pad=2))  # [2, 9, 7, 3]
    for i in range(4):
        for j in range(3):
            patch = blurred[:, 2 * i : 2 * i + 3, 2 * j : 2 * j + 3]
            np.testing.assert_allclose(y[:, i, j], np.einsum("nhwc,hwcf->nf", patch, kernel), atol=1e-5)


def test_down_with_a_1x1_kernel_is_the_convolution_of_the_smaller_image():
    x = normal(1, 2, 8, 6, 3)
    y, params = applied(Conv(5, F32, kernel_size=1, resample="down"), x)
    plain = downsample(x) @ (params["kernel"][0, 0] / 3**0.5)
    np.testing.assert_allclose(y, plain, atol=1e-5)


@pytest.mark.slow
def test_noise_of_a_synthesis_layer_is_of_its_kind_and_strength():
    x, w = normal(1, 3, 8, 8, 4), normal(2, 3, 6)
    layer, keys = SynthesisLayer(5, (8, 8), 2, F32, clamp=None), jax.random.split(jax.random.key(3), 3)
    params = layer.init(jax.random.key(0), x, w, "none")["params"]
    loud = params | {"noise_strength": jnp.float32(0.5)}

    def output(params, noise):
        return layer.apply({"params": params}, x, w, noise)

    plain = output(params, "none")
    for noise in ("const", keys):
        np.testing.assert_array_equal(output(params, noise), plain)  # strength 0 at initialisation
        assert float(jnp.abs(output(loud, noise) - plain).max()) > 0.1
    np.testing.assert_array_equal(output(loud, "none"), plain)


def test_noise_of_an_item_does_not_depend_on_its_batch():
    keys = jax.random.split(jax.random.key(3), 4)
    maps = item_noise(keys, 2, (16, 16))
    assert maps.shape == (4, 16, 16, 1)
    np.testing.assert_array_equal(item_noise(keys[2:3], 2, (16, 16))[0], maps[2])
    assert not np.array_equal(item_noise(keys, 3, (16, 16)), maps)  # each layer has its own
    assert abs(float(maps.std()) - 1) < 0.1


@pytest.mark.slow
def test_synthesis_keeps_the_scale_whatever_the_style_and_up_doubles_the_size():
    """Demodulation: a style ten times as large changes nothing."""
    x, w = normal(1, 2, 8, 8, 16), normal(2, 2, 6)
    for up, size in ((False, 8), (True, 16)):
        layer = SynthesisLayer(64, (size, size), 0, F32, up=up, clamp=None)
        y, params = applied(layer, x, w, "none")
        assert y.shape == (2, size, size, 64)
        assert up or 0.5 < float(jnp.square(y).mean()) < 1.5  # going up, the blur removes some of white noise
        style = {name: 10 * leaf for name, leaf in params["style"].items()}
        larger = layer.apply({"params": params | {"style": style}}, x, w, "none")
        np.testing.assert_allclose(larger, y, atol=1e-4)


def test_to_rgb_is_linear_in_its_input_and_clamped():
    x, w = normal(1, 2, 4, 4, 8), normal(2, 2, 6)
    y, params = applied(ToRgb(3, F32), x, w)
    assert y.shape == (2, 4, 4, 3)
    np.testing.assert_allclose(ToRgb(3, F32).apply({"params": params}, 2 * x, w), 2 * y, rtol=1e-4, atol=1e-5)
    low = ToRgb(3, F32, clamp=0.5).apply({"params": params}, x, w)
    np.testing.assert_allclose(low, jnp.clip(y, -0.5, 0.5), atol=1e-6)


@pytest.mark.slow
def test_mapping_ignores_the_length_of_z_and_tells_classes_apart():
    z, classes = normal(1, 5, 16), jax.nn.one_hot(jnp.arange(5) % 2, 2)
    w, params = applied(Mapping(12, 3), z, classes)
    assert (w.shape, w.dtype) == ((5, 12), F32)
    mapping = Mapping(12, 3)
    np.testing.assert_allclose(mapping.apply({"params": params}, 7 * z, classes), w, atol=1e-4)
    other = mapping.apply({"params": params}, z, classes[:, ::-1])
    assert float(jnp.abs(other - w).max(1).min()) > 0.01
    alone, _ = applied(mapping, None, classes)
    np.testing.assert_allclose(alone[0], alone[2], rtol=1e-6)
