"""The recipe DRAW: its update, clipping by the global norm, noise, held-out doodles, and learning."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from configs.gan.draw_paper import CONFIG as PAPER
from configs.gan.draw_tiny import CONFIG
from gan.config import replace
from gan.data.doodles import Doodle
from gan.draw.family import DrawFamily
from gan.draw.network import encode_images
from gan.random_streams import Stream
from gan.recipes import build_recipe
from gan.recipes.draw import Draw, optimizer
from gan.recipes.recipe import Update

SHAPE = (8, 8, 1)
OPTIONS = {"accumulation_steps": 1, "unroll": False, "mesh": None}


def recipe_of(*, num_classes=0, **fields) -> Draw:
    config = replace(CONFIG, **{"batch_size": 8, "ink": "light"} | fields)
    return Draw.build(config, SHAPE, num_classes=num_classes)


def doodles(count=8, *, seed=0) -> Doodle:
    rng = np.random.default_rng(seed)
    images = np.where(rng.uniform(size=(2, count, *SHAPE)) > 0.7, 255, 0).astype(np.uint8)
    return Doodle(images[0], images[1])


@functools.cache
def initial(recipe):
    return jax.jit(recipe.init_state)(jax.random.key(0))


@functools.cache
def step(recipe, update):
    return jax.jit(lambda state, reals, labels: recipe.update(update, state, reals, labels, **OPTIONS))


def stepped(recipe, reals, *, state=None, lazy=False, labels=None):
    state = initial(recipe.traced) if state is None else state
    state, metrics = step(recipe.traced, Update("model", lazy))(state, reals, labels)
    return state, {name: float(value) for name, value in metrics.items()}


def noise_of(recipe, state):
    return recipe._noise(jax.random.fold_in(state.key, Stream.DRAW_NOISE), state.nimg, 8)


@pytest.mark.slow
def test_it_learns_its_doodles():
    recipe, state, found = recipe_of(learning_rate=0.02), None, []
    reals = jax.tree.map(lambda images: np.repeat(images[:2], 4, axis=0), doodles())
    for _ in range(60):
        state, metrics = stepped(recipe, reals, state=state)
        found.append(metrics["nats"])
    assert found[0] == pytest.approx(64 * np.log(2), rel=0.1)  # a bit per pixel
    assert found[-1] < 0.7 * found[0]
    assert metrics["nats"] == pytest.approx(metrics["nats_reconstruction"] + metrics["nats_kl"], rel=1e-5)


@pytest.mark.slow
def test_the_gradient_is_that_of_the_mean_bound():
    """Of one batch with the noise of its items: an own draw for each glimpse."""
    recipe, reals = recipe_of(clip_norm=1e9), doodles()
    state = initial(recipe.traced)
    ink = jnp.asarray(reals.image[..., 0], jnp.float32) / 255

    @jax.jit
    @jax.value_and_grad
    def bound(model):
        noise = noise_of(recipe, state)
        return encode_images(model, ink, noise, config=recipe.config.draw).nats(ink).total.mean()

    value, gradient = bound(state.model)
    with jax.numpy_dtype_promotion("standard"):
        updates, _ = jax.jit(optimizer(recipe.config).update)(gradient, state.optimizer, state.model)
    after, metrics = stepped(recipe, reals)
    assert metrics["nats"] == pytest.approx(float(value), rel=1e-5)
    for found, before, move in zip(*map(jax.tree.leaves, (after.model, state.model, updates)), strict=True):
        np.testing.assert_allclose(found, before + move, atol=2e-5)


@pytest.mark.slow
def test_the_gradient_is_clipped_by_the_norm_of_all_tensors_together():
    """Per tensor, each would have the norm 5 and all directions would change."""
    chain = optimizer(replace(CONFIG, beta1=0.0, beta2=0.5, clip_norm=5.0))

    def squared(gradient):
        """The second moments of Adam after a step: (1 - beta2) g^2 of the clipped gradient."""
        with jax.numpy_dtype_promotion("standard"):
            _, state = chain.update(gradient, chain.init(gradient), gradient)
        return state[1].nu

    long = squared({"a": jnp.array([30.0, 0.0]), "b": jnp.array([40.0])})  # the norm is 50
    np.testing.assert_allclose(long["a"], [0.5 * 3**2, 0], rtol=1e-5)
    np.testing.assert_allclose(long["b"], [0.5 * 4**2], rtol=1e-5)
    short = squared({"a": jnp.array([0.3, 0.0]), "b": jnp.array([0.4])})
    np.testing.assert_allclose(short["b"], [0.5 * 0.4**2], rtol=1e-5)


def test_noise_depends_on_the_item_and_the_glimpse():
    recipe = recipe_of()
    state = initial(recipe.traced)
    noise = np.asarray(noise_of(recipe, state))
    assert len(np.unique(noise)) == noise.size == 8 * 3 * 2
    later = np.asarray(noise_of(recipe, state.replace(nimg=jnp.int32(4))))
    np.testing.assert_array_equal(later[:4], noise[4:])


def test_held_out_doodles_are_measured_and_not_trained_on():
    """With classes, which are part of the program."""
    recipe = recipe_of(hold_out_interval=3, num_classes=3, conditional=True)
    assert recipe.num_classes == 3
    assert recipe.item.held_out_label.shape == ()
    assert [recipe.due(8 * i)[0].lazy for i in range(5)] == [True, False, False, True, False]
    labels = np.zeros(8, np.int32)
    reals = doodles()._replace(held_out_label=labels)
    state, metrics = stepped(recipe, reals, labels=labels, lazy=True)
    other = reals._replace(held_out=255 - reals.held_out)
    same, others = stepped(recipe, other, labels=labels, lazy=True)
    jax.tree.map(np.testing.assert_array_equal, state.model, same.model)
    assert set(recipe.lazy_metrics) <= set(metrics)
    assert others["nats_held_out"] != metrics["nats_held_out"]
    assert others["nats"] == metrics["nats"]
    swapped = Doodle(reals.held_out, reals.image, labels)
    _, found = stepped(recipe, swapped, labels=labels, lazy=True)
    assert found["nats"] == pytest.approx(metrics["nats_held_out"], rel=0.05)  # of other noise
    _, classes = stepped(recipe, reals, labels=labels + 2, lazy=True)
    assert classes["nats"] != metrics["nats"]
    assert classes["nats_held_out"] == metrics["nats_held_out"]


def test_without_held_out_doodles_or_classes_nothing_reads_them():
    nothing = recipe_of(hold_out=0.0)
    assert nothing.due(0) == (Update("model"),)
    assert nothing.lazy_metrics == {}
    assert nothing.cycle == 1
    assert recipe_of(num_classes=3).num_classes == 0


def test_programs_do_not_depend_on_what_they_do_not_read():
    recipe = recipe_of()
    assert recipe.traced == recipe_of(seed=5, total_nimg=7, class_name="apple", hold_out=0.3).traced
    assert recipe.traced != recipe_of(hold_out=0.0).traced
    assert recipe.traced != recipe_of(glimpses=4).traced
    assert hash(recipe.traced) == hash(recipe_of(seed=5).traced)


def test_a_rewound_run_has_a_lower_rate():
    recipe = recipe_of(learning_rate=0.004)
    assert recipe.with_remedy(0) is recipe
    assert recipe.with_remedy(2).config.optim.learning_rate == 0.001
    assert "--learning-rate (now 0.004)" in recipe.remedy


def test_a_config_builds_it():
    recipe = build_recipe(replace(CONFIG, conditional=True), SHAPE, num_classes=2)
    assert isinstance(recipe, Draw)
    assert recipe.family == DrawFamily(CONFIG.draw, SHAPE, 2)
    assert isinstance(hash(recipe), int)


def test_the_grid_is_the_same_every_time():
    recipe = recipe_of()
    params = initial(recipe.traced).model
    first, again = (np.concatenate(list(recipe.sample_grid(params, count=5))) for _ in range(2))
    assert first.shape == (5, *SHAPE)
    np.testing.assert_array_equal(first, again)


def test_the_preset_of_the_paper_reads_2x2_and_writes_5x5_in_64_glimpses():
    """Shapes alone: nothing is computed."""
    recipe = Draw.build(replace(PAPER, batch_size=4), (28, 28, 1), num_classes=0)
    state = jax.eval_shape(recipe.init_state, jax.random.key(0))
    assert state.model["encoder"]["kernel"].shape == (2 * 2 * 2 + 2 * 256, 4 * 256)
    assert state.model["decoder"]["kernel"].shape == (100 + 256, 4 * 256)
    assert state.model["write"]["kernel"].shape == (256, 5 * 5)
    images = jax.ShapeDtypeStruct((4, 28, 28, 1), jnp.uint8)
    step = functools.partial(recipe.update, Update("model", lazy=True), **OPTIONS)
    after, metrics = jax.eval_shape(step, state, Doodle(images, images), None)
    assert jax.tree.map(jnp.shape, after) == jax.tree.map(jnp.shape, state)
    assert "nats_held_out" in metrics
    w = jax.ShapeDtypeStruct((2, 1, 64 * 100), jnp.float32)
    logits, drawn = jax.eval_shape(recipe.family.draw, state.model, w)
    assert (logits.shape, drawn.canvas.shape) == ((2, 28, 28), (2, 64, 28, 28))
