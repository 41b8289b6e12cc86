"""Overlaps against counting them pixel by pixel."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fill import overlap
from tests.fill import plain
from tests.slow_cases import slow


def compared(first, second, capacity):
    found = jax.jit(partial(overlap.partners, capacity=capacity))(jnp.asarray(first), jnp.asarray(second))
    for ours, theirs in zip(found, plain.partners(first, second, capacity), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    both = jax.jit(partial(overlap.partners_both_ways, capacity=capacity))(
        jnp.asarray(first), jnp.asarray(second)
    )
    few = [np.where(labels <= capacity, labels, 0) for labels in (first, second)]
    for ours, (a, b) in zip(both, (few, few[::-1]), strict=True):
        for part, expected in zip(ours, plain.partners(a, b, capacity), strict=True):
            np.testing.assert_array_equal(part, expected)
    return found


@pytest.mark.parametrize("capacity", [9, *slow(4, 30)])
@pytest.mark.parametrize("all_pairs", [0, 1 << 20])
@pytest.mark.slow_cases("0-9")
def test_random_maps(monkeypatch, capacity, all_pairs):
    monkeypatch.setattr(overlap, "ALL_PAIRS", all_pairs)
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 10, (2, 37, 70), dtype=np.int32)
    compared(first, second * 1000, capacity)


@pytest.mark.slow
def test_regions_that_moved(masks):
    for name in ("noise-0.65", "spiral", "comb", "rings", "full"):
        labels = plain.label(masks[name])
        compared(labels, np.roll(labels, (2, 1), (0, 1)), 255)


@pytest.mark.slow
def test_many_stretches_take_the_large_tables(monkeypatch):
    """With small tables that nothing fits into, and with ones that all fits into: the same."""
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 4, (2, 40, 64), dtype=np.int32)
    monkeypatch.setattr(overlap, "FEW", 50)
    monkeypatch.setattr(overlap, "SMALL_LEAST", 1)
    monkeypatch.setattr(overlap, "SMALL_FRACTION", 1000)
    compared(first, second, 3)
    compared(np.where(first == second, first, 0) * (np.arange(64) < 2), second, 3)
    monkeypatch.setattr(overlap, "SMALL_FRACTION", 2)
    compared(np.repeat(first, 8, axis=1), np.repeat(second, 8, axis=1), 3)


def test_disjoint_regions_have_no_overlap():
    first = np.eye(8, dtype=np.int32)
    label, px = compared(first, 1 - first, 1)
    assert not np.asarray(label).any()
    assert not np.asarray(px).any()
