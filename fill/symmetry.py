"""Find mirrored regions of a symmetric specimen: orbits under the two mirrors.

The mirror image of a region is compared with the label map. Two regions are a pair if their intersection over
union is above a half. Remaining regions that are too small or thin to tolerate a misalignment of a pixel are
paired if their centres are within TOLERANCE_PX and their areas are similar.
"""

import math

import jax
import jax.numpy as jnp
from jax import lax

from fill.axes import Axes, central_axes, mirrored, mirrored_places
from fill.components import label_sums, region_areas, unite
from fill.overlap import partners_both_ways

TOLERANCE_PX = 2.0  # maximum distance of a centre from the mirrored centre of its partner
THIN_PX = 4 * TOLERANCE_PX  # thinner regions may be paired by centres; thickness = area / longest side
MIN_AREA_RATIO = 0.5  # minimum ratio of the smaller to the larger area
LARGE_PX = 1 << 16  # centres of larger regions are computed from a subset of pixels
FEW_OPEN = 1024  # unpaired thin regions in the small table
ROWS = 256  # regions whose distances to all others are computed at once


def mirror_orbits(labels: jax.Array, *, capacity: int | None = None, axes: Axes | None = None) -> jax.Array:
    """Number the orbits of regions under the left-right and the top-bottom mirror.

    Args:
        labels: int32 [..., H, W] as returned by label_regions.
        capacity: largest label in the result; None: the largest of the batch, read outside jit.
        axes: mirror axes, with the leading axes of `labels` (see `fill.axes.fit_axes`); None: those of the
            image.

    Returns:
        int32 [..., capacity + 1], the orbit of each label, numbered from 1 in the order of their first
        labels; 0 for lines (index 0), -1 for missing labels. A region without mirror images is an orbit of
        its own.
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
    area = region_areas(labels, capacity).astype(jnp.float32)
    center = region_centers(labels, area)
    long_px = _longest_side(labels, x, y, capacity)
    there = area > 0
    pairs = []
    for across in (False, True):
        row, column = mirrored_places(axes, height, width, across=across)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        place = jnp.where(inside, row * width + column, 0)
        image = jnp.where(inside, labels.reshape(-1)[place], 0)
        over, _ = partners_both_ways(labels, image, capacity=capacity)
        label = jnp.minimum(over.label, capacity)
        px = over.px.astype(jnp.float32)
        is_pair = 3 * px > area + area[label]  # intersection over union above 1/2, so the pair is unique
        partner = jnp.where((index > 0) & is_pair, label, 0)
        is_thin = area < THIN_PX * long_px
        open_ = there & (index > 0) & (partner == 0) & is_thin
        near = _nearest(center, mirrored(center, axes, across=across), area, open_)
        near = jnp.where(near[near] == index, near, 0)  # must be mutual
        pairs.append(jnp.where(partner > 0, partner, near))
    lower = jnp.concatenate([index, index])
    upper = jnp.concatenate([jnp.where(p > 0, p, index) for p in pairs])
    root = unite(lower, upper, capacity + 1)[0]
    rank = jnp.cumsum(((root == index) & there & (index > 0)).astype(jnp.int32))
    return jnp.where(index == 0, 0, jnp.where(there, rank[root], -1))


def _longest_side(labels: jax.Array, x: jax.Array, y: jax.Array, capacity: int) -> jax.Array:
    """Longer side of the bounding box of each region, px: float32 [capacity + 1]."""
    flat = jnp.minimum(labels, capacity + 1).reshape(-1)
    far = math.prod(labels.shape)

    def extent(values: jax.Array) -> jax.Array:
        low = jnp.full(capacity + 2, far, jnp.int32).at[flat].min(values.reshape(-1))
        high = jnp.full(capacity + 2, -far, jnp.int32).at[flat].max(values.reshape(-1))
        return (high - low + 1)[:-1]

    return jnp.maximum(extent(x), extent(y)).astype(jnp.float32)


def region_centers(labels: jax.Array, area: jax.Array) -> jax.Array:
    """Mean position (x, y) of each region: int32 [H, W], area float32 [K + 1] -> float32 [K + 1, 2].

    For large regions every eighth row and column is used: float32 sums of more terms would lose precision.
    """

    def means(stride: int) -> jax.Array:
        few = labels[::stride, ::stride]
        y, x = (stride * index.astype(jnp.float32) for index in jnp.indices(few.shape, jnp.int32))
        sums = label_sums(few, jnp.stack([jnp.ones_like(x), x - middle[0], y - middle[1]], -1), len(area) - 1)
        return sums[:, 1:] / jnp.maximum(sums[:, :1], 1) + jnp.array(middle)[None]

    middle = labels.shape[1] / 2, labels.shape[0] / 2
    return jnp.where((area < LARGE_PX)[:, None], means(1), means(8))


def _nearest(center: jax.Array, image: jax.Array, area: jax.Array, open_: jax.Array) -> jax.Array:
    """For each open region, the open one with the centre nearest to its mirrored centre; 0: none near."""

    def solve(size: int) -> jax.Array:
        """Solve with tables of `size` open regions; label 0 is none."""
        chosen = jnp.nonzero(open_, size=size, fill_value=0)[0].astype(jnp.int32)
        own = center[chosen], image[chosen], area[chosen], open_[chosen]

        def one(row: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
            point, own_area, is_open = row
            similar = jnp.minimum(own_area, own[2]) >= MIN_AREA_RATIO * jnp.maximum(own_area, own[2])
            square = jnp.sum(jnp.square(own[0] - point[None]), axis=-1)
            square = jnp.where(own[3] & similar, square, jnp.inf)
            best = jnp.argmin(square).astype(jnp.int32)
            return jnp.where(is_open & (square[best] <= TOLERANCE_PX**2), chosen[best], 0)

        found = lax.map(one, own[1:], batch_size=min(ROWS, size))
        return jnp.zeros(len(area), jnp.int32).at[chosen].max(found)

    if len(area) <= FEW_OPEN:
        return solve(len(area))
    return lax.cond(jnp.sum(open_) <= FEW_OPEN, lambda: solve(FEW_OPEN), lambda: solve(len(area)))
