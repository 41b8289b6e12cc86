"""A generator at the size of a canvas."""

import dataclasses

import jax
import numpy as np

from gan import latents
from gan.canvas import blocks
from gan.canvas.family import canvas_generator
from gan.canvas.size import CanvasSize
from gan.canvas.variation import Variation
from gan.sample import Generator
from tests.gan.canvas.networks import network


def test_canvases_are_those_of_the_network_at_their_size(monkeypatch):
    """Cropped, and drawn in blocks."""
    family, params = network()
    generator = canvas_generator(Generator(family, params, "small", nimg=0), CanvasSize(18, 25, 4))
    monkeypatch.setattr(blocks, "CPU_PX", 200)
    assert generator.shape == (18, 25, 1)
    assert generator.z_dim == 3 + 5 * 7 * 4
    z = latents.from_seeds([1, 2], z_dim=generator.z_dim)
    w = generator.map(z, truncation=0.7)
    images = generator.synthesize(w)
    whole = dataclasses.replace(family, shape=(20, 28, 1))
    expected = jax.jit(whole.synthesize)(params, whole.map(params, z, truncation=0.7))
    np.testing.assert_allclose(images, expected[:, :18, :25], atol=1e-5)
    assert float(np.std(images)) > 0.1


def test_a_mask_mixes_weights_in_across_blocks(monkeypatch):
    """The same with any blocks; where the mask is white, the network with the other weights."""
    family, params = network()
    other = jax.tree.map(lambda a: a * 0.5, params)
    mask = np.zeros((3, 20), np.float32)
    mask[:, 10:] = 1
    size, drawn = CanvasSize(12, 80, 4), []
    for weights, variation in (
        (params, Variation(mask, params=other)),
        (params, Variation(mask, params=other)),
        (params, None),
        (other, None),
    ):
        generator = canvas_generator(Generator(family, weights, "", nimg=0), size, variation=variation)
        z = latents.from_seeds([1, 2], z_dim=generator.z_dim)
        drawn.append(np.asarray(generator.synthesize(generator.map(z))))
        monkeypatch.setattr(blocks, "CPU_PX", 400)
    whole, parts, black, white = drawn
    np.testing.assert_allclose(parts, whole, atol=1e-5)
    halo = family.halo_cells * 4
    np.testing.assert_allclose(whole[:, :, halo : 40 - halo], black[:, :, halo : 40 - halo], atol=1e-5)
    np.testing.assert_allclose(whole[:, :, 40 + halo : -halo], white[:, :, 40 + halo : -halo], atol=1e-5)
    assert np.abs(white - black).max() > 0.1
