"""Assign line pixels to the nearest region: exact Euclidean distance, ties to the smaller label.

Every search is separable: the nearest paper in the column, then the nearest of those along the row. Two
searches pack squared distance and label into one integer, so one minimum decides distance and tie: the near
search covers a few pixels, enough for pen lines; the wide search widens until no nearer region can exist. A
third search without packing handles blots among too many regions for the integer.

Source: separable exact distance, Saito and Toriwaki, "New algorithms for Euclidean distance
transformation of an n-dimensional digitized picture with applications" (1994).
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

from data_prep.errors import InputError
from fill.torus import without_margin, wrapped

MAX_SIDE_PX = 23170  # the sum of two squared sides is below NOTHING
MAX_TORUS_PX = MAX_SIDE_PX // 2  # half a side is added at each edge
NOTHING = 1 << 30  # no paper in reach

NEAR_PX = 7  # enough for lines up to 14 px wide
NEAR_LABEL_BITS = 24  # (NEAR_PX + 1)^2 << 24 is NOTHING
BAND_ROWS = 32  # rows of one image searched together
STRIDE_PX = 16  # step of the wide search; XLA vectorises it on CPUs from 16

Pair = tuple[jax.Array, jax.Array]  # squared distance, label


def check_side(name: object, size_px: tuple[int, int], *, torus: bool) -> None:
    """Raise InputError, naming what has this size, if a side is above the limit of `nearest_region`."""
    limit_px, command = (MAX_TORUS_PX, "fill --torus") if torus else (MAX_SIDE_PX, "fill")
    if max(size_px) > limit_px:
        height, width = size_px
        raise InputError(f"{name} is {width} x {height} px; the limit of {command} is {limit_px} px a side")


@partial(jax.jit, static_argnames="torus")
def nearest_region(labels: jax.Array, *, torus: bool = False) -> jax.Array:
    """Label every line pixel with the region at the least Euclidean distance.

    Args:
        labels: int32 [..., H, W] as returned by label_regions: 0 line, 1..K regions; sides up to MAX_SIDE_PX.
        torus: opposite edges meet, and distances are measured over them too; sides up to MAX_TORUS_PX.

    Returns:
        int32 [..., H, W]: every pixel > 0, except in images without any region, which stay 0. Ties go to
        the smaller label.
    """
    assert labels.ndim >= 2, labels.shape
    assert max(labels.shape[-2:]) <= (MAX_TORUS_PX if torus else MAX_SIDE_PX), labels.shape
    *lead, height, width = labels.shape
    flat = labels.reshape(math.prod(lead), height, width)
    if torus:
        return _nearest_on_torus(flat).reshape(labels.shape)
    regions = jnp.max(flat, axis=(1, 2))  # [B]
    blank = regions == 0
    label_bits = 32 - lax.clz(jnp.max(regions))

    def is_certain(packed: jax.Array, limit: jax.Array | int) -> jax.Array:
        return jnp.all((jnp.max(packed, axis=(1, 2)) < limit) | blank)

    def search_on() -> jax.Array:
        packed = _search_wide(flat, label_bits, blank)
        limit = jnp.square(_reach_px(label_bits)) << label_bits
        mask = jnp.left_shift(1, label_bits) - 1
        return lax.cond(
            is_certain(packed, limit), lambda: packed & mask, lambda: _search_unpacked(flat, blank)
        )

    packed = _search_near(flat)
    is_near = is_certain(packed, NOTHING) & (label_bits <= NEAR_LABEL_BITS)
    found = lax.cond(is_near, lambda: packed & ((1 << NEAR_LABEL_BITS) - 1), search_on)
    return found.reshape(labels.shape)


def _nearest_on_torus(labels: jax.Array) -> jax.Array:
    """`nearest_region` of int32 [B, H, W] on a torus.

    The nearest region is at most half a side away along each axis, and hardly ever further than the near
    search reaches.
    """
    label_bits, near = 32 - lax.clz(jnp.max(labels)), (NEAR_PX, NEAR_PX)
    halves = -(-labels.shape[1] // 2), -(-labels.shape[2] // 2)
    packed = without_margin(_search_near(wrapped(labels, near)), near)
    is_near = jnp.all((packed < NOTHING) | (jnp.max(labels, axis=(1, 2), keepdims=True) == 0))
    return lax.cond(
        is_near & (label_bits <= NEAR_LABEL_BITS),
        lambda: packed & ((1 << NEAR_LABEL_BITS) - 1),
        lambda: without_margin(nearest_region(wrapped(labels, halves)), halves),
    )


def _search_near(labels: jax.Array) -> jax.Array:
    """Search within NEAR_PX: squared distance << NEAR_LABEL_BITS | label, int32 [B, H, W].

    Certain where it is below NOTHING; undefined if labels do not fit NEAR_LABEL_BITS.
    """
    packed = jnp.where(labels > 0, labels, NOTHING)
    for axis in (1, 2):
        # Without the barriers each tap would recompute all previous ones.
        padded = lax.optimization_barrier(_pad(jnp.minimum(packed, NOTHING), axis, NEAR_PX))
        size = labels.shape[axis]
        packed = lax.slice_in_dim(padded, NEAR_PX, NEAR_PX + size, axis=axis)
        for d in range(1, NEAR_PX + 1):
            before = lax.slice_in_dim(padded, NEAR_PX - d, NEAR_PX - d + size, axis=axis)
            after = lax.slice_in_dim(padded, NEAR_PX + d, NEAR_PX + d + size, axis=axis)
            packed = jnp.minimum(packed, jnp.minimum(before, after) + (d * d << NEAR_LABEL_BITS))
    return lax.optimization_barrier(packed)


def nearest_within(labels: jax.Array, reach_px: int) -> Pair:
    """Find the nearest region within a few pixels.

    Args:
        labels: int32 [..., H, W], 0 none, 1..K regions.
        reach_px: search distance along each axis; static.

    Returns:
        int32 [..., H, W] twice: the squared distance to the nearest region, and its label, the smaller of
        equally near ones; both are exact where the squared distance is at most reach_px^2.
    """
    best = jnp.where(labels > 0, 0, NOTHING), labels
    for axis in (labels.ndim - 2, labels.ndim - 1):
        size = labels.shape[axis]
        padded = tuple(
            lax.optimization_barrier(_pad(part, axis, reach_px, value))
            for part, value in zip(best, (NOTHING, 0), strict=True)
        )
        for shift in range(-reach_px, reach_px + 1):
            begin = reach_px + shift
            distance, label = (lax.slice_in_dim(p, begin, begin + size, axis=axis) for p in padded)
            best = _nearer(best, (distance + shift * shift, label))
    distance, label = lax.optimization_barrier(best)
    return jnp.minimum(distance, NOTHING), label


def _reach_px(label_bits: jax.Array) -> jax.Array:
    """Maximum search distance with `label_bits` for the label: reach_px^2 << label_bits <= NOTHING."""
    return jnp.left_shift(1, (30 - label_bits) // 2)


def _search_wide(labels: jax.Array, label_bits: jax.Array, blank: jax.Array) -> jax.Array:
    """As far as needed or _reach_px sees: squared distance << label_bits | label, int32 [B, H, W].

    Exact below _reach_px^2 << label_bits. Images that are `blank`, bool [B], do not extend the search.
    """
    _, height, width = labels.shape
    reach_px = _reach_px(label_bits)

    column = jnp.where(labels > 0, labels, NOTHING)
    step_px = 1
    while step_px < height:  # unrolled: with a static step, no padding is needed

        def double(column: jax.Array, step_px: int = step_px) -> jax.Array:
            """distance << label_bits | label, within twice as many px of the paper as before."""
            cost = jnp.left_shift(step_px, label_bits)
            above = jnp.pad(column[:, :-step_px], ((0, 0), (step_px, 0), (0, 0)), constant_values=NOTHING)
            below = jnp.pad(column[:, step_px:], ((0, 0), (0, step_px), (0, 0)), constant_values=NOTHING)
            return jnp.minimum(column, jnp.minimum(above, below) + cost)

        column = lax.cond(step_px < reach_px, double, lambda column: column, column)
        step_px *= 2
    distance, label = column >> label_bits, column & (jnp.left_shift(1, label_bits) - 1)
    column = jnp.where(distance < reach_px, (distance * distance << label_bits) | label, NOTHING)

    def settle(column: jax.Array) -> jax.Array:
        """Of the nearest in the columns the nearest along the rows, [B, h, W]."""
        padded = _pad(column, 2, width + STRIDE_PX)

        def is_unsettled(state: tuple[jax.Array, jax.Array]) -> jax.Array:
            dx, best = state
            open_images = (jnp.max(best, axis=(1, 2)) >= (dx * dx << label_bits)) & ~blank
            return (dx < jnp.minimum(width, reach_px)) & jnp.any(open_images)

        def widen(state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            dx, best = state
            size = width + STRIDE_PX - 1
            left = lax.dynamic_slice_in_dim(padded, width + 1 - dx, size, axis=2)
            right = lax.dynamic_slice_in_dim(padded, width + STRIDE_PX + dx, size, axis=2)
            for i in range(STRIDE_PX):
                offset = STRIDE_PX - 1 - i
                pair = jnp.minimum(left[:, :, offset : offset + width], right[:, :, i : i + width])
                cost = jnp.where(dx + i < reach_px, jnp.square(dx + i) << label_bits, NOTHING - 1)
                best = jnp.minimum(best, pair + cost)
            return dx + STRIDE_PX, best

        return lax.while_loop(is_unsettled, widen, (jnp.int32(1), column))[1]

    if len(labels) > 1 or height <= BAND_ROWS:
        return settle(column)
    # One image, as on CPUs: thick ink is rare, and only its rows need a long search.
    missing = -height % BAND_ROWS
    bands = jnp.pad(column, ((0, 0), (0, missing), (0, 0))).reshape(-1, 1, BAND_ROWS, width)
    return lax.map(settle, bands).reshape(1, height + missing, width)[:, :height]


def _pad(packed: jax.Array, axis: int, px: int, value: int = NOTHING) -> jax.Array:
    widths = [(px, px) if a == axis else (0, 0) for a in range(packed.ndim)]
    return jnp.pad(packed, widths, constant_values=value)


def _search_unpacked(labels: jax.Array, blank: jax.Array) -> jax.Array:
    """Search at any distance among any number of regions: int32 [B, H, W]; `blank` images stay 0."""
    _, height, width = labels.shape
    y = jnp.arange(height, dtype=jnp.int32)[None, :, None]
    above = lax.cummax(jnp.where(labels > 0, y, -1), axis=1)
    below = lax.cummin(jnp.where(labels > 0, y, height), axis=1, reverse=True)
    up = jnp.where(above >= 0, jnp.square(y - above), NOTHING)
    down = jnp.where(below < height, jnp.square(below - y), NOTHING)
    label_up = jnp.take_along_axis(labels, jnp.maximum(above, 0), axis=1)
    label_down = jnp.take_along_axis(labels, jnp.minimum(below, height - 1), axis=1)
    column = _nearer((up, label_up), (down, label_down))
    padded = _pad(column[0], 2, width), _pad(column[1], 2, width)

    def is_unsettled(state: tuple[jax.Array, Pair]) -> jax.Array:
        dx, (distance, _) = state
        return (dx < width) & jnp.any((jnp.max(distance, axis=(1, 2)) >= dx * dx) & ~blank)

    def widen(state: tuple[jax.Array, Pair]) -> tuple[jax.Array, Pair]:
        dx, best = state
        for side in (-dx, dx):
            distance, label = (lax.dynamic_slice_in_dim(p, width + side, width, axis=2) for p in padded)
            best = _nearer(best, (distance + dx * dx, label))
        return dx + 1, best

    return lax.while_loop(is_unsettled, widen, (jnp.int32(1), column))[1][1]


def _nearer(a: Pair, b: Pair) -> Pair:
    """The nearer of two pairs; the smaller label if equally near."""
    take_b = (b[0] < a[0]) | ((b[0] == a[0]) & (b[1] < a[1]))
    return jnp.where(take_b, b[0], a[0]), jnp.where(take_b, b[1], a[1])
