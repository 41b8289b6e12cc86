"""One training step: against plain autodiff, and independent of devices and dispatch."""

import dataclasses
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import to_float
from gan import latents
from gan.devices.sharding import check_batch, make_mesh
from gan.families import build
from gan.losses import discriminator_loss
from gan.random_streams import Stream
from gan.recipes import build_recipe
from gan.recipes.adversarial import Adversarial
from gan.steps.state import make_state
from gan.steps.step import jit_train_step
from tests.gan.conftest import strokes
from tests.gan.dense_family import DenseFamily
from tests.slow_cases import slow

SHAPE = (8, 8, 1)


@cache  # tracing and compiling are all that these tests cost
def initial_arrays(recipe):
    state = jax.device_get(make_state(recipe, make_mesh(devices=jax.devices()[:1])))
    return state.replace(key=np.asarray(jax.random.key_data(state.key)))


def initial(recipe):
    state = initial_arrays(recipe)
    return state.replace(key=jax.random.wrap_key_data(state.key))


@cache
def step(recipe, devices, updates, unroll):
    mesh = make_mesh(devices=jax.devices()[:devices])
    return jit_train_step(recipe, mesh, updates=updates, unroll=unroll)


def run(config, *, family=None, devices=1, per_dispatch=1, iterations=4, seed=0, unroll=True):
    """States after each of a few dispatches, R1 at the first of every four iterations; and their metrics."""
    family = family or build(config, SHAPE)
    recipe = Adversarial(config, family)
    state = initial(Adversarial(dataclasses.replace(config, seed=seed), family))
    reals = np.stack([strokes(config.batch_size, family.shape[0], seed=i) for i in range(iterations)])
    states, metrics = [], []
    for batch in reals.reshape(-1, per_dispatch, config.batch_size, *family.shape):
        updates = recipe.due(int(state.nimg))
        state, reported = step(recipe, devices, updates, unroll)(state, batch, None)
        states.append(jax.device_get(state))
        metrics.append(jax.device_get(reported))
    return states, metrics


@pytest.fixture(scope="module")
def alone(tiny):
    return run(tiny)


def weights(state):
    return jax.tree.leaves((state.generator, state.discriminator, state.average))


@pytest.mark.parametrize("dense", [True, *slow(False)])
def test_first_step_equals_plain_autodiff(tiny, dense):
    """The update by hand: plain losses, plain gradients, Adam with beta1 = 0 from its definition."""
    config, family = tiny, DenseFamily() if dense else build(tiny, SHAPE)
    state = initial(Adversarial(config, family))
    reals = to_float(strokes(8, family.shape[0]))

    def fakes(params, stream):
        style_key, _ = jax.random.split(jax.random.fold_in(state.key, stream))
        key, *_ = jax.random.split(style_key, 3)
        z = jnp.stack([jax.random.normal(jax.random.fold_in(key, i), (family.z_dim,)) for i in range(8)])
        return family.synthesize(params, family.map(params, z, labels=None, truncation=1.0), noise="const")

    def d_objective(params):
        critic = partial(family.discriminate, params, labels=None)
        gradient = jax.grad(lambda x: critic(x).sum())(reals)
        r1 = jnp.square(gradient).sum((1, 2, 3)).mean()
        real, fake = critic(reals), critic(fakes(state.generator, Stream.DISCRIMINATOR_Z))
        logistic = -jax.nn.log_sigmoid(real).mean() - jax.nn.log_sigmoid(-fake).mean()
        return logistic + config.loss.r1_interval * config.loss.r1_gamma / 2 * r1

    def adam(params, gradients, rate):
        """First step, beta1 = 0: the bias-corrected second moment is the squared gradient itself."""
        return jax.tree.map(lambda p, g: p - rate * g / (jnp.abs(g) + 1e-8), params, gradients)

    share = config.loss.r1_interval / (config.loss.r1_interval + 1)
    d = adam(
        state.discriminator,
        jax.jit(jax.grad(d_objective))(state.discriminator),
        config.optim.learning_rate * share,
    )

    def g_objective(params):
        images = fakes(params, Stream.GENERATOR_Z)
        return -jax.nn.log_sigmoid(family.discriminate(d, images, labels=None)).mean()

    g = adam(state.generator, jax.jit(jax.grad(g_objective))(state.generator), config.optim.learning_rate)
    after = run(config, family=family, iterations=1)[0][0]
    for plain, fast in zip(
        jax.tree.leaves((g, d)), jax.tree.leaves((after.generator, after.discriminator)), strict=True
    ):
        close = np.isclose(plain, fast, atol=1e-5)
        assert close.mean() > 0.999, (
            "Adam's first step is the gradient's sign: only near-zero gradients may differ"
        )
    assert after.nimg == 8


