"""Adam: its correction for lazy penalties, rates and decays that vary, first moments, weight decay."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from gan.config import replace
from gan.recipes.optimizer import descend, discriminator_optimizer, generator_optimizer
from gan.recipes.schedules import scheduled

GRADIENTS = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
BATCH = 8


def trained(config, make_optimizer):
    """Parameters after each step, compiled with the clock as an argument, and the optimizer's state."""

    @jax.jit
    def step(nimg, gradient, opt, params):
        return descend(make_optimizer(config, scheduled(config, nimg)), gradient, opt, params)

    params = {"w": jnp.zeros(3)}
    opt = make_optimizer(config, scheduled(config, jnp.int32(0))).init(params)
    found = []
    for i, gradient in enumerate(GRADIENTS):
        params, opt = step(jnp.int32(i * BATCH), {"w": gradient}, opt, params)
        found.append(np.asarray(params["w"]))
    return np.array(found), opt


def adam_by_hand(rates, decays):
    """Kingma and Ba's algorithm 1 with beta1 0, in float64; the correction divides by the sum of weights."""
    w, nu, weight, found = np.zeros(3), np.zeros(3), 0.0, []
    for gradient, rate, decay in zip(GRADIENTS.astype(np.float64), rates, decays, strict=True):
        nu = decay * nu + (1 - decay) * gradient**2
        weight = decay * weight + (1 - decay)
        w = w - rate * gradient / (np.sqrt(nu / weight) + 1e-8)
        found.append(w)
    return np.array(found)


@pytest.mark.parametrize(
    ("changes", "optimizer", "c"),
    [
        ({"r1_interval": 4}, discriminator_optimizer, 4 / 5),
        ({"r1_interval": 1}, discriminator_optimizer, 1 / 2),
        ({"path_interval": 2, "path_weight": 2.0}, generator_optimizer, 2 / 3),
        ({"path_interval": 2, "path_weight": 0.0}, generator_optimizer, 1.0),
    ],
)
def test_constant_numbers_are_adam_corrected_for_the_lazy_penalty(tiny, changes, optimizer, c):
    config = replace(tiny, learning_rate=0.01, beta2=0.9, **changes)
    plain, params, expected = optax.adam(0.01 * c, b1=0.0, b2=0.9**c, eps=1e-8), {"w": jnp.zeros(3)}, []
    opt = plain.init(params)
    for gradient in GRADIENTS:
        params, opt = descend(plain, {"w": gradient}, opt, params)
        expected.append(params["w"])
    found, _ = trained(config, optimizer)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found, adam_by_hand([0.01 * c] * 12, [0.9**c] * 12), rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("final", [{"learning_rate_final": 0.001}, {"beta2_final": 0.999}, None])
def test_scheduled_numbers_are_adam_by_hand(tiny, final):
    """None: both. The schedule ends after 10 of 12 steps."""
    changes = final or {"learning_rate_final": 0.001, "beta2_final": 0.999}
    config = replace(tiny, learning_rate=0.01, beta2=0.5, r1_interval=4, schedule_nimg=80, **changes)
    left = [0.5 * (1 + np.cos(np.pi * min(i * BATCH / 80, 1))) for i in range(12)]

    def over(initial, name):
        end = changes.get(f"{name}_final", initial)
        return [end + (initial - end) * part for part in left]

    rates, decays = over(0.01, "learning_rate"), over(0.5, "beta2")
    expected = adam_by_hand([0.8 * rate for rate in rates], [decay**0.8 for decay in decays])
    found, _ = trained(config, discriminator_optimizer)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


def test_a_scheduled_rate_does_not_change_the_state(tiny):
    """So that --learning-rate-final can be set when a run is resumed."""
    shapes = [
        jax.tree.structure(trained(config, generator_optimizer)[1])
        for config in (tiny, replace(tiny, learning_rate_final=0.0001))
    ]
    assert shapes[0] == shapes[1]


def test_a_decay_that_varies_has_its_product_in_the_state(tiny):
    config = replace(tiny, beta2=0.5, beta2_final=0.75, schedule_nimg=8)
    _, opt = trained(config, generator_optimizer)
    product = optax.tree_utils.tree_get(opt, "decay_product")
    np.testing.assert_allclose(product, 0.5 * 0.75**11, rtol=1e-4)


@pytest.mark.parametrize("final", [{}, {"beta2_final": 0.999, "learning_rate_final": 0.001}])
@pytest.mark.parametrize(("beta1", "weight_decay"), [(0.0, 0.3), (0.5, 0.0), (0.9, 0.1)])
def test_first_moments_and_weight_decay_are_adamw_by_hand(tiny, final, beta1, weight_decay):
    """In float64; the kernel decays, the bias and a frozen layer do not."""
    changes = {
        "learning_rate": 0.01,
        "beta2": 0.5,
        "r1_interval": 4,
        "schedule_nimg": 80,
        "freeze_d": 1,
        **final,
    }
    config = replace(tiny, beta1=beta1, weight_decay=weight_decay, **changes)
    start = {"down_1": {"kernel": 2.0}, "down_0": {"kernel": 2.0, "bias": 2.0}}
    params = jax.tree.map(lambda value: jnp.full(3, value), start)
    opt = discriminator_optimizer(config, scheduled(config, jnp.int32(0))).init(params)
    w, mu, nu, weight = {"kernel": np.full(3, 2.0), "bias": np.full(3, 2.0)}, np.zeros(3), np.zeros(3), 0.0
    for i, gradient in enumerate(GRADIENTS.astype(np.float64)):
        now, left = i * BATCH, 0.5 * (1 + np.cos(np.pi * min(i * BATCH / 80, 1)))
        ends = {name: changes.get(f"{name}_final", changes[name]) for name in ("learning_rate", "beta2")}
        rate, decay = (0.8 * (ends[n] + (changes[n] - ends[n]) * left) for n in ("learning_rate", "beta2"))
        decay, first = (decay / 0.8) ** 0.8, beta1**0.8 if beta1 else 0.0
        mu, nu = first * mu + (1 - first) * gradient, decay * nu + (1 - decay) * gradient**2
        weight = decay * weight + (1 - decay)
        step = mu / (1 - first ** (i + 1)) / (np.sqrt(nu / weight) + 1e-8)
        w = {
            name: value - rate * (step + weight_decay * value * (name == "kernel"))
            for name, value in w.items()
        }
        grads = {"down_1": {"kernel": jnp.zeros(3)}, "down_0": dict.fromkeys(w, jnp.float32(gradient))}
        optimizer = discriminator_optimizer(config, scheduled(config, jnp.int32(now)))
        params, opt = descend(optimizer, grads, opt, params)
    np.testing.assert_allclose(params["down_0"]["kernel"], w["kernel"], rtol=1e-4)
    np.testing.assert_allclose(params["down_0"]["bias"], w["bias"], rtol=1e-4)
    np.testing.assert_array_equal(params["down_1"]["kernel"], np.full(3, 2.0, np.float32))
