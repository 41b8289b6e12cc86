"""Which regions of a symmetric specimen mirror one another: orbits under the two mirrors.

A region's mirror image is laid over the label map. Where it covers more of one region than the two leave
uncovered, these are a pair; regions so small or thin that a pixel of misplacement tears them apart are then
paired by their centres, if these lie within TOLERANCE_PX and their areas are like.
"""

import math

import jax
import jax.numpy as jnp
from jax import lax

from fill.axes import Axes, central_axes, mirrored_places
from fill.components import label_sums, unite
from fill.overlap import partners_both_ways

TOLERANCE_PX = 2.0  # between the centre of a small region and that of another's mirror image
TORN_PX = 4 * TOLERANCE_PX  # thinner regions may be torn apart by as much; thickness: area over longest side
LIKE_AREA = 0.5  # the smaller over the larger
ROWS = 256  # regions whose distances to all others are looked at together


def mirror_orbits(labels: jax.Array, *, capacity: int | None = None, axes: Axes | None = None) -> jax.Array:
    """Number the orbits of regions under the left-right and the top-bottom mirror.

    Args:
        labels: int32 [..., H, W] as label_regions makes them.
        capacity: the largest label that has a row; None: the batch's largest, read outside jit.
        axes: where the mirrors are, with the leading axes of `labels` (see `fill.axes.fit_axes`); None:
            in the middle of the image.

    Returns:
        int32 [..., capacity + 1], the orbit of each label, numbered from 1 in the order of their first
        labels; 0 for lines (index 0), -1 for labels that there are none of. A region without mirror images
        is an orbit by itself.
    """
    assert labels.ndim >= 2, labels.shape
    if capacity is None:
        capacity = int(jnp.max(labels))
    *lead, height, width = labels.shape
    if axes is None:
        axes = jax.tree.map(
            lambda part: jnp.broadcast_to(part, (*lead, *part.shape)), central_axes(height, width)
        )
    flat = Axes(axes.center_px.reshape(-1, 2), axes.angle_deg.reshape(-1))
    return _orbits(labels.reshape(-1, height, width), flat, capacity=capacity).reshape(*lead, capacity + 1)


@jax.jit(static_argnames="capacity")
def _orbits(labels: jax.Array, axes: Axes, *, capacity: int) -> jax.Array:
    return lax.map(lambda item: _orbits_of_one(item[0], item[1], capacity), (labels, axes))


def _orbits_of_one(labels: jax.Array, axes: Axes, capacity: int) -> jax.Array:
    height, width = labels.shape
    index = jnp.arange(capacity + 1, dtype=jnp.int32)
    y, x = jnp.indices((height, width), jnp.int32)
    sums = label_sums(labels, jnp.stack([jnp.ones_like(x), x, y], -1).astype(jnp.float32), capacity)
    area = sums[:, 0]
    center = sums[:, 1:] / jnp.maximum(area, 1)[:, None]
    long_px = _longest_side(labels, x, y, capacity)
    there = area > 0
    pairs = []
    for across in (False, True):
        row, column = mirrored_places(axes, height, width, across=across)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        place = jnp.where(inside, row * width + column, 0)
        mirrored = jnp.where(inside, labels.reshape(-1)[place], 0)
        over, _ = partners_both_ways(labels, mirrored, capacity=capacity)
        label = jnp.minimum(over.label, capacity)
        px = over.px.astype(jnp.float32)
        is_pair = 3 * px > area + area[label]  # intersection over union above a half: no other can be as good
        partner = jnp.where((index > 0) & is_pair, label, 0)
        is_thin = area < TORN_PX * long_px
        open_ = there & (index > 0) & (partner == 0) & is_thin
        near = _nearest(center, _mirrored(center, axes, across), area, open_)
        near = jnp.where(near[near] == index, near, 0)  # both have to choose the other
        pairs.append(jnp.where(partner > 0, partner, near))
    lower = jnp.concatenate([index, index])
    upper = jnp.concatenate([jnp.where(p > 0, p, index) for p in pairs])
    root = unite(lower, upper, capacity + 1)[0]
    rank = jnp.cumsum(((root == index) & there & (index > 0)).astype(jnp.int32))
    return jnp.where(index == 0, 0, jnp.where(there, rank[root], -1))


def _longest_side(labels: jax.Array, x: jax.Array, y: jax.Array, capacity: int) -> jax.Array:
    """The longer side of each region's bounding box, px: float32 [capacity + 1]."""
    flat = jnp.minimum(labels, capacity + 1).reshape(-1)
    far = math.prod(labels.shape)

    def extent(values: jax.Array) -> jax.Array:
        low = jnp.full(capacity + 2, far, jnp.int32).at[flat].min(values.reshape(-1))
        high = jnp.full(capacity + 2, -far, jnp.int32).at[flat].max(values.reshape(-1))
        return (high - low + 1)[:-1]

    return jnp.maximum(extent(x), extent(y)).astype(jnp.float32)


def _mirrored(points: jax.Array, axes: Axes, across: bool) -> jax.Array:
    """Where points [N, 2] (x, y) lie in the mirror."""
    away = points - axes.center_px[None]
    double = 2 * jnp.deg2rad(axes.angle_deg)
    sign = 1 if across else -1
    cos, sin = sign * jnp.cos(double), sign * jnp.sin(double)
    turned = jnp.stack([cos * away[:, 0] + sin * away[:, 1], sin * away[:, 0] - cos * away[:, 1]], -1)
    return axes.center_px[None] + turned


def _nearest(center: jax.Array, mirrored: jax.Array, area: jax.Array, open_: jax.Array) -> jax.Array:
    """For each open region the open one whose centre is nearest to its mirror image's; 0: none near."""

    def one(row: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        point, own_area, is_open = row
        like = jnp.minimum(own_area, area) >= LIKE_AREA * jnp.maximum(own_area, area)
        square = jnp.sum(jnp.square(center - point[None]), axis=-1)
        square = jnp.where(open_ & like, square, jnp.inf)
        best = jnp.argmin(square).astype(jnp.int32)
        return jnp.where(is_open & (square[best] <= TOLERANCE_PX**2), best, 0)

    return lax.map(one, (mirrored, area, open_), batch_size=min(ROWS, len(area)))
