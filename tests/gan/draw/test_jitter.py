"""Jitter changes pixels at edges or anywhere, as often as stated, in the stated ways."""

import jax
import jax.numpy as jnp
import numpy as np

from gan.draw.jitter import CHANGES, RAISED, edges, jitter_ink

SQUARE = jnp.zeros((12, 12)).at[4:8, 4:8].set(0.3)


def test_edges_are_those_of_the_sobel_operator():
    found = np.asarray(edges(SQUARE))
    assert found[4, 5]
    assert found[3, 5]
    assert not found[0, 0]
    assert not found[5:7, 5:7].any()
    assert not edges(jnp.full((5, 5), 0.7)).any()


def test_no_jitter_changes_nothing():
    np.testing.assert_array_equal(jitter_ink(jax.random.key(0), SQUARE, probability=0.0), SQUARE)


def test_only_candidates_are_changed():
    changed = np.asarray(jitter_ink(jax.random.key(0), SQUARE, probability=1.0)) != np.asarray(SQUARE)
    assert changed.any()
    assert not (changed & ~np.asarray(edges(SQUARE))).any()


def test_each_change_has_the_stated_probability():
    ink = jnp.full((200, 200), 0.3)
    found = np.asarray(jitter_ink(jax.random.key(1), ink, probability=0.5, where="anywhere"))
    values = {
        "unchanged": 0.3,
        "set": 1.0,
        "doubled": 0.6,
        "halved": 0.15,
        "raised": 0.3 + RAISED,
        "cleared": 0,
    }
    assert len(values) - 1 == len(CHANGES)
    fractions = {name: np.isclose(found, value).mean() for name, value in values.items()}
    assert abs(sum(fractions.values()) - 1) < 1e-9
    for name, fraction in fractions.items():
        assert abs(fraction - (0.5 if name == "unchanged" else 0.1)) < 0.01, name


def test_results_stay_in_range():
    found = jitter_ink(jax.random.key(2), jnp.full((50, 50), 0.9), probability=1.0, where="anywhere")
    assert float(found.min()) >= 0
    assert float(found.max()) <= 1
