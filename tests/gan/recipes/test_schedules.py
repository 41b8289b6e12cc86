"""Scheduled numbers: ends, middle, and what is constant."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.config import replace
from gan.recipes.schedules import SCHEDULED, changing, cosine, scheduled

FINAL = {"r1_gamma": 0.5, "learning_rate": 0.0001, "beta2": 0.9, "ema_halflife_nimg": 8}


@pytest.mark.parametrize(("initial", "final"), [(20.0, 2.0), (0.9, 0.99), (0.0025, 0.0006)])
def test_cosine_has_its_ends_its_middle_and_its_shape(initial, final):
    nimg = np.array([0, 250, 500, 1000, 1001, 2**30], np.int32)
    values = jax.jit(jax.vmap(lambda t: cosine(t, initial=initial, final=final, over_nimg=1000)))(nimg)
    quarter = final + (initial - final) * (1 + np.sqrt(0.5)) / 2
    expected = [initial, quarter, (initial + final) / 2, final, final, final]
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    assert values[0] == np.float32(initial)
    assert (values[3:] == np.float32(final)).all()


def test_numbers_without_a_final_value_are_constant(tiny):
    now = scheduled(tiny, jnp.int32(96))
    expected = {name: getattr(now, name) for name in SCHEDULED}
    assert expected == {"r1_gamma": 1.0, "learning_rate": 0.002, "beta2": 0.99, "ema_halflife_nimg": 64}
    assert not any(isinstance(value, jax.Array) for value in now)  # programs stay as they were
    assert changing(tiny) == frozenset()


@pytest.mark.parametrize("name", SCHEDULED)
def test_each_number_has_its_own_schedule(tiny, name):
    config = replace(tiny, total_nimg=200, **{f"{name}_final": FINAL[name]})
    assert changing(config) == {name}
    constant, half, end = scheduled(tiny, 0), *(scheduled(config, jnp.int32(t)) for t in (100, 200))
    initial = getattr(constant, name)
    np.testing.assert_allclose(getattr(half, name), (initial + FINAL[name]) / 2, rtol=1e-6)
    np.testing.assert_allclose(getattr(end, name), FINAL[name], rtol=1e-6)
    others = set(SCHEDULED) - {name}
    assert {other: getattr(half, other) for other in others} == {o: getattr(constant, o) for o in others}


def test_the_length_is_that_of_the_training_or_its_own(tiny):
    config = replace(tiny, total_nimg=200, r1_gamma_final=0.0)
    longer, kept = replace(config, total_nimg=400), replace(config, total_nimg=400, schedule_nimg=200)
    gammas = [float(scheduled(c, jnp.int32(100)).r1_gamma) for c in (config, longer, kept)]
    np.testing.assert_allclose(gammas, [0.5, (1 + np.sqrt(0.5)) / 2, 0.5], rtol=1e-6)


def test_r2_follows_r1_or_is_constant(tiny):
    config = replace(tiny, total_nimg=200, r1_gamma=8.0, r1_gamma_final=2.0)
    for nimg in (0, 50, 200):
        now = scheduled(replace(config, r2_gamma="same"), jnp.int32(nimg))
        assert now.r2_gamma == now.r1_gamma
        assert scheduled(replace(config, r2_gamma=3.0), jnp.int32(nimg)).r2_gamma == 3.0
