"""Overlap of the regions of two label maps, in pixels.

Runs, i.e. segments of a row with the same pair of labels, are counted instead of pixels; there are 20 to 100
times fewer. With few labels their pixels are summed in a table of all pairs, otherwise the runs are sorted by
pair. Like the tables of `fill.components`, the table of runs has a small size that fits typical drawings, and
the largest possible one as a fallback.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import lax

from fill.bitpack import WORD, at, pack, popcount, set_bits

T = TypeVar("T")

SMALL_FRACTION = 16  # small tables hold one run per 16 pixels
SMALL_LEAST = 8192  # minimum size of small tables; if the largest possible table is below, only that is used
FEW = 2048  # runs in the smallest table of `partners`, enough for a few regions
ALL_PAIRS = 1 << 20  # maximum entries of the table of all pairs of labels, 4 MB


class Partners(NamedTuple):
    """For each label of one map, the label of the other map that covers most of it."""

    label: jax.Array  # int32 [capacity + 1]; 0: none; ties go to the smaller label
    px: jax.Array  # int32 [capacity + 1], number of common pixels


def partners(first: jax.Array, second: jax.Array, *, capacity: int) -> Partners:
    """For each label of `first`, find the label of `second` that covers most of its pixels.

    Args:
        first: int32 [H, W]; 0 is no region, labels above `capacity` are dropped.
        second: int32 [H, W]; 0 is no region, any positive labels.
        capacity: largest label of `first` in the result.
    """

    def sort(a: jax.Array, b: jax.Array, length: jax.Array) -> Partners:
        counted = a <= capacity
        a, b, length = lax.sort(
            tuple(jnp.where(counted, part, 0) for part in (a, b, length)), num_keys=2, is_stable=False
        )
        is_last = jnp.append((a[1:] != a[:-1]) | (b[1:] != b[:-1]), True)
        total = jnp.cumsum(length)
        before = jnp.where(is_last, total, 0)
        px = total - jnp.append(0, lax.cummax(before)[:-1])  # of each pair, at its last run
        px = jnp.where(is_last & (a > 0), px, 0)
        most = jnp.zeros(capacity + 1, jnp.int32).at[a].max(px)
        winner = jnp.where((px > 0) & (px == at(most, a)), b, jnp.iinfo(jnp.int32).max)
        label = jnp.full(capacity + 1, jnp.iinfo(jnp.int32).max).at[a].min(winner)
        return Partners(jnp.where(most > 0, label, 0), most)

    return _with_runs(first, second, sort, few=FEW)


def partners_both_ways(first: jax.Array, second: jax.Array, *, capacity: int) -> tuple[Partners, Partners]:
    """`partners` of the first map in the second and vice versa; labels above `capacity` are dropped."""
    if (capacity + 1) ** 2 > ALL_PAIRS:
        dropped = (jnp.where(labels <= capacity, labels, 0) for labels in (first, second))
        a, b = dropped
        return partners(a, b, capacity=capacity), partners(b, a, capacity=capacity)

    def add_up(a: jax.Array, b: jax.Array, length: jax.Array) -> tuple[Partners, Partners]:
        counted = (a > 0) & (a <= capacity) & (b <= capacity)
        place = jnp.where(counted, a * (capacity + 1) + b, 0)
        table = jnp.zeros((capacity + 1) ** 2, jnp.int32).at[place].add(jnp.where(counted, length, 0))
        table = lax.optimization_barrier(table.reshape(capacity + 1, capacity + 1))
        return _largest(table, axis=1), _largest(table, axis=0)

    return _with_runs(first, second, add_up)


def _largest(table: jax.Array, *, axis: int) -> Partners:
    most = jnp.max(table, axis=axis)
    other = lax.broadcasted_iota(jnp.int32, table.shape, axis)
    here = table == jnp.expand_dims(most, axis)
    label = jnp.min(jnp.where(here, other, jnp.iinfo(jnp.int32).max), axis=axis)
    return Partners(jnp.where(most > 0, label, 0), most)


def _with_runs(
    first: jax.Array,
    second: jax.Array,
    count: Callable[[jax.Array, jax.Array, jax.Array], T],
    *,
    few: int | None = None,
) -> T:
    """Call `count` with the labels (a, b) and the length of each run, 0 if unused.

    If there are at most `few` runs, the tables have `few` rows.
    """
    assert first.shape == second.shape, (first.shape, second.shape)
    assert first.ndim == 2, (
        first.shape
    )  # for batches use lax.map, under which only the required table size is computed
    height, width = first.shape
    both = (first > 0) & (second > 0)
    changes = (first[:, 1:] != first[:, :-1]) | (second[:, 1:] != second[:, :-1])
    begins = pack((both & jnp.pad(changes, ((0, 0), (1, 0)), constant_values=True))[None])[0]
    ends = pack((both & jnp.pad(changes, ((0, 0), (0, 1)), constant_values=True))[None])[0]
    largest = height * width
    small = max(largest // SMALL_FRACTION, SMALL_LEAST)
    sizes = sorted({min(size, largest) for size in (few or small, small, largest)})

    def places(words: jax.Array, size: int) -> tuple[jax.Array, jax.Array]:
        word, bit, used = set_bits(words.reshape(-1), size)
        row, column = jnp.divmod(word, words.shape[1])
        return jnp.where(used, row * width + column * WORD + bit, 0), used

    def solve(size: int) -> T:
        (begin, used), (end, _) = places(begins, size), places(ends, size)
        a, b = (jnp.where(used, at(labels.reshape(-1), begin), 0) for labels in (first, second))
        return count(a, b, jnp.where(used, end - begin + 1, 0))

    if len(sizes) == 1:
        return solve(largest)
    runs = jnp.sum(popcount(begins))
    which = sum((runs > size).astype(jnp.int32) for size in sizes[:-1])
    return lax.switch(which, [functools.partial(solve, size) for size in sizes])
