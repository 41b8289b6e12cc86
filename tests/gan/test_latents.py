"""Latents depend on the item alone."""

import jax
import numpy as np

from gan import latents


def test_an_item_is_the_same_in_any_batch():
    key = jax.random.key(3)
    whole = latents.draw(key, latents.numbered(100, 8), z_dim=5)
    spans = [latents.numbered(100, 3), latents.numbered(103, 5)]
    parts = [latents.draw(key, span, z_dim=5) for span in spans]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_draws_are_standard_normal_and_distinct():
    z = np.asarray(latents.draw(jax.random.key(0), latents.numbered(0, 4000), z_dim=8))
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02
    assert len(np.unique(z[:, 0])) == 4000


def test_a_seed_names_one_latent():
    np.testing.assert_array_equal(latents.from_seeds([7, 3], z_dim=4)[1], latents.from_seeds([3], z_dim=4)[0])


def test_normalize_puts_latents_on_a_sphere():
    z = latents.normalize(latents.from_seeds(range(10), z_dim=16))
    np.testing.assert_allclose(np.square(z).sum(-1), 16, rtol=1e-5)
