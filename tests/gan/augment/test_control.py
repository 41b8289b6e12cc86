"""p rises while the discriminator overfits, falls otherwise, stops at its bounds, and resumes exactly."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import serialization

from gan.augment.config import AugmentConfig
from gan.augment.control import adjust, initial, observe, probability

BATCH = 8
CONFIG = AugmentConfig(augment="bgc", augment_speed_nimg=320, augment_interval=4)  # p moves by 0.1


@partial(jax.jit, static_argnames="config")
def unrolled(state, signs, config=CONFIG):
    """A training call of several iterations, [K, N] signs."""
    for row in signs:
        state = adjust(observe(state, row.mean(), count=row.size), batch_size=BATCH, config=config)
    return state


def one_by_one(state, signs, config=CONFIG):
    """The same in calls of one iteration, which compile once."""
    for row in signs:
        state = unrolled(state, row[None], config)
    return state


def signs(share_positive, iterations):
    rng = np.random.default_rng(0)
    return np.where(rng.random((iterations, BATCH)) < share_positive, 1.0, -1.0).astype(np.float32)


def test_moves_at_every_interval_by_images_over_speed():
    state = initial(CONFIG)
    ps = []
    for _ in range(12):
        state = unrolled(state, np.ones((1, BATCH), np.float32))
        ps.append(float(state.p))
    np.testing.assert_allclose(ps, [0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.3], atol=1e-6)
    assert state.sign_count == 0 == state.sign_sum


def test_rises_above_the_target_and_falls_below_it():
    up = one_by_one(initial(CONFIG), signs(0.95, 24))  # r_t = 0.9
    assert float(up.p) == pytest.approx(0.6)
    down = one_by_one(up, signs(0.6, 8))  # r_t = 0.2
    assert float(down.p) == pytest.approx(0.4)
    at_target = adjust(
        observe(initial(CONFIG), jnp.float32(0.5), count=32),
        batch_size=BATCH,
        config=dataclasses.replace(CONFIG, augment_target=0.5),
    )
    assert at_target.p == 0


def test_never_below_0_nor_above_the_cap():
    low = one_by_one(initial(CONFIG), signs(0.1, 40))
    assert low.p == 0
    capped = AugmentConfig(augment="bgc", augment_speed_nimg=100, augment_p_max=0.8)
    state = one_by_one(initial(capped), np.ones((40, BATCH), np.float32), capped)
    assert float(state.p) == pytest.approx(0.8)
    lower = AugmentConfig(augment="bgc", augment_p_max=0.5)
    assert float(probability(state, config=lower)) == 0.5


def test_fixed_p_does_not_move():
    fixed = AugmentConfig(augment="bgc", augment_p=0.3)
    state = one_by_one(initial(fixed), np.ones((40, BATCH), np.float32), fixed)
    assert float(state.p) == float(probability(state, config=fixed)) == pytest.approx(0.3)
    assert state.sign_count == 0
    steered = one_by_one(initial(CONFIG), np.ones((8, BATCH), np.float32))
    assert float(probability(steered, config=fixed)) == pytest.approx(0.3)


def test_a_resume_anywhere_gives_the_same_bits():
    rows = signs(0.85, 12)
    whole = unrolled(initial(CONFIG), rows)
    for cut in (1, 3, 6):
        state = unrolled(initial(CONFIG), rows[:cut])
        saved = serialization.to_bytes(state)
        state = serialization.from_bytes(initial(CONFIG), saved)
        for part in np.split(rows[cut:], [5, 6]):  # other numbers of iterations per call
            state = unrolled(state, part)
        jax.tree.map(np.testing.assert_array_equal, state, whole)
