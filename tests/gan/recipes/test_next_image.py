"""Recipe pixels: latents made of frame and page, and a generator that learns the next frame."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.images import to_float
from gan.recipes.next_image import code_side, latent_of
from tests.gan.recipes.next_frame_recipes import FAMILY, networks, pairs_of, pixels_recipe, train


@pytest.mark.parametrize(("z_dim", "side"), [(512, 16), (64, 5), (3, 1), (2, 1)])
def test_a_latent_is_the_frame_then_the_page_then_ones(z_dim, side):
    assert code_side(z_dim) == side
    rng = np.random.default_rng(0)
    code, page = (rng.uniform(-1, 1, (2, side, side)).astype(np.float32) for _ in range(2))
    z = np.asarray(latent_of(jnp.asarray(code), jnp.asarray(page), z_dim=z_dim))
    cells = side * side
    np.testing.assert_array_equal(z[:, :cells].reshape(2, side, side), code)  # rows stay rows
    np.testing.assert_array_equal(z[:, cells : 2 * cells].reshape(2, side, side), page)
    assert (z[:, 2 * cells :] == 1).all()
    assert z.shape == (2, z_dim)


def test_the_loss_is_the_squared_error_to_the_next_frame():
    recipe = pixels_recipe()
    pairs = pairs_of(recipe, count=8)
    _, metrics = train(recipe, pairs, iterations=1)
    z = latent_of(jnp.asarray(pairs.code), jnp.asarray(pairs.page), z_dim=FAMILY.z_dim)
    drawn = FAMILY.synthesize(networks().generator, z[:, None])
    assert metrics[0]["loss"] == pytest.approx(
        float(jnp.square(drawn - to_float(pairs.target)).mean()), rel=1e-5
    )


def test_it_learns_the_next_frame():
    recipe = pixels_recipe(average_halflife_nimg=8)
    pairs = pairs_of(recipe, count=8)
    values = (pairs.page + 0.5 * pairs.code).clip(-1, 1)
    target = np.broadcast_to(np.round((values[..., None] + 1) * 127.5), pairs.target.shape).astype(np.uint8)
    pairs = pairs._replace(target=target)
    state, metrics = train(recipe, pairs, iterations=120)
    assert metrics[-1]["loss"] < 0.05 * metrics[0]["loss"]
    predicted = recipe.predict_images(jax.device_get(state.average), pairs)
    assert np.abs(predicted.astype(int) - target).mean() < 20
