"""Recipe latent: it starts from repeating the frame, and learns the step to the next one."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.images import to_float
from gan.recipes.next_latent import draw_after, predict_w, predicted_w
from tests.gan.recipes.next_frame_recipes import FAMILY, initial, latent_recipe, networks, pairs_of, train


def test_the_untrained_model_repeats_the_frame():
    recipe = latent_recipe()
    pairs = pairs_of(recipe, count=5)
    params = initial(recipe.traced).average
    np.testing.assert_allclose(
        predicted_w(recipe.networks, params, pairs.before, pairs.now, pairs.page), pairs.now
    )
    np.testing.assert_array_equal(recipe.predict_images(params, pairs), pairs.frame)


@pytest.mark.slow
def test_it_learns_a_step_that_depends_on_the_page():
    recipe = latent_recipe(input_noise=0.0, perceptual_weight=0.0, weight_decay=0.0)
    pairs = pairs_of(recipe, count=8)
    same = np.zeros_like(pairs.now)
    pairs = pairs._replace(before=same, now=same, after=same + 0.2 * np.sign(pairs.page[:, 0]))
    state, metrics = train(recipe, pairs, iterations=60)
    assert metrics[0]["loss"] == pytest.approx(1, abs=1e-5)  # steps of one root mean square step
    assert metrics[-1]["loss"] < 0.2
    other = predict_w(state.model, *map(jnp.asarray, (pairs.before, pairs.now, -pairs.page)), step=0.2)
    assert float(jnp.square(other - pairs.after).mean()) > 0.03


def test_a_constant_velocity_is_learned_by_the_gain():
    recipe = latent_recipe(input_noise=0.0, perceptual_weight=0.0)
    pairs = pairs_of(recipe, count=8)
    pairs = pairs._replace(after=2 * pairs.now - pairs.before)
    state, metrics = train(recipe, pairs, iterations=60)
    assert metrics[-1]["loss"] < 0.5 * metrics[0]["loss"]
    assert float(state.model["gain"]["scale"]) > 0.1


@pytest.mark.slow
def test_the_perceptual_distance_is_due_at_intervals_and_relative_to_repeating():
    recipe = latent_recipe(perceptual_interval=3, input_noise=0.0)
    _, metrics = train(recipe, pairs_of(recipe, count=8), iterations=7)
    assert ["distance_ratio" in found for found in metrics] == [True, False, False, True, False, False, True]
    assert metrics[0]["distance_ratio"] == pytest.approx(1, abs=1e-5)
    assert metrics[0]["loss"] == pytest.approx(metrics[0]["loss_w"] + 0.1, abs=1e-4)
    off = latent_recipe(perceptual_weight=0.0)
    assert off.cycle == 1
    assert off.lazy_metrics == {}


def test_the_residual_is_what_the_generator_cannot_draw():
    parts = networks()
    pairs = pairs_of(latent_recipe(), count=4)
    frame, after = to_float(pairs.frame), 0.1 * pairs.after

    def drawn(u):
        w = np.float32(parts.mean) + np.float32(parts.std) * u
        return np.asarray(FAMILY.synthesize(parts.generator, jnp.asarray(w)[:, None]))

    arrays = [jnp.asarray(a) for a in (frame, 0.1 * pairs.now, after)]
    added = draw_after(parts, parts.generator, *arrays, add_residual=True)
    plain = draw_after(parts, parts.generator, *arrays, add_residual=False)
    expected = (frame + drawn(after) - drawn(0.1 * pairs.now)).clip(-1, 1)
    np.testing.assert_allclose(added, expected, atol=1e-5)
    np.testing.assert_allclose(plain, drawn(after).clip(-1, 1), atol=1e-5)


def test_noise_is_drawn_for_each_item_of_the_clock():
    recipe = latent_recipe(perceptual_weight=0.0, input_noise=1.0)
    pairs = pairs_of(recipe, count=8)
    state = initial(recipe.traced)
    losses = [
        train(recipe, pairs, iterations=1, state=state.replace(nimg=jnp.int32(nimg)))[1][0]["loss"]
        for nimg in (0, 0, 8)
    ]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.slow
def test_decay_is_of_kernels_alone_and_frozen_networks_stay():
    recipe = latent_recipe(weight_decay=0.5, perceptual_weight=0.0)
    state = initial(recipe.traced).replace(frozen={"generator": np.ones(3, np.float32)})
    model = jax.tree.map(lambda leaf: leaf + 1, state.model)
    zero = jax.tree.map(jnp.zeros_like, model)
    after = recipe.step(state.replace(model=model), zero, count=8)
    for name, layer in after.model.items():
        for kind, leaf in layer.items():
            factor = 1 - 0.01 * 0.5 if kind == "kernel" else 1
            np.testing.assert_allclose(leaf, factor * model[name][kind], rtol=1e-6)
    np.testing.assert_array_equal(after.frozen["generator"], 1)
    assert int(after.nimg) == 8


def test_layers_follow_their_numbers():
    """layer_10 is after layer_9, not after layer_1."""
    kernels = np.random.default_rng(0).normal(size=(12, 7, 7)).astype(np.float32) / 7**0.5
    params = {
        f"layer_{i}": {"kernel": kernel, "bias": np.zeros(7, np.float32)} for i, kernel in enumerate(kernels)
    }
    kernels_in = np.random.default_rng(1).normal(size=(3 + 3 + 1, 7)).astype(np.float32)
    params["layer_0"]["kernel"] = kernels_in
    params["layer_11"] = {"kernel": kernels[11][:, :3], "bias": np.zeros(3, np.float32)}
    params["gain"] = {"scale": np.float32(0)}
    now, page = np.ones((2, 3), np.float32), np.ones((2, 1, 1), np.float32)
    x = np.concatenate([now, 0 * now, page.reshape(2, 1)], axis=1)
    for i in range(12):
        x = x @ params[f"layer_{i}"]["kernel"]
        x = x if i == 11 else jax.nn.gelu(x)
    found = predict_w(params, jnp.asarray(now), jnp.asarray(now), jnp.asarray(page), step=1.0)
    np.testing.assert_allclose(found, now + x, rtol=1e-4, atol=1e-4)
