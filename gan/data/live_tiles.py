"""Tiles cut from pages on the device: random poses and sampling. Pure and jitted.

x right, y down; pages uint8 [P, H, W, C]; points (x, y) in px, integers at pixel corners;
angles counter-clockwise in degrees, after mirroring: the geometry of `data_prep.tiles.blob`.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from gan.latents import item_keys, numbered

KEYS_A = -0.75  # the cubic of `data_prep.tiles.blob.cut_tile`, OpenCV's
FRACTION_BITS = 15

Array = jax.Array | np.ndarray


class Sites(NamedTuple):
    """Allowed centres of tiles: boxes on pages, drawn in proportion to their area."""

    page: Array  # int32 [S]
    low_px: Array  # float32 [S, 2]
    high_px: Array  # float32 [S, 2]
    area_cdf: Array  # float32 [S], cumulative fraction of the area; the last is 1


class Poses(NamedTuple):
    """Positions and orientations of N tiles on their pages."""

    page: Array  # int32 [N]
    center_px: Array  # float32 [N, 2]
    angle_deg: Array  # float32 [N]
    mirrored: Array  # bool [N]


@partial(jax.jit, static_argnames=("count", "quarter_turns"))
def draw_poses(key: jax.Array, first: Any, count: int, *, sites: Sites, quarter_turns: bool) -> Poses:
    """Poses of items first .. first + count - 1, each from its own key fold_in(key, item).

    Args:
        key: of the stream.
        first: number of the first item.
        count: number of items; static.
        sites: allowed centres; uniform inside a box.
        quarter_turns: angles are multiples of 90 degrees, with mirroring the eight symmetries of a
            square; otherwise any angle in [0, 360).
    """
    page, low, high, area_cdf = map(jnp.asarray, sites)

    def one(item_key: jax.Array) -> Poses:
        u = jax.random.uniform(item_key, (5,))  # site, x, y, angle, mirror
        site = jnp.minimum(jnp.searchsorted(area_cdf, u[0], side="right"), page.size - 1)
        center = low[site] + u[1:3] * (high[site] - low[site])
        angle = jnp.floor(u[3] * 4) * 90 if quarter_turns else u[3] * 360
        return Poses(page[site], center, angle, u[4] < 0.5)

    return jax.vmap(one)(item_keys(key, numbered(first, count)))


@partial(jax.jit, static_argnames=("size", "supersample"))
def cut_tiles(pages: Array, poses: Poses, step_px: Array, *, size: int, supersample: int = 1) -> jax.Array:
    """Sample one tile per pose bicubically, `supersample` samples per pixel, then average.

    Args:
        pages: uint8 [P, H, W, C], already reduced so that a step is about one pixel: the cubic does not
            low-pass filter. At most 2^15 px wide and high; the edge is replicated outside.
        poses: on `pages`, in their px.
        step_px: float32 [N, 2], page px between samples along x and y.
        size: side of the tiles.
        supersample: samples per tile pixel along each axis; averaging avoids aliasing of rotated lines.

    Returns:
        uint8 [N, size, size, C].

    Source: Keys 1981, "Cubic convolution interpolation for digital image processing", with a = -3/4.
    """
    pages = jnp.asarray(pages)
    side = size * supersample
    odd = 2 * jnp.arange(side) + 1 - side  # twice the distance of samples from the centre
    u, v = odd[None, :], odd[:, None]

    def one(pose: Poses, step: Array) -> jax.Array:
        radians = jnp.deg2rad(pose.angle_deg)
        c, s = jnp.cos(radians) * step, jnp.sin(radians) * step  # [2]: along x, along y
        # Tile point (u, v) shows page point (c u - s v, s u + c v): the inverse rotation, y down.
        x = _fixed(c[0]) * u - _fixed(s[0]) * v
        y = _fixed(s[1]) * u + _fixed(c[1]) * v
        x = _fixed(pose.center_px[0]) + (jnp.where(pose.mirrored, -x, x) >> 1)
        y = _fixed(pose.center_px[1]) + (y >> 1)
        return _bicubic(pages, pose.page, x, y)

    samples = jax.vmap(one)(poses, step_px)  # [N, side, side, C]
    n, channels = samples.shape[0], samples.shape[3]
    blocks = samples.reshape(n, size, supersample, size, supersample, channels)
    return jnp.round(blocks.mean((2, 4))).astype(jnp.uint8)


def _fixed(px: jax.Array) -> jax.Array:
    """Pixels -> int32 in units of 2^-15 px.

    Integers, because a compiler may compute a float twice, for a pixel's index and for its weight, with
    different rounding: near integers the two would be inconsistent.
    """
    return jnp.round(px * (1 << FRACTION_BITS)).astype(jnp.int32)


def _bicubic(pages: jax.Array, page: Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """Values of one page at fixed-point positions x, y [h, w]: float32 [h, w, C] in [0, 255]."""
    height, width = pages.shape[1:3]
    x, y = (q - (1 << (FRACTION_BITS - 1)) for q in (x, y))  # so that pixel centres are integers
    columns, rows = x >> FRACTION_BITS, y >> FRACTION_BITS
    weights_x, weights_y = (_keys_weights(_fraction(q)) for q in (x, y))
    total = jnp.zeros((*x.shape, pages.shape[3]))
    for i in range(4):
        line = jnp.zeros_like(total)
        for j in range(4):
            at = (page, jnp.clip(rows + i - 1, 0, height - 1), jnp.clip(columns + j - 1, 0, width - 1))
            line += pages[at].astype(jnp.float32) * weights_x[j][..., None]
        total += line * weights_y[i][..., None]
    return jnp.clip(total, 0, 255)


def _fraction(q: jax.Array) -> jax.Array:
    return (q & ((1 << FRACTION_BITS) - 1)).astype(jnp.float32) / (1 << FRACTION_BITS)


def _keys_weights(t: jax.Array) -> tuple[jax.Array, ...]:
    """Weights of the pixels at -1, 0, 1, 2 for a point at t in [0, 1)."""
    a = KEYS_A

    def near(d: jax.Array) -> jax.Array:
        return ((a + 2) * d - (a + 3)) * d * d + 1

    def far(d: jax.Array) -> jax.Array:
        return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a

    return far(1 + t), near(t), near(1 - t), far(2 - t)
