"""Which regions of two label maps lie over one another, and on how many pixels.

Pixels are not counted one by one: stretches of a row with the same pair of labels are, some twenty to a
hundred times fewer. Where there are few labels their pixels are added up in a table of all pairs, otherwise
the stretches are sorted by pair. Like the tables of `fill.components`, that of the stretches has a small
size that drawings fit into, and the largest there can be.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import lax

from fill.bitpack import WORD, at, pack, popcount, set_bits

T = TypeVar("T")

SMALL_SHARE = 16  # small tables hold one stretch for every 16 pixels
SMALL_LEAST = 8192  # stretches; where the largest tables are below this, there is no other
FEW = 2048  # stretches that `partners` sorts in a table of their own: those of a few regions
ALL_PAIRS = 1 << 20  # in a table of every pair of labels, 4 MB


class Partners(NamedTuple):
    """For each label of a map the label of the other that covers most of it."""

    label: jax.Array  # int32 [capacity + 1]; 0: none. Equally much: the smaller
    px: jax.Array  # int32 [capacity + 1], how many pixels the two have in common


def partners(first: jax.Array, second: jax.Array, *, capacity: int) -> Partners:
    """For each label of `first` the label of `second` that lies over most of its pixels.

    Args:
        first: int32 [H, W], 0..capacity; 0 belongs to no region. Larger labels are dropped.
        second: int32 [H, W], 0 and any positive labels.
        capacity: the largest label of `first` that has a row.
    """

    def sort(a: jax.Array, b: jax.Array, length: jax.Array) -> Partners:
        counted = a <= capacity
        a, b, length = lax.sort(
            tuple(jnp.where(counted, part, 0) for part in (a, b, length)), num_keys=2, is_stable=False
        )
        is_last = jnp.append((a[1:] != a[:-1]) | (b[1:] != b[:-1]), True)
        total = jnp.cumsum(length)
        before = jnp.where(is_last, total, 0)
        px = total - jnp.append(0, lax.cummax(before)[:-1])  # of the pair, where it ends
        px = jnp.where(is_last & (a > 0), px, 0)
        most = jnp.zeros(capacity + 1, jnp.int32).at[a].max(px)
        winner = jnp.where((px > 0) & (px == at(most, a)), b, jnp.iinfo(jnp.int32).max)
        label = jnp.full(capacity + 1, jnp.iinfo(jnp.int32).max).at[a].min(winner)
        return Partners(jnp.where(most > 0, label, 0), most)

    return _with_stretches(first, second, sort, few=FEW)


def partners_both_ways(first: jax.Array, second: jax.Array, *, capacity: int) -> tuple[Partners, Partners]:
    """`partners` of the first map in the second, and of the second in the first; both have labels up to
    `capacity`, larger ones are dropped."""
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

    return _with_stretches(first, second, add_up)


def _largest(table: jax.Array, *, axis: int) -> Partners:
    most = jnp.max(table, axis=axis)
    other = lax.broadcasted_iota(jnp.int32, table.shape, axis)
    here = table == jnp.expand_dims(most, axis)
    label = jnp.min(jnp.where(here, other, jnp.iinfo(jnp.int32).max), axis=axis)
    return Partners(jnp.where(most > 0, label, 0), most)


def _with_stretches(
    first: jax.Array,
    second: jax.Array,
    count: Callable[[jax.Array, jax.Array, jax.Array], T],
    *,
    few: int | None = None,
) -> T:
    """`count` what pairs of labels have in common: labels (a, b) and length of stretches, 0 where unused.

    Where there are at most `few` stretches, their tables have so many rows.
    """
    assert first.shape == second.shape, (first.shape, second.shape)
    assert first.ndim == 2, first.shape  # for batches: lax.map, under which one size of tables is computed
    height, width = first.shape
    both = (first > 0) & (second > 0)
    changes = (first[:, 1:] != first[:, :-1]) | (second[:, 1:] != second[:, :-1])
    begins = pack((both & jnp.pad(changes, ((0, 0), (1, 0)), constant_values=True))[None])[0]
    ends = pack((both & jnp.pad(changes, ((0, 0), (0, 1)), constant_values=True))[None])[0]
    largest = height * width
    small = max(largest // SMALL_SHARE, SMALL_LEAST)
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
    stretches = jnp.sum(popcount(begins))
    which = sum((stretches > size).astype(jnp.int32) for size in sizes[:-1])
    return lax.switch(which, [functools.partial(solve, size) for size in sizes])
