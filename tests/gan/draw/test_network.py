"""Both LSTMs, compared with NumPy, with quadrature, and by finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config.draw import DrawNetworkConfig
from gan.draw.loss import bernoulli_nats
from gan.draw.network import draw_latents, encode_images, init_params, one_hot
from tests.gan.draw.plain_draw import plain_draw
from tests.slow_cases import slow

SHAPE = (6, 7)
SMALL = DrawNetworkConfig(glimpses=3, glimpse_z=2, hidden=5, read_size=2, write_size=3)
KINDS = {
    "attention": SMALL,
    "whole": DrawNetworkConfig(glimpses=3, glimpse_z=2, hidden=5, read_size=0, write_size=0),
    "reading alone": DrawNetworkConfig(glimpses=3, glimpse_z=2, hidden=5, read_size=3, write_size=0),
}


def shaken(config, shape, *, num_classes=0, seed=0):
    """Parameters of which none is 0."""
    params = init_params(jax.random.key(seed), config, shape=shape, num_classes=num_classes)
    leaves, tree = jax.tree.flatten(params)
    keys = jax.random.split(jax.random.key(seed + 1), len(leaves))
    moved = [leaf + 0.2 * jax.random.normal(key, leaf.shape) for key, leaf in zip(keys, leaves, strict=True)]
    return jax.tree.unflatten(tree, moved)


def draws(config, count, shape, *, seed=0):
    rng = np.random.default_rng(seed)
    ink = (rng.uniform(size=(count, *shape)) > 0.5).astype(np.float32)
    noise = rng.normal(size=(count, config.glimpses, config.glimpse_z)).astype(np.float32)
    return ink, noise


@pytest.mark.parametrize("kind", ["attention", *slow("whole", "reading alone")])
def test_the_scan_equals_numpy(kind):
    config, params = KINDS[kind], shaken(KINDS[kind], SHAPE, num_classes=2)
    ink, noise = draws(config, 3, SHAPE)
    labels = jnp.array([0, 1, 1])
    options = {"config": config, "labels": labels, "num_classes": 2}
    found = encode_images(params, jnp.asarray(ink), jnp.asarray(noise), **options)
    hot = one_hot(labels, count=3, num_classes=2)
    canvas, drawn = draw_latents(params, found.z, hot, config=config)
    for i in range(3):
        canvases, z, mean, log_std = plain_draw(
            params, noise[i].astype(float), config=config, x=ink[i].astype(float), hot=np.eye(2)[labels[i]]
        )
        np.testing.assert_allclose(found.z[i], z, atol=1e-5)
        np.testing.assert_allclose(found.mean[i], mean, atol=1e-5)
        np.testing.assert_allclose(found.log_std[i], log_std, atol=1e-5)
        np.testing.assert_allclose(found.canvas[i], canvases[-1], atol=2e-5)
        np.testing.assert_allclose(drawn.canvas[i], canvases, atol=2e-5)  # the decoder alone, of the same z
        np.testing.assert_allclose(canvas[i], canvases[-1], atol=2e-5)


def test_each_glimpse_has_noise_of_its_own():
    """One sample for all glimpses would make z a function of the first noise alone."""
    params = shaken(SMALL, SHAPE)
    ink, noise = draws(SMALL, 1, SHAPE)
    options = {"config": SMALL}
    before = encode_images(params, jnp.asarray(ink), jnp.asarray(noise), **options)
    for t in range(SMALL.glimpses):
        other = noise.copy()
        other[:, t] += 1
        after = encode_images(params, jnp.asarray(ink), jnp.asarray(other), **options)
        changed = np.abs(np.asarray(after.z - before.z)).max((0, 2)) > 1e-6
        assert list(changed) == [step >= t for step in range(SMALL.glimpses)]
        difference = (after.z - before.z)[:, t]
        np.testing.assert_allclose(difference, np.exp(before.log_std[:, t]), rtol=1e-3)


def test_the_window_that_is_returned_is_the_one_that_writes():
    params = shaken(SMALL, SHAPE)
    z = jax.random.normal(jax.random.key(5), (1, 3, 2))
    _, drawn = draw_latents(params, z, jnp.zeros((1, 0)), config=SMALL)
    assert drawn.window.shape == (1, 3, 5)
    moved = jax.tree.map(jnp.array, params)
    moved["write_window"]["bias"] = moved["write_window"]["bias"] + jnp.arange(5.0)
    _, other = draw_latents(moved, z, jnp.zeros((1, 0)), config=SMALL)
    np.testing.assert_allclose(
        other.window - drawn.window, np.broadcast_to(np.arange(5), (1, 3, 5)), rtol=1e-4
    )
    _, whole = draw_latents(shaken(KINDS["whole"], SHAPE), z, jnp.zeros((1, 0)), config=KINDS["whole"])
    np.testing.assert_array_equal(whole.window, 0)


@pytest.mark.parametrize("size", [2, *slow(0)])
def test_the_bound_is_at_most_the_likelihood_by_quadrature(size):
    """2 x 2 px, one number of z, one glimpse: log p(x) is an integral over the real line."""
    config = DrawNetworkConfig(glimpses=1, glimpse_z=1, hidden=4, read_size=size, write_size=size)
    params = shaken(config, (2, 2), seed=3)
    z = jnp.linspace(-8, 8, 2001)
    canvas, _ = jax.jit(partial(draw_latents, config=config))(params, z[:, None, None], jnp.zeros((2001, 0)))
    density = np.exp(-0.5 * np.square(np.asarray(z, float))) / np.sqrt(2 * np.pi)
    noise = jax.random.normal(jax.random.key(0), (4000, 1, 1))
    encode = jax.jit(lambda image: encode_images(params, image, noise, config=config).nats(image).total)
    total = 0.0
    for bits in np.ndindex(2, 2, 2, 2):
        ink = jnp.broadcast_to(jnp.array(bits, jnp.float32).reshape(1, 2, 2), (2001, 2, 2))
        p = np.exp(-np.asarray(bernoulli_nats(canvas, ink), float))
        likelihood = np.trapezoid(p * density, np.asarray(z, float))
        total += likelihood
        image = jnp.broadcast_to(ink[:1], (4000, 2, 2))
        nats = np.asarray(encode(image), float)
        bound = -nats.mean()
        assert bound <= np.log(likelihood) + 3 * nats.std() / 4000**0.5
        assert bound > np.log(likelihood) - 3  # and not far below
    assert total == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["attention", *slow("whole", "reading alone")])
def test_gradients_by_finite_differences(kind):
    config, params = KINDS[kind], shaken(KINDS[kind], SHAPE)
    ink, noise = (jnp.asarray(a) for a in draws(config, 2, SHAPE))

    def bound(params):
        return encode_images(params, ink, noise, config=config).nats(ink).total.mean()

    gradient = jax.jit(jax.grad(bound))(params)
    leaves, tree = jax.tree.flatten(params)
    compiled = jax.jit(bound)
    for i, part in enumerate(jax.tree.leaves(gradient)):
        ahead = jax.random.normal(jax.random.key(i), part.shape)
        ahead = ahead / jnp.linalg.norm(ahead)
        slope = float(jnp.vdot(part, ahead))

        def moved(step, i=i, ahead=ahead):
            return float(
                compiled(jax.tree.unflatten(tree, [*leaves[:i], leaves[i] + step * ahead, *leaves[i + 1 :]]))
            )

        assert (moved(0.01) - moved(-0.01)) / 0.02 == pytest.approx(slope, rel=0.02, abs=0.02)


def test_items_do_not_depend_on_each_other():
    params = shaken(SMALL, SHAPE)
    ink, noise = (jnp.asarray(a) for a in draws(SMALL, 3, SHAPE))
    together = encode_images(params, ink, noise, config=SMALL)
    alone = encode_images(params, ink[1:2], noise[1:2], config=SMALL)
    np.testing.assert_allclose(together.canvas[1], alone.canvas[0], atol=1e-5)


def test_initial_windows_span_the_image_and_parameters_fit_the_config():
    params = init_params(jax.random.key(0), SMALL, shape=SHAPE, num_classes=4)
    assert params["encoder"]["kernel"].shape == (2 * 4 + 5 + 5 + 4, 20)
    assert params["decoder"]["kernel"].shape == (2 + 5 + 4, 20)
    assert params["write"]["kernel"].shape == (5, 9)
    whole = init_params(jax.random.key(0), KINDS["whole"], shape=SHAPE)
    assert whole["write"]["kernel"].shape == (5, 42)
    assert "read_window" not in whole
    same = init_params(jax.random.key(0), SMALL, shape=SHAPE, num_classes=4)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), params, same))
