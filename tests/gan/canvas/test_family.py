"""A generator at the size of a canvas."""

import dataclasses

import jax
import numpy as np

from gan import latents
from gan.canvas import blocks
from gan.canvas.family import canvas_generator
from gan.canvas.size import CanvasSize
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
