"""Dreams: a step is what it says, pictures do not depend on one another, scores rise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan import latents
from gan.devices.sharding import make_mesh
from gan.explore.config import DreamConfig
from gan.explore.dream import climb, initial_noise, scores, shifted, variation
from gan.runs.run_folder import load_state

CONFIG = DreamConfig(steps=20, learning_rate=0.05, jitter_px=3)


@pytest.fixture(scope="module")
def network(untrained_run):
    recipe, state = load_state(untrained_run, make_mesh(devices=jax.devices()[:1]))
    family = recipe.family
    return family, state.discriminator


def keys(count):
    return latents.item_keys(jax.random.key(1), latents.numbered(0, count))


def test_shifts_are_undone_and_go_down_and_right():
    images = jnp.arange(24.0).reshape(2, 3, 4, 1)
    shifts = jnp.array([[1, 2], [0, -1]])
    moved = shifted(images, shifts)
    assert float(moved[0, 1, 2, 0]) == 0
    np.testing.assert_array_equal(moved[1, :, 0], images[1, :, 1])
    np.testing.assert_array_equal(shifted(moved, -shifts), images)


def test_variation_is_the_mean_length_of_differences():
    slope = (3.0 * jnp.arange(5.0)[:, None] + 4.0 * jnp.arange(6.0)[None]).reshape(1, 5, 6, 1)
    inside, right, below = (
        4 * 5 * 5.0,
        4 * 3.0,
        5 * 4.0,
    )  # 3-4-5; the edges have one neighbour, the corner none
    np.testing.assert_allclose(variation(slope)[0], (inside + right + below) / 30, rtol=1e-4)
    assert float(variation(jnp.ones((1, 5, 6, 1)))[0]) == pytest.approx(1e-3)


def test_a_plain_step_follows_the_gradient(network):
    family, params = network
    images, config = initial_noise(keys(3), family.shape, std=0.1), CONFIG.plain()
    moved = climb(keys(3), images, jnp.int32(0), params, None, family=family, config=config, count=1)

    def alone(image):
        return family.discriminate(params, image[None])[0]

    gradient_of = jax.jit(jax.grad(alone))
    gradient = np.stack([gradient_of(image) for image in images])
    size = np.sqrt(np.square(gradient).mean((1, 2, 3), keepdims=True))
    expected = np.clip(np.asarray(images) + config.learning_rate * gradient / size, -1, 1)
    np.testing.assert_allclose(moved, expected, atol=1e-5)


@pytest.mark.slow
def test_a_picture_does_not_depend_on_the_others_nor_on_steps_per_call(network):
    family, params = network

    def after(count, calls):
        images, done = initial_noise(keys(count), family.shape, std=0.3), 0
        for some in calls:
            step = jnp.int32(done)
            images = climb(keys(count), images, step, params, None, family=family, config=CONFIG, count=some)
            done += some
        return np.asarray(images)

    whole = after(3, [1, 1, 1, 1])
    np.testing.assert_allclose(after(1, [1, 1, 1, 1])[0], whole[0], atol=1e-4)
    np.testing.assert_allclose(after(3, [4]), whole, atol=1e-4)
    assert np.abs(whole).max() <= 1


@pytest.mark.slow
def test_plain_ascent_ends_in_noise_and_total_variation_keeps_pictures_smooth(network):
    family, params = network
    score = jax.jit(lambda images: scores(family, params, images, None))

    def after(config, count):
        images = initial_noise(keys(3), family.shape, std=0.3)
        before = score(images)
        for i in range(0, CONFIG.steps, count):
            images = climb(
                keys(3), images, jnp.int32(i), params, None, family=family, config=config, count=count
            )
        return before, score(images), variation(images)

    before, plain, rough = after(CONFIG.plain(), 1)
    _, smooth, even = after(CONFIG, 4)
    assert (plain > before).all()
    assert (plain > smooth).all()
    assert (
        rough > 0.9 * variation(initial_noise(keys(3), family.shape, std=0.3))
    ).all()  # as rough as it began
    assert (even < 0.7 * rough).all()
