"""Losses, penalties and objectives: mixing by fraction, path lengths as Jacobians, R1 of known gradients."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.stylegan2_tiny import CONFIG
from gan import latents
from gan.config import NETWORKS, replace
from gan.devices.sharding import make_mesh
from gan.families import build
from gan.losses import (
    discriminator_loss,
    draw_styles,
    generator_loss,
    path_lengths,
    path_penalty,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    squared_gradient,
)
from gan.random_streams import AugmentStream
from gan.recipes import build_recipe
from gan.recipes.recipe import Update
from gan.steps.state import make_state
from gan.steps.step import counted, jit_train_step, jit_update
from tests.gan.conftest import strokes
from tests.gan.dense_family import DenseFamily
from tests.slow_cases import slow

SHAPE = (8, 8, 1)
TINY = replace(CONFIG, compute_dtype="float32", r1_interval=4, path_interval=2)


@pytest.fixture(scope="module")
def family():
    return build(TINY, SHAPE)


@pytest.fixture(scope="module")
def generator(family):
    return jax.jit(family.init_generator)(jax.random.key(0))


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow  # the same of dense networks: below
@pytest.mark.parametrize(
    ("shape", "devices", "weight"),
    [((4, 4, 1), 2, 0.5), (SHAPE, 2, 0.5), (SHAPE, 1, None), (SHAPE, 2, None)],
)
def test_reals_and_fakes_joined_are_judged_as_apart(shape, devices, weight):
    """Loss and gradient, classes and groups of the minibatch deviation included."""
    config = dataclasses.replace(TINY, conditional=True)
    family = build(config, shape, num_classes=3)
    params = jax.jit(family.init_discriminator)(jax.random.key(0))
    mesh = make_mesh(devices=jax.devices()[:devices]) if devices > 1 else None
    n = 4 * devices
    reals, fakes = (jax.random.uniform(jax.random.key(i), (n, *shape), minval=-1.0) for i in (1, 2))
    labels = jnp.arange(n) % 3

    @partial(jax.jit, static_argnames="joined")
    def gradient(params, joined):
        options = {"family": family, "labels": labels, "joined": joined, "mesh": mesh}
        options |= {"r1_weight": weight, "r2_weight": weight}
        return jax.value_and_grad(discriminator_loss, has_aux=True)(params, reals, fakes, **options)

    apart, joined = (jax.tree.leaves(gradient(params, joined=j)) for j in (False, True))
    for a, b in zip(apart, joined, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-5 * float(jnp.abs(a).max()))


DENSE = DenseFamily()


def softplus(x):
    return np.log1p(np.exp(np.asarray(x, np.float64)))


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def test_relativistic_losses_compare_pairs():
    real, fake = (np.random.default_rng(i).normal(size=5) for i in (0, 1))
    d, g = relativistic_discriminator_loss, relativistic_generator_loss
    np.testing.assert_allclose(d(real, fake), softplus(fake - real), rtol=1e-5)
    np.testing.assert_allclose(g(real, fake), softplus(real - fake), rtol=1e-5)
    np.testing.assert_allclose(d(real + 7, fake + 7), d(real, fake), rtol=1e-4)  # differences only
    for loss, sign in ((d, 1), (g, -1)):
        slopes = jax.grad(lambda r, f, loss=loss: loss(r, f).sum(), argnums=(0, 1))(real, fake)
        expected = sign * sigmoid(sign * (fake - real))
        np.testing.assert_allclose(slopes, [-expected, expected], rtol=1e-4)


@pytest.mark.parametrize(("loss", "sign"), [("logistic", -1), ("relativistic", 1)])
def test_the_sign_that_controls_augmentation(loss, sign):
    """Logits of reals are below 0 but above those of fakes."""
    params = {"hidden": jnp.full((1, DENSE.shape[0] * DENSE.shape[1]), 0.01), "out": jnp.ones(1)}
    reals, fakes = (jnp.full((4, *DENSE.shape), value) for value in (-0.1, -1.0))
    metrics = discriminator_loss(params, reals, fakes, family=DENSE, loss=loss)[1]
    assert metrics["sign_real"] == sign


def plain_discriminator_loss(params, reals, fakes, loss, r1_weight, r2_weight):
    """Item by item, with the dense discriminator written out."""

    def logit(image):
        return params["out"] @ jnp.tanh(params["hidden"] @ image.ravel())

    total = 0.0
    for real, fake in zip(reals, fakes, strict=True):
        r, f = logit(real), logit(fake)
        relativistic = jnp.logaddexp(0.0, f - r)
        total += relativistic if loss == "relativistic" else jnp.logaddexp(0.0, -r) + jnp.logaddexp(0.0, f)
        total += r1_weight * jnp.square(jax.grad(logit)(real)).sum()
        total += r2_weight * jnp.square(jax.grad(logit)(fake)).sum()
    return total / len(reals)


@pytest.mark.parametrize("weights", [(0.7, 0.3), *slow((None, None), (0.7, None))])
@pytest.mark.parametrize("loss", ["logistic", "relativistic"])
@pytest.mark.parametrize("joined", [False, True])
def test_discriminator_losses_with_penalties_equal_plain_ones(weights, loss, joined):
    """In value and in gradient."""
    params = DENSE.init_discriminator(jax.random.key(0))
    reals, fakes = (jax.random.normal(jax.random.key(i), (3, *DENSE.shape)) for i in (1, 2))
    options = {"family": DENSE, "loss": loss, "joined": joined}
    options |= {"r1_weight": weights[0], "r2_weight": weights[1]}
    of_loss = jax.jit(jax.value_and_grad(partial(discriminator_loss, **options), has_aux=True))
    (value, metrics), gradient = of_loss(params, reals, fakes)
    plain = partial(plain_discriminator_loss, loss=loss, r1_weight=weights[0] or 0, r2_weight=weights[1] or 0)
    expected, expected_gradient = jax.jit(jax.value_and_grad(plain))(params, reals, fakes)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for name in params:
        np.testing.assert_allclose(gradient[name], expected_gradient[name], rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(metrics["margin"], metrics["logit_real"] - metrics["logit_fake"], rtol=1e-4)
    assert ("penalty_r2" in metrics) == (weights[1] is not None)


@pytest.mark.parametrize("relativistic", [False, True])
def test_generator_losses_equal_plain_ones(relativistic):
    """In value and in gradient; the logistic loss does not compute logits of reals."""
    key, items = jax.random.key(3), latents.numbered(5, 4)
    generator, discriminator = DENSE.init_generator(key), DENSE.init_discriminator(key)
    reals = jax.random.normal(jax.random.key(1), (4, *DENSE.shape))
    seen = []

    def halved(images, stream):
        seen.append(stream)
        return images / 2

    def loss(params):
        given = reals if relativistic else None
        options = {"family": DENSE, "reals": given, "augment": halved}
        return generator_loss(key, params, discriminator, items, **options)[0]

    def plain(params):
        style_key, _ = jax.random.split(key)
        w = draw_styles(style_key, params, items, None, family=DENSE).w
        fake = DENSE.discriminate(discriminator, DENSE.synthesize(params, w, noise=None) / 2)
        if not relativistic:
            return jnp.logaddexp(0.0, -fake).mean()
        return jnp.logaddexp(0.0, DENSE.discriminate(discriminator, reals / 2) - fake).mean()

    (value, gradient), (expected, expected_gradient) = (
        jax.value_and_grad(f)(generator) for f in (loss, plain)
    )
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    np.testing.assert_allclose(gradient["weight"], expected_gradient["weight"], rtol=1e-3, atol=1e-7)
    assert seen == [AugmentStream.GENERATED] + [AugmentStream.REAL] * relativistic


@pytest.mark.slow
@pytest.mark.parametrize("name", ["field", "progan", "stylegan2"])
def test_every_family_has_the_relativistic_loss_and_r2(name):
    small = {"channel_base": 64, "channel_max": 8}
    config = replace(TINY, family=name, network=NETWORKS[name](minibatch_group=4, **small))
    family = build(config, (16, 16, 1))
    params = jax.jit(family.init_discriminator)(jax.random.key(0))
    reals, fakes = (jax.random.uniform(jax.random.key(i), (4, *family.shape), minval=-1.0) for i in (1, 2))

    @jax.jit
    def measured(params):
        options = {"loss": "relativistic", "r1_weight": 0.5, "r2_weight": 0.25, "joined": True}
        total, metrics = discriminator_loss(params, reals, fakes, family=family, **options)
        apart = [
            squared_gradient(lambda x: family.discriminate(params, x, labels=None), x) for x in (reals, fakes)
        ]
        return total, metrics, apart

    total, metrics, ((r1, real), (r2, fake)) = measured(params)
    expected = softplus(fake - real).mean()
    np.testing.assert_allclose(metrics["loss_d"], expected, rtol=1e-4)
    np.testing.assert_allclose(
        [metrics["penalty_r1"], metrics["penalty_r2"]], [r1.mean(), r2.mean()], rtol=1e-3
    )
    np.testing.assert_allclose(total, expected + 0.5 * r1.mean() + 0.25 * r2.mean(), rtol=1e-4)


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
