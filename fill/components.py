"""Label connected regions of paper exactly, in a few data-parallel iterations on a CPU or an accelerator.

Rows are packed into 32-bit words. The nodes of a graph are runs, i.e. maximal segments of paper within a row;
an edge joins two runs that touch across a row boundary. Both are located and counted by bit operations on the
words, so union-find works on a graph 20 to 100 times smaller than the image. The tables of the graph have
static sizes: a small one that fits typical drawings, and the largest possible one as a fallback.

Source: hooking of roots and pointer jumping, Shiloach and Vishkin, "An O(log n) parallel connectivity
algorithm" (1982); runs as nodes, He, Chao and Suzuki, "A run-based two-scan labeling algorithm" (2008).
"""

import math

import jax
import jax.numpy as jnp
from jax import lax

from fill.bitpack import UP_TO, at, exclusive_sum, first_bits, pack, popcount, set_bits

SMALL_FRACTION = 16  # small tables hold one run per 16 pixels; dense drawings need a third of that
SMALL_LEAST = 8192  # minimum size of small tables; if the largest possible table is below, only that is used

Forest = tuple[jax.Array, jax.Array, jax.Array, jax.Array]  # parents, roots of both ends, iterations


@jax.jit
def label_regions(paper: jax.Array) -> jax.Array:
    """Number the 4-connected regions of paper in each image by their first pixel in row-major order.

    Args:
        paper: bool [..., H, W], True on paper.

    Returns:
        int32 [..., H, W]: 0 on lines, 1..K on regions; equal to scipy.ndimage.label per image.
    """
    return label_with_iterations(paper)[0]


def label_with_iterations(paper: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Labels as `label_regions`, and the number of union-find iterations of the batch (int32 scalar)."""
    assert paper.dtype == jnp.bool_, paper.dtype
    assert paper.ndim >= 2, paper.shape
    assert paper.size > 0, paper.shape
    *lead, height, width = paper.shape
    count = math.prod(lead)
    words = pack(paper.reshape(count, height, width))  # [B, H, ceil(W / 32)]
    above = jnp.pad(words[:, :-1], ((0, 0), (1, 0), (0, 0)))
    starts = first_bits(words).reshape(-1)
    touches = first_bits(words & above).reshape(-1)  # first pixel of contact of a run with a run above it
    runs_before = exclusive_sum(popcount(starts))
    runs = runs_before[-1] + popcount(starts[-1])
    image_starts = runs_before.reshape(count, -1)[:, 0]

    def solve(capacity: int) -> tuple[jax.Array, jax.Array, jax.Array]:
        lower, upper = _edges(touches, starts, runs_before, words.shape[-1], capacity)
        roots, iterations = unite(lower, upper, capacity + 1)
        index = jnp.arange(capacity + 1, dtype=jnp.int32)
        is_root = (roots == index) & (index > 0) & (index <= runs)
        rank = jnp.cumsum(is_root.astype(jnp.int32))  # a root is the first run of its region
        return jnp.pad(at(rank, roots), (0, largest - capacity)), rank[image_starts], iterations

    largest = (
        count * height * -(-width // 2)
    )  # a run needs a pixel and a gap; there are no more edges than runs
    small = max(count * height * width // SMALL_FRACTION, SMALL_LEAST)
    if small >= largest:
        label_of_run, regions_before, iterations = solve(largest)
    else:
        fits = jnp.maximum(runs, jnp.sum(popcount(touches))) <= small
        label_of_run, regions_before, iterations = lax.cond(
            fits, lambda: solve(small), lambda: solve(largest)
        )

    run = runs_before[:, None] + popcount(starts[:, None] & UP_TO[None])  # [words, 32], 1.. on paper
    labels = at(label_of_run, run).reshape(count, height, -1)[..., :width] - regions_before[:, None, None]
    return jnp.where(paper, labels.reshape(paper.shape), 0), iterations


def unite(lower: jax.Array, upper: jax.Array, nodes: int) -> tuple[jax.Array, jax.Array]:
    """Connected components of a graph: hook roots onto smaller roots, then compress all pointers.

    Args:
        lower, upper: int32 [E], the ends of each edge; self-loops are ignored.
        nodes: number of nodes.

    Returns:
        int32 [nodes], the smallest node in the component of each; and the number of iterations, int32 scalar.
    """

    def compress(parent: jax.Array) -> jax.Array:
        def jump(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            grandparent = at(state[0], state[0])
            return grandparent, jnp.any(grandparent != state[0])

        return lax.while_loop(lambda state: state[1], jump, (parent, jnp.bool_(True)))[0]

    def hook(state: Forest) -> Forest:
        parent, a, b, iterations = state
        hooked = parent.at[jnp.maximum(a, b)].min(jnp.minimum(a, b), mode="promise_in_bounds")
        parent = compress(hooked)
        return parent, at(parent, lower), at(parent, upper), iterations + 1

    start = (jnp.arange(nodes, dtype=jnp.int32), lower, upper, jnp.int32(0))
    parent, _, _, iterations = lax.while_loop(lambda state: jnp.any(state[1] != state[2]), hook, start)
    return parent, iterations


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


def _edges(
    touches: jax.Array, starts: jax.Array, runs_before: jax.Array, row_words: int, capacity: int
) -> tuple[jax.Array, jax.Array]:
    """The runs on both sides of each touch, compacted: int32 [capacity] twice, (0, 0) where unused."""
    word, bit, used = set_bits(touches, capacity)
    mask = at(jnp.asarray(UP_TO), bit)

    def run_in(word: jax.Array) -> jax.Array:
        return jnp.where(used, at(runs_before, word) + popcount(at(starts, word) & mask), 0)

    return run_in(word), run_in(jnp.maximum(word - row_words, 0))
