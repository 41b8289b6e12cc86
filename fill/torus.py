"""Label maps and images on a torus: opposite edges meet, as in drawings that repeat without a seam."""

import math

import jax
import jax.numpy as jnp

from fill.components import unite

Margin = tuple[int, int]  # rows and columns


def wrapped(x: jax.Array, margin: Margin, *, axis: int = -2) -> jax.Array:
    """Continue arrays at all four edges.

    Args:
        x: periodic along `axis` and the next axis.
        margin: rows added above and below, columns added left and right.
        axis: of the rows, negative.

    Returns: the sizes of both axes grow by twice the margin.
    """
    widths = [(0, 0)] * x.ndim
    widths[axis], widths[axis + 1] = (margin[0], margin[0]), (margin[1], margin[1])
    return jnp.pad(x, widths, mode="wrap")


def without_margin(x: jax.Array, margin: Margin) -> jax.Array:
    """Cut off what `wrapped` added: [..., H + 2 margin[0], W + 2 margin[1]] -> [..., H, W]."""
    rows, columns = margin
    return x[..., rows : x.shape[-2] - rows, columns : x.shape[-1] - columns]


def join_edges(labels: jax.Array) -> jax.Array:
    """Join regions that meet over the edges of an image.

    Args:
        labels: int32 [..., H, W] as returned by `label_regions`: 0 on lines, 1..K.

    Returns:
        int32 [..., H, W]: 0 on lines, 1..K numbered by first pixel in row-major order.
    """
    *lead, height, width = labels.shape
    count, largest = math.prod(lead), height * width // 2 + 1  # a checkerboard
    flat = labels.reshape(count, height, width)
    offset = jnp.arange(count, dtype=jnp.int32)[:, None] * (largest + 1)
    first = jnp.concatenate([flat[:, 0], flat[:, :, 0]], axis=1)
    last = jnp.concatenate([flat[:, -1], flat[:, :, -1]], axis=1)
    meet = (first > 0) & (last > 0)
    above, below = (jnp.where(meet, part + offset, 0).reshape(-1) for part in (first, last))
    roots, _ = unite(above, below, count * (largest + 1))
    roots = roots.reshape(count, -1) - offset
    index = jnp.arange(largest + 1, dtype=jnp.int32)[None]
    is_root = (roots == index) & (index > 0)
    rank = jnp.cumsum(is_root.astype(jnp.int32), axis=1)  # a root has the first pixel of its region
    label = jnp.take_along_axis(rank, roots, axis=1).at[:, 0].set(0)
    return jnp.take_along_axis(label, flat.reshape(count, -1), axis=1).reshape(labels.shape)
