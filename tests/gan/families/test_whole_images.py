"""Families that are trained on whole images."""

import jax
import jax.numpy as jnp
import numpy as np

from gan import latents
from gan.config import ProganConfig
from gan.families.progan import Progan


def test_images_that_are_trained_on_are_those_that_the_network_makes():
    family = Progan(ProganConfig(z_dim=4, channel_base=32, channel_max=4), (8, 8, 1), jnp.float32)
    params = jax.jit(family.init_generator)(jax.random.key(0))
    w = family.map(params, latents.from_seeds([1, 2], z_dim=4))
    keys = latents.item_keys(jax.random.key(1), latents.numbered(0, 2))
    images = jax.jit(family.generate_for_training)(params, w, keys=keys)
    np.testing.assert_array_equal(images, jax.jit(family.synthesize)(params, w))
    assert family.crop_for_training(images, keys=keys) is images
    assert family.training_shape == family.shape
