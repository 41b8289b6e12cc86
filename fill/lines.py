"""Line pixels join the nearest region: exact Euclidean distance, ties to the smaller label.

Both searches are separable: first the nearest paper within the column, then within the row. The near one
looks RADIUS_PX around each pixel and packs squared distance and label into one integer, so that one
minimum decides distance and tie. What lies deeper in ink makes the batch search again, without bound.

Source: separable exact distance, Saito and Toriwaki, "New algorithms for Euclidean distance
transformation of an n-dimensional digitized picture with applications" (1994).
"""

import math

import jax
import jax.numpy as jnp
from jax import lax

RADIUS_PX = 7  # lines up to twice this width need no second search
MAX_SIDE_PX = 23170  # two squared sides stay below 2^30, so int32 holds every sum

_LABEL_BITS = 24
_LABEL_MASK = (1 << _LABEL_BITS) - 1
_OUT_OF_REACH = (RADIUS_PX + 1) ** 2 << _LABEL_BITS  # a pixel RADIUS_PX + 1 away may have been missed
_NOTHING = 1 << 30  # squared distance to no paper at all


@jax.jit
def nearest_region(labels: jax.Array) -> jax.Array:
    """Give every line pixel the label of the region at the least Euclidean distance.

    Args:
        labels: int32 [..., H, W] as label_regions makes them: 0 line, 1..K regions; sides up to MAX_SIDE_PX.

    Returns:
        int32 [..., H, W]: every pixel > 0, except in images without any region, which stay 0. Where
        regions are equally near, the smaller label.
    """
    assert labels.ndim >= 2, labels.shape
    assert max(labels.shape[-2:]) <= MAX_SIDE_PX, labels.shape
    *lead, height, width = labels.shape
    flat = labels.reshape(math.prod(lead), height, width)
    regions = jnp.max(flat, axis=(1, 2))  # [B]
    near = _search_near(flat)
    certain = jnp.max(near, axis=(1, 2)) < _OUT_OF_REACH
    settled = ((regions == 0) | certain) & (regions <= _LABEL_MASK)
    found = lax.cond(jnp.all(settled), lambda: near & _LABEL_MASK, lambda: _search_far(flat, regions > 0))
    return found.reshape(labels.shape)


def _search_near(labels: jax.Array) -> jax.Array:
    """Nearest within RADIUS_PX as squared distance << _LABEL_BITS | label: int32 [B, H, W].

    Certain where it is below _OUT_OF_REACH, since nothing nearer or equally near was left out.
    """
    R = RADIUS_PX
    _, height, width = labels.shape
    key = jnp.where(labels > 0, labels, _OUT_OF_REACH)
    key = lax.optimization_barrier(_pad(key, 1, R))  # without barriers each tap computes all before it again
    best = key[:, R : R + height]
    for dy in range(1, R + 1):
        pair = jnp.minimum(key[:, R - dy : R - dy + height], key[:, R + dy : R + dy + height])
        best = jnp.minimum(best, pair + (dy * dy << _LABEL_BITS))
    key = lax.optimization_barrier(_pad(jnp.minimum(best, _OUT_OF_REACH), 2, R))
    best = key[:, :, R : R + width]
    for dx in range(1, R + 1):
        pair = jnp.minimum(key[:, :, R - dx : R - dx + width], key[:, :, R + dx : R + dx + width])
        best = jnp.minimum(best, pair + (dx * dx << _LABEL_BITS))
    return lax.optimization_barrier(best)


def _pad(key: jax.Array, axis: int, px: int) -> jax.Array:
    widths = [(px, px) if a == axis else (0, 0) for a in range(key.ndim)]
    return jnp.pad(key, widths, constant_values=_OUT_OF_REACH)


def _search_far(labels: jax.Array, has_region: jax.Array) -> jax.Array:
    """Nearest at any distance: the row search widens until no pixel can find anything nearer.

    Images without `has_region`, bool [B], stay 0 and keep nobody waiting.
    """
    _, height, width = labels.shape
    y = jnp.arange(height, dtype=jnp.int32)[None, :, None]
    above = lax.cummax(jnp.where(labels > 0, y, -1), axis=1)
    below = lax.cummin(jnp.where(labels > 0, y, height), axis=1, reverse=True)
    up = jnp.where(above >= 0, jnp.square(y - above), _NOTHING)
    down = jnp.where(below < height, jnp.square(below - y), _NOTHING)
    label_up = jnp.take_along_axis(labels, jnp.maximum(above, 0), axis=1)
    label_down = jnp.take_along_axis(labels, jnp.minimum(below, height - 1), axis=1)
    column = _nearer((up, label_up), (down, label_down))

    sides = ((0, 0), (0, 0), (width, width))
    reach = jnp.pad(column[0], sides, constant_values=_NOTHING), jnp.pad(column[1], sides)

    def unsettled(state: tuple[jax.Array, tuple[jax.Array, jax.Array]]) -> jax.Array:
        dx, (distance, _) = state
        return (dx < width) & jnp.any(jnp.any(distance >= dx * dx, axis=(1, 2)) & has_region)

    def widen(
        state: tuple[jax.Array, tuple[jax.Array, jax.Array]],
    ) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        dx, best = state
        for side in (-dx, dx):
            distance, label = (lax.dynamic_slice_in_dim(part, width + side, width, axis=2) for part in reach)
            best = _nearer(best, (distance + dx * dx, label))
        return dx + 1, best

    return lax.while_loop(unsettled, widen, (jnp.int32(1), column))[1][1]


def _nearer(a: tuple[jax.Array, jax.Array], b: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
    """The nearer of two (squared distance, label), the smaller label where they are equally near."""
    take_b = (b[0] < a[0]) | ((b[0] == a[0]) & (b[1] < a[1]))
    return jnp.where(take_b, b[0], a[0]), jnp.where(take_b, b[1], a[1])
