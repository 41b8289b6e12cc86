"""Connected regions of paper: exact labels in a few data-parallel rounds, on a CPU or an accelerator.

Rows are packed into 32-bit words. A run, that is a longest stretch of paper within one row, is a node;
two runs that touch across a row boundary are joined by one edge. Both are found and counted by bit tricks
on the words, so that union-find works on a graph twenty to a hundred times smaller than the image.
The tables of that graph have static sizes: a small one that drawings fit into, and the largest there can
be, which is taken when runs or edges are too many for the small one.

Source: hooking of roots and pointer jumping, Shiloach and Vishkin, "An O(log n) parallel connectivity
algorithm" (1982); runs as nodes, He, Chao and Suzuki, "A run-based two-scan labeling algorithm" (2008).
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

WORD = 32  # pixels packed together
SMALL_SHARE = 16  # small tables hold one run for every 16 pixels; dense drawings need a third of that
SMALL_LEAST = 8192  # runs; where the largest tables are below this, there is no other

Forest = tuple[jax.Array, jax.Array, jax.Array, jax.Array]  # parents, roots of both ends, rounds

_UP_TO = np.array([(2 << bit) - 1 for bit in range(WORD)], np.uint32)  # masks of bits 0..bit


@jax.jit
def label_regions(paper: jax.Array) -> jax.Array:
    """Number the 4-connected regions of paper by their first pixel in row-major order, image by image.

    Args:
        paper: bool [..., H, W], True on paper.

    Returns:
        int32 [..., H, W]: 0 on lines, 1..K on regions; what scipy.ndimage.label gives for each image.
    """
    return label_in_rounds(paper)[0]


def label_in_rounds(paper: jax.Array) -> tuple[jax.Array, jax.Array]:
    """label_regions, and the rounds of hooking that the whole batch took (int32 scalar)."""
    assert paper.dtype == jnp.bool_, paper.dtype
    assert paper.ndim >= 2, paper.shape
    assert paper.size > 0, paper.shape
    *lead, height, width = paper.shape
    count = math.prod(lead)
    words = _pack(paper.reshape(count, height, width))  # [B, H, ceil(W / 32)]
    above = jnp.pad(words[:, :-1], ((0, 0), (1, 0), (0, 0)))
    starts = _first_bits(words).reshape(-1)
    touches = _first_bits(words & above).reshape(-1)  # where a run begins to touch a run above it
    runs_before = _exclusive_sum(_popcount(starts))
    runs = runs_before[-1] + _popcount(starts[-1])
    image_starts = runs_before.reshape(count, -1)[:, 0]

    def solve(capacity: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        lower, upper = _edges(touches, starts, runs_before, words.shape[-1], capacity)
        roots, rounds = unite(lower, upper, capacity + 1)
        index = jnp.arange(capacity + 1, dtype=jnp.int32)
        is_root = (roots == index) & (index > 0) & (index <= runs)
        rank = jnp.cumsum(is_root.astype(jnp.int32))  # a root is the first run of its region
        return jnp.pad(_at(rank, roots), (0, largest - capacity)), rank[image_starts], rounds

    largest = count * height * -(-width // 2)  # runs need a pixel and a gap; edges are never more
    small = max(count * height * width // SMALL_SHARE, SMALL_LEAST)
    if small >= largest:
        label_of_run, regions_before, rounds = solve(largest)
    else:
        fits = jnp.maximum(runs, jnp.sum(_popcount(touches))) <= small
        label_of_run, regions_before, rounds = lax.cond(fits, lambda: solve(small), lambda: solve(largest))

    run = runs_before[:, None] + _popcount(starts[:, None] & _UP_TO[None])  # [words, 32], 1.. on paper
    labels = _at(label_of_run, run).reshape(count, height, -1)[..., :width] - regions_before[:, None, None]
    return jnp.where(paper, labels.reshape(paper.shape), 0), rounds


def unite(lower: jax.Array, upper: jax.Array, nodes: int) -> tuple[jax.Array, jax.Array]:
    """Connected components of a graph: roots are hooked onto smaller roots, then all pointers compressed.

    Args:
        lower, upper: int32 [E], the ends of each edge; an edge of a node with itself says nothing.
        nodes: how many nodes there are.

    Returns:
        int32 [nodes], the smallest node in the component of each; and the rounds taken, int32 scalar.
    """

    def compress(parent: jax.Array) -> jax.Array:
        def jump(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            grandparent = _at(state[0], state[0])
            return grandparent, jnp.any(grandparent != state[0])

        return lax.while_loop(lambda state: state[1], jump, (parent, jnp.bool_(True)))[0]

    def hook(state: Forest) -> Forest:
        parent, a, b, rounds = state
        hooked = parent.at[jnp.maximum(a, b)].min(jnp.minimum(a, b), mode="promise_in_bounds")
        parent = compress(hooked)
        return parent, _at(parent, lower), _at(parent, upper), rounds + 1

    start = (jnp.arange(nodes, dtype=jnp.int32), lower, upper, jnp.int32(0))
    parent, _, _, rounds = lax.while_loop(lambda state: jnp.any(state[1] != state[2]), hook, start)
    return parent, rounds


def region_areas(labels: jax.Array, count: int) -> jax.Array:
    """Pixels per label: int32 [..., H, W] -> [..., count + 1], index 0 = line; larger labels are dropped."""
    return label_sums(labels, jnp.ones((*labels.shape, 1), jnp.int32), count)[..., 0]


def label_sums(labels: jax.Array, values: jax.Array, count: int) -> jax.Array:
    """Sums of `values` [..., H, W, C] over each label: [..., count + 1, C]; larger labels are dropped."""
    *lead, height, width = labels.shape
    images = math.prod(lead)
    offset = jnp.arange(images, dtype=jnp.int32) * (count + 1)
    flat = labels.reshape(images, -1)
    index = jnp.where(flat <= count, flat + offset[:, None], images * (count + 1))
    sums = jnp.zeros((images * (count + 1), values.shape[-1]), values.dtype)
    sums = sums.at[index.reshape(-1)].add(values.reshape(images * height * width, -1), mode="drop")
    return sums.reshape(*lead, count + 1, values.shape[-1])


def _pack(paper: jax.Array) -> jax.Array:
    """bool [B, H, W] -> uint32 [B, H, ceil(W / 32)], bit x % 32 of word x // 32 for pixel x."""
    padded = jnp.pad(paper, ((0, 0), (0, 0), (0, -paper.shape[-1] % WORD)))
    quads = padded.reshape(*paper.shape[:2], -1, WORD // 4, 4).astype(jnp.uint8)  # [B, H, words, 8, 4]
    nibbles = (
        lax.bitcast_convert_type(quads, jnp.uint32) * jnp.uint32(0x01020408)
    ) >> 24  # 4 bytes -> 4 bits
    words = nibbles[..., 0]
    for i in range(1, WORD // 4):
        words = words | (nibbles[..., i] << (4 * i))
    return words


def _first_bits(words: jax.Array) -> jax.Array:
    """Keep the bits whose left neighbour in the row is not set: uint32 [B, H, words]."""
    carry = jnp.pad(words[..., :-1] >> (WORD - 1), ((0, 0), (0, 0), (1, 0)))
    return words & ~((words << 1) | carry)


def _edges(
    touches: jax.Array, starts: jax.Array, runs_before: jax.Array, row_words: int, capacity: int
) -> tuple[jax.Array, jax.Array]:
    """The runs on both sides of each touch, compacted: int32 [capacity] twice, (0, 0) where unused."""
    per_word = _popcount(touches)
    touches_before = _exclusive_sum(per_word)
    word_index = jnp.arange(len(touches), dtype=jnp.int32)
    slot = jnp.where(per_word > 0, touches_before, capacity)
    word = lax.cummax(jnp.zeros(capacity, jnp.int32).at[slot].set(word_index, mode="drop"))
    edge = jnp.arange(capacity, dtype=jnp.int32)
    bit = _nth_bit(_at(touches, word), edge - _at(touches_before, word))
    mask = _at(jnp.asarray(_UP_TO), bit)
    used = edge < touches_before[-1] + per_word[-1]

    def run_in(word: jax.Array) -> jax.Array:
        return jnp.where(used, _at(runs_before, word) + _popcount(_at(starts, word) & mask), 0)

    return run_in(word), run_in(jnp.maximum(word - row_words, 0))


def _nth_bit(words: jax.Array, nth: jax.Array) -> jax.Array:
    """Position of the set bit with `nth` set bits below it, by bisection; 31 where there is none."""
    position = jnp.zeros_like(nth)
    for half in (16, 8, 4, 2, 1):
        below = _popcount(words & jnp.uint32((1 << half) - 1))
        upper = nth >= below
        nth = jnp.where(upper, nth - below, nth)
        words = jnp.where(upper, words >> half, words)
        position = jnp.where(upper, position + half, position)
    return position


def _exclusive_sum(counts: jax.Array) -> jax.Array:
    return jnp.cumsum(counts) - counts


def _popcount(words: jax.Array) -> jax.Array:
    return lax.population_count(words).astype(jnp.int32)


def _at(table: jax.Array, index: jax.Array) -> jax.Array:
    return table.at[index].get(mode="promise_in_bounds")