@pytest.fixture(scope="module")
def dense(tiny):
    """As `alone`, of networks that compile at once: what calls do does not depend on the networks."""
    return run(tiny, family=DenseFamily())


@pytest.mark.slow
def test_iterations_per_dispatch_change_rounding_only(tiny, dense):
    (state,), metrics = run(tiny, family=DenseFamily(), per_dispatch=3, iterations=3)
    for a, b in zip(weights(dense[0][2]), weights(state), strict=True):
        assert np.linalg.norm(a - b) <= 1e-3 * np.linalg.norm(a) + 1e-4
    total = {name: sum(m[name] for m in dense[1][:3]) for name in metrics[0]}
    for name, value in total.items():
        np.testing.assert_allclose(sum(m[name] for m in metrics), value, rtol=1e-5, atol=1e-6)
    assert total["iterations"] == 3
    assert total["lazy_discriminator"] == 1


@pytest.mark.slow
def test_the_loop_that_accelerators_run_is_the_same_training(tiny, dense):
    """Off CPU the iterations of a call are a loop; here it runs, slowly, on the CPU."""
    (state,), metrics = run(tiny, family=DenseFamily(), per_dispatch=4, unroll=False)
    assert metrics[0]["iterations"] == 4
    for a, b in zip(weights(dense[0][3]), weights(state), strict=True):
        assert np.linalg.norm(a - b) <= 1e-3 * np.linalg.norm(a) + 1e-4


@pytest.mark.slow
def test_devices_change_rounding_only(tiny, alone):
    (state,), _ = run(tiny, devices=8, iterations=1)
    for a, b in zip(weights(alone[0][0]), weights(state), strict=True):
        assert np.linalg.norm(a - b) <= 2e-3 * np.linalg.norm(a) + 1e-4


@pytest.mark.slow
def test_a_state_shared_by_the_devices_trains_the_same(tiny):
    """FSDP: the large leaves live in parts, and the update is the same to rounding."""
    wide = dataclasses.replace(
        tiny, network=dataclasses.replace(tiny.network, channel_base=512, channel_max=32)
    )
    shared = dataclasses.replace(wide, sharding="fsdp")
    mesh = make_mesh(devices=jax.devices()[:4])
    state = make_state(build_recipe(shared, SHAPE), mesh)
    kernel = state.generator["conv_1"]["kernel"]
    assert kernel.addressable_shards[0].data.size == kernel.size // 4
    for a, b in zip(
        weights(run(wide, devices=4, iterations=2)[0][1]),
        weights(run(shared, devices=4, iterations=2)[0][1]),
        strict=True,
    ):
        assert np.linalg.norm(a - b) <= 2e-3 * np.linalg.norm(a) + 1e-4


def test_same_seed_same_bits_other_seed_other_bits(tiny, dense):
    again, other = (run(tiny, family=DenseFamily(), seed=seed)[0][3] for seed in (0, 1))
    assert all((a == b).all() for a, b in zip(weights(dense[0][3]), weights(again), strict=True))
    assert any((a != b).any() for a, b in zip(weights(dense[0][3]), weights(other), strict=True))


@pytest.mark.slow
def test_r1_reaches_the_discriminator(tiny):
    """With a large weight the penalty's gradient dominates; with none it is absent."""
    family = build(tiny, SHAPE)
    params = jax.jit(family.init_discriminator)(jax.random.key(0))
    reals = to_float(strokes(8, 8))
    loss = partial(discriminator_loss, reals=reals, fakes=-reals, family=family)
    loss = jax.jit(loss, static_argnames="r1_weight")
    _, metrics = loss(params, r1_weight=0.0)
    base, heavy = (loss(params, r1_weight=w)[0] for w in (0.0, 10.0))
    np.testing.assert_allclose(heavy - base, 10 * metrics["penalty_r1"], rtol=1e-4)
    assert loss(params, r1_weight=None)[1]["penalty_r1"] == 0


def test_a_batch_that_does_not_divide_names_those_that_do():
    with pytest.raises(InputError, match="--batch-size 12 cannot be split over 8 devices; take 8 or 16"):
        check_batch(12, make_mesh())


def test_latents_of_a_step_follow_the_clock(tiny):
    """Items are keyed by nimg + row: the second batch's latents are rows 8 to 15 of the endless stream."""
    key = jax.random.key(0)
    stream = latents.draw(key, latents.numbered(0, 16), z_dim=4)
    np.testing.assert_array_equal(stream[8:], latents.draw(key, latents.numbered(jnp.int32(8), 8), z_dim=4))
