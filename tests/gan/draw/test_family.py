"""DRAW as a family: latents of all glimpses, classes, truncation, ink."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.draw.family import DrawFamily
from tests.gan.draw.plain_draw import plain_draw, sigmoid
from tests.gan.draw.test_network import SMALL, shaken

FAMILY = DrawFamily(SMALL, (6, 7, 1))
CLASSES = DrawFamily(SMALL, (6, 7, 1), 3)


@pytest.mark.slow
def test_images_are_the_probabilities_of_ink():
    params = shaken(SMALL, (6, 7))
    z = jax.random.normal(jax.random.key(1), (2, 6))
    w = FAMILY.map(params, z, labels=None, truncation=1.0)
    found = FAMILY.synthesize(params, w, noise="const")
    for i in range(2):
        canvases, *_ = plain_draw(params, np.asarray(z[i]).reshape(3, 2), config=SMALL, shape=(6, 7))
        np.testing.assert_allclose(found[i, ..., 0], 1 - 2 * sigmoid(canvases[-1]), atol=1e-5)
    light = dataclasses.replace(FAMILY, config=dataclasses.replace(SMALL, ink="light"))
    np.testing.assert_allclose(light.synthesize(params, w, noise="const"), -found)


def test_w_is_z_of_all_glimpses_and_the_class():
    params = shaken(SMALL, (6, 7), num_classes=3)
    z = jax.random.normal(jax.random.key(1), (2, CLASSES.z_dim))
    w = CLASSES.map(params, z, labels=jnp.array([2, 0]), truncation=0.5)
    assert w.shape == (2, CLASSES.num_ws, CLASSES.w_dim)
    np.testing.assert_allclose(w[:, 0, :6], 0.5 * z)
    np.testing.assert_allclose(w[:, 0, 6:], [[0, 0, 1], [1, 0, 0]])
    images = CLASSES.synthesize(params, w, noise="const")
    assert (
        float(jnp.abs(images - CLASSES.synthesize(params, w.at[:, :, 6:].set(1 / 3), noise=0)).max()) > 0.01
    )


def test_decoding_what_was_encoded_gives_the_same_canvas():
    params = shaken(SMALL, (6, 7), num_classes=3)
    ink = (jax.random.uniform(jax.random.key(2), (2, 6, 7)) > 0.5).astype(jnp.float32)
    labels = jnp.array([1, 2])
    noise = CLASSES.noise(jax.random.split(jax.random.key(3)))
    encoded = CLASSES.encode(params, ink, noise, labels=labels)
    w = CLASSES.map(params, encoded.z.reshape(2, -1), labels=labels, truncation=1.0)
    logits, drawn = CLASSES.draw(params, w)
    np.testing.assert_allclose(logits, encoded.canvas, atol=1e-5)
    np.testing.assert_array_equal(drawn.canvas[:, -1], logits)


def test_noise_differs_between_items_and_glimpses():
    noise = np.asarray(FAMILY.noise(jax.random.split(jax.random.key(0), 4)))
    assert noise.shape == (4, 3, 2)
    assert len(np.unique(noise)) == noise.size


@pytest.mark.parametrize("ink", ["dark", "light"])
@pytest.mark.parametrize("binarise", [True, False])
def test_ink_is_one_where_there_is_ink(ink, binarise):
    family = dataclasses.replace(FAMILY, config=dataclasses.replace(SMALL, ink=ink, binarise=binarise))
    images = jnp.array([0, 51, 204, 255], jnp.uint8).reshape(1, 2, 2, 1)
    light = np.array([0, 0, 1, 1]) if binarise else np.array([0, 0.2, 0.8, 1])
    expected = light if ink == "light" else 1 - light
    np.testing.assert_allclose(np.asarray(family.ink(images)).ravel(), expected, atol=1e-6)
