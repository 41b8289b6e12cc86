"""Blits move pixels as NumPy does, and are drawn as often as p says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan.augment import blits
from gan.augment.blits import Blit


def image(height, width, count=8):
    return np.asarray(jax.random.normal(jax.random.key(0), (count, height, width, 3)))


def test_turn_equals_numpy():
    x = image(6, 6)
    mirrored, turns = np.arange(8) >= 4, np.arange(8) % 4
    y = blits.turn(jnp.asarray(x), Blit(jnp.asarray(mirrored), jnp.asarray(turns), jnp.zeros((8, 2), int)))
    for i in range(8):
        plain = np.rot90(x[i, :, ::-1] if mirrored[i] else x[i], turns[i])
        np.testing.assert_array_equal(y[i], plain)


def test_half_turn_of_an_oblong():
    x = image(4, 6, 2)
    blit = Blit(jnp.array([False, True]), jnp.array([2, 2]), jnp.zeros((2, 2), int))
    y = blits.turn(jnp.asarray(x), blit)
    np.testing.assert_array_equal(y[0], x[0, ::-1, ::-1])
    np.testing.assert_array_equal(y[1], x[1, ::-1])


def test_shift_moves_over_the_reflection():
    x = image(8, 24, 3)
    by = np.array([[0, 0], [3, -1], [-2, 1]])
    y = blits.shift(jnp.asarray(x), jnp.asarray(by))
    for i, (dx, dy) in enumerate(by):
        padded = np.pad(x[i], ((1, 1), (3, 3), (0, 0)), mode="reflect")
        np.testing.assert_array_equal(y[i], np.roll(padded, (dy, dx), (0, 1))[1:-1, 3:-3])


def draws(p, height, width, count=2000):
    u = jax.random.uniform(jax.random.key(1), (count, blits.UNIFORMS))
    draw = jax.jit(jax.vmap(lambda u: blits.draw_blit(u, p, height=height, width=width)))
    return [np.asarray(part) for part in draw(u)]


def within(share, expected, count=2000, sigmas=4):
    return abs(share - expected) <= sigmas * (expected * (1 - expected) / count) ** 0.5


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_shares(p):
    mirrored, turns, shift = draws(p, 64, 32)
    assert within(mirrored.mean(), p / 2)
    assert within((turns == 2).mean(), p / 2)
    assert set(turns) <= {0, 2}
    assert within((shift != 0).any(1).mean(), p * (1 - 1 / 16 / 8), sigmas=5)  # a draw may be no shift
    assert np.abs(shift).max(0).tolist() <= [4, 8]
    turns = draws(p, 64, 64)[1]
    for k in (1, 2, 3):
        assert within((turns == k).mean(), p / 4)


def test_shifts_are_even_over_their_range():
    shift = draws(1.0, 64, 64)[2]
    shares = np.bincount(shift[:, 0] + 8, minlength=17) / 2000
    expected = np.full(17, 1 / 16)
    expected[[0, -1]] /= 2  # rounding gives the ends half a pixel
    assert all(within(share, e) for share, e in zip(shares, expected, strict=True))
