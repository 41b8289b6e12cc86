"""Which regions of two label maps lie over one another, and on how many pixels.

Pixels are not counted one by one: stretches of a row with the same pair of labels are, some twenty to a
hundred times fewer, sorted by pair. Like the tables of `fill.components`, theirs have a small size that
drawings fit into, and the largest there can be.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from fill.bits import WORD, at, pack, set_bits

SMALL_SHARE = 12  # small tables hold one stretch for every 12 pixels
SMALL_LEAST = 8192  # stretches; where the largest tables are below this, there is no other


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
    assert first.shape == second.shape, (first.shape, second.shape)
    assert first.ndim == 2, first.shape  # for batches: lax.map, under which one size of tables is computed
    height, width = first.shape
    changes = (first[:, 1:] != first[:, :-1]) | (second[:, 1:] != second[:, :-1])
    starts = jnp.pad(changes, ((0, 0), (1, 0)), constant_values=True)
    words = pack(starts[None])[0]
    largest = height * width
    small = max(largest // SMALL_SHARE, SMALL_LEAST)

    def solve(size: int) -> Partners:
        word, bit, used = set_bits(words.reshape(-1), size)
        row, column = jnp.divmod(word, words.shape[1])
        begin = jnp.where(used, row * width + column * WORD + bit, largest)
        length = jnp.diff(begin, append=largest)
        place = jnp.minimum(begin, largest - 1)
        a, b = at(first.reshape(-1), place), at(second.reshape(-1), place)
        counted = used & (a > 0) & (a <= capacity) & (b > 0)
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

    if small >= largest:
        return solve(largest)
    fits = jnp.sum(lax.population_count(words).astype(jnp.int32)) <= small
    return lax.cond(fits, lambda: solve(small), lambda: solve(largest))
