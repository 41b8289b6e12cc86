"""Losses, penalties and objectives: mixing by fraction, path lengths as Jacobians, R1 of known gradients."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.stylegan2_tiny import CONFIG
from gan import latents
from gan.config import replace
from gan.families import build
from gan.losses import discriminator_loss, draw_styles, path_lengths, path_penalty, squared_gradient
from gan.recipes import build_recipe
from gan.recipes.recipe import Update
from gan.sharding import make_mesh
from gan.state import make_state
from gan.step import counted, jit_train_step, jit_update
from tests.gan.conftest import strokes

SHAPE = (8, 8, 1)
TINY = replace(CONFIG, compute_dtype="float32", r1_interval=4, path_interval=2)


@pytest.fixture(scope="module")
def family():
    return build(TINY, SHAPE)


@pytest.fixture(scope="module")
def generator(family):
    return jax.jit(family.init_generator)(jax.random.key(0))


def test_styles_are_mixed_in_their_share_and_at_every_layer(family, generator):
    items = latents.numbered(0, 600)
    w, unmixed = jax.jit(
        lambda key: draw_styles(key, generator, items, None, family=family, style_mixing=0.6)
    )(jax.random.key(0))
    own = np.isclose(w, np.asarray(unmixed)[:, None]).all(-1)  # [N, L]
    assert own[:, 0].all()
    assert (np.diff(own.astype(int), axis=1) <= 0).all()  # the first style, then the other's
    lengths = own.sum(1)
    assert abs((lengths < family.num_ws).mean() - 0.6) < 0.06
    assert set(lengths.tolist()) == set(range(1, family.num_ws + 1))


def test_path_lengths_are_norms_of_jacobian_products(family, generator):
    items, key = latents.numbered(3, 2), jax.random.key(4)
    w = family.map(generator, latents.from_seeds([1, 2], z_dim=family.z_dim), labels=None)
    w = w + 0.1 * jax.random.normal(jax.random.key(8), w.shape)

    def synthesize(w):
        return family.synthesize(generator, w, noise="none")

    lengths = jax.jit(lambda w: path_lengths(key, synthesize, w, items=items))(w)
    jacobian_of = jax.jit(jax.jacobian(lambda one: synthesize(one[None])[0]))
    for i in range(2):
        y = jax.random.normal(jax.random.fold_in(key, 3 + i), SHAPE) / 8
        jacobian = jacobian_of(w[i])  # [H, W, C, L, D]
        product = np.einsum("hwc,hwcld->ld", y, jacobian)
        np.testing.assert_allclose(lengths[i], np.sqrt(np.square(product).sum(1).mean()), rtol=1e-3)


def test_the_mean_path_length_follows(family, generator):
    def penalise(mean):
        items = latents.numbered(0, 4)
        options = {"family": family, "decay": 0.25, "style_mixing": 0.0}
        return path_penalty(jax.random.key(0), generator, items, None, mean, **options)

    penalty, (told, moved) = jax.jit(penalise)(jnp.float32(2.0))
    np.testing.assert_allclose(moved, 2.0 + 0.25 * (told["path_length"] - 2.0), rtol=1e-5)
    assert float(penalty) > 0
    assert float(told["penalty_path"]) == float(penalty)


def initial(config):
    return make_state(build_recipe(config, SHAPE), make_mesh(devices=jax.devices()[:1]))


def run(config, *, devices=1, iterations=2, accumulation_steps=1):
    mesh = make_mesh(devices=jax.devices()[:devices])
    recipe = build_recipe(config, SHAPE)
    state = make_state(recipe, mesh)
    reals = strokes(iterations * config.batch_size, 8).reshape(iterations, 1, config.batch_size, *SHAPE)
    for i, batch in enumerate(reals):
        updates = recipe.due(i * config.batch_size)
        step = jit_train_step(
            recipe, mesh, updates=updates, accumulation_steps=accumulation_steps, unroll=True
        )
        state, metrics = step(state, batch, None)
    return jax.device_get(state), jax.device_get(metrics)


@pytest.fixture(scope="module")
def first():
    """State after an iteration with both penalties, and its metrics."""
    return run(TINY, iterations=1)


def weights(state):
    return jax.tree.leaves((state.generator, state.discriminator))


def same(a, b, tolerance=2e-3):
    for x, y in zip(weights(a), weights(b), strict=True):
        assert np.linalg.norm(x - y) <= tolerance * np.linalg.norm(x) + 1e-3


@pytest.mark.slow
def test_accumulation_steps_add_up_to_the_whole_batch():
    """With the path penalty off: its running mean is updated from each step by itself."""
    plain = replace(TINY, path_weight=0.0)
    same(run(plain)[0], run(plain, accumulation_steps=2)[0])


@pytest.mark.slow
def test_accumulation_steps_on_several_devices():
    plain = replace(TINY, path_weight=0.0, network=dataclasses.replace(TINY.network, minibatch_group=2))
    same(run(plain)[0], run(plain, accumulation_steps=2, devices=2)[0])


def test_running_statistics_move(first):
    state, metrics = first
    assert float(state.path_mean) > 0
    assert float(np.abs(state.generator["w_mean"]).max()) > 0
    assert metrics["lazy_generator"] == metrics["lazy_discriminator"] == 1
    assert np.isfinite(list(metrics.values())).all()
    absent = counted({}, build_recipe(TINY, SHAPE), (Update("discriminator"), Update("generator")))
    assert all(value == 0 for name, value in absent.items() if name != "iterations")


@pytest.mark.slow
def test_the_path_penalty_takes_the_same_items_on_any_number_of_devices(first):
    one, four = first[1], run(TINY, devices=4, iterations=1)[1]
    assert one["lazy_generator"] == four["lazy_generator"] == 1
    for name in ("path_length", "penalty_path"):
        np.testing.assert_allclose(one[name], four[name], rtol=1e-4)


def test_frozen_blocks_keep_their_weights():
    config = replace(TINY, freeze_d=1, path_weight=0.0)
    before, mesh = initial(config), make_mesh(devices=jax.devices()[:1])
    update = jit_update(build_recipe(config, SHAPE), mesh, update=Update("discriminator"))
    after, _ = update(jax.tree.map(jnp.copy, before), strokes(config.batch_size, 8)[None], None)
    for name in after.discriminator:
        layers = (jax.tree.leaves(state.discriminator[name]) for state in (before, after))
        moved = any((np.asarray(x) != np.asarray(y)).any() for x, y in zip(*layers, strict=True))
        assert moved == (name not in ("rgb", "conv_1", "down_1", "skip_1")), name


def test_what_is_due():
    config = replace(TINY, batch_size=8, r1_interval=4, path_interval=2)
    recipe = build_recipe(config, SHAPE)
    lazy = [tuple(update.lazy for update in recipe.due(8 * i)) for i in range(5)]
    assert lazy == [(True, True), (False, False), (False, True), (False, False), (True, True)]
    unpenalised = build_recipe(replace(config, path_weight=0.0), SHAPE)
    assert unpenalised.due(0) == (Update("discriminator", True), Update("generator", False))


@pytest.mark.parametrize("devices", [1, 2])
def test_reals_and_fakes_joined_are_judged_as_apart(devices):
    """Loss and gradient, classes and groups of the minibatch deviation included."""
    config = dataclasses.replace(TINY, conditional=True)
    family = build(config, SHAPE, num_classes=3)
    params = jax.jit(family.init_discriminator)(jax.random.key(0))
    mesh = make_mesh(devices=jax.devices()[:devices]) if devices > 1 else None
    n = 4 * devices
    reals, fakes = (jax.random.uniform(jax.random.key(i), (n, *SHAPE), minval=-1.0) for i in (1, 2))
    labels = jnp.arange(n) % 3

    @partial(jax.jit, static_argnames="joined")
    def gradient(params, joined):
        options = {"family": family, "with_r1": False, "weight": 0.0, "joined": joined, "mesh": mesh}
        options["labels"] = labels
        return jax.value_and_grad(discriminator_loss, has_aux=True)(params, reals, fakes, **options)

    apart, joined = (jax.tree.leaves(gradient(params, joined=j)) for j in (False, True))
    for a, b in zip(apart, joined, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5 * float(jnp.abs(a).max()))


def test_gradient_of_a_linear_discriminator_is_its_weights():
    weights = jax.random.normal(jax.random.key(0), (4, 4, 2))
    images = jax.random.normal(jax.random.key(1), (3, 4, 4, 2))
    norms, logits = squared_gradient(lambda x: jnp.einsum("nhwc,hwc->n", x, weights), images)
    np.testing.assert_allclose(norms, np.full(3, np.square(weights).sum()), rtol=1e-5)
    np.testing.assert_allclose(logits, np.einsum("nhwc,hwc->n", images, weights), rtol=1e-4)


def test_gradient_of_a_quadratic_discriminator():
    images = jax.random.normal(jax.random.key(1), (3, 4, 4, 1))
    norms, _ = squared_gradient(lambda x: jnp.square(x).sum((1, 2, 3)), images)
    np.testing.assert_allclose(norms, 4 * np.square(images).sum((1, 2, 3)), rtol=1e-5)
