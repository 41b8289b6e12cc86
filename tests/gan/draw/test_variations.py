"""Variations and reconstructions of images by their posterior."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from gan.draw.family import DrawFamily
from gan.draw.variations import draw_family, held_out_nats, reconstruct, reconstruction_sheet, vary
from tests.gan.draw.test_network import SMALL, shaken

FAMILY, PARAMS = DrawFamily(SMALL, (6, 7, 1)), shaken(SMALL, (6, 7))
INK = (np.random.default_rng(0).uniform(size=(6, 7)) > 0.5).astype(np.float32)
KEY = jax.random.key(3)


def test_variations_differ_and_do_not_depend_on_their_number():
    z = vary(KEY, FAMILY, PARAMS, INK, count=6)
    assert z.shape == (6, 6)
    assert len(np.unique(z[:, 0])) == 6
    np.testing.assert_allclose(vary(KEY, FAMILY, PARAMS, INK, count=3), z[:3], atol=1e-6)


def test_without_strength_all_are_the_mean_of_the_posterior():
    z = vary(KEY, FAMILY, PARAMS, INK, count=3, strength=0.0)
    mean = FAMILY.encode(PARAMS, jnp.asarray(INK)[None], jnp.zeros((1, 3, 2)), labels=None).z.reshape(1, 6)
    np.testing.assert_allclose(z, np.repeat(mean, 3, axis=0), atol=1e-5)


def test_jitter_changes_what_is_encoded():
    plain = vary(KEY, FAMILY, PARAMS, INK, count=4, strength=0.0)
    moved = vary(KEY, FAMILY, PARAMS, INK, count=4, strength=0.0, jitter=0.5, where="anywhere")
    assert (np.abs(moved - plain).max(axis=1) > 1e-4).all()
    assert np.abs(moved[0] - moved[1]).max() > 1e-4


def test_a_reconstruction_is_drawn_of_its_latent_with_both_terms():
    found = reconstruct(KEY, FAMILY, PARAMS, np.stack([INK, 1 - INK]))
    w = FAMILY.map(PARAMS, jnp.asarray(found.z), labels=None, truncation=1.0)
    images = np.asarray(FAMILY.synthesize(PARAMS, w, noise=0))
    np.testing.assert_allclose(found.images, (images + 1) * 127.5, atol=0.51)
    logits, _ = FAMILY.draw(PARAMS, w)
    p = 1 / (1 + np.exp(-np.asarray(logits[0], float)))
    nats = -np.log(np.where(INK > 0.5, p, 1 - p)).sum()
    assert found.reconstruction[0] == pytest.approx(nats, rel=1e-4)
    assert (found.kl > 0).all()


def test_the_bound_of_held_out_doodles_does_not_depend_on_the_others():
    inks = np.random.default_rng(1).uniform(size=(5, 6, 7)).astype(np.float32)
    together, alone = (held_out_nats(KEY, FAMILY, PARAMS, part) for part in (inks, inks[:2]))
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a[:2], b, rtol=1e-5)


def test_a_sheet_has_a_row_for_each_image():
    images = np.full((2, 6, 7, 1), 40, np.uint8)
    found = reconstruction_sheet(FAMILY, np.stack([INK, INK]), images, scale=3)
    assert found.shape == (36, 42, 1)
    np.testing.assert_array_equal(found[:18:3, :21:3, 0], 255 * (1 - INK))
    assert (found[:, 21:] == 40).all()


def test_other_families_are_refused():
    assert draw_family(FAMILY, name="run") is FAMILY
    with pytest.raises(InputError, match="run is the run of a GAN"):
        draw_family(object(), name="run")
