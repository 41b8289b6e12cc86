"""Fit the two mirror axes of a specimen to its ink: a centre and a small rotation.

At the correct angle the correlation of the drawing with its mirror images is highest. The correlation for all
positions of an axis at once is a square in Fourier space. Its peak over coarse angles, then over fine angles
around the best, gives the angle and the centre.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.ndimage import map_coordinates

COARSE_PX, FINE_PX = 160, 512  # longest sides of the reduced drawings
COARSE_DEG, FINE_DEG = 0.5, 0.1  # steps between angles
FINE_STEPS = 5  # on each side; together one coarse step


class Axes(NamedTuple):
    """Two perpendicular mirror axes through the centre, one along `angle_deg`."""

    center_px: jax.Array  # float32 [..., 2], (x, y); integers are pixel centres
    angle_deg: jax.Array  # float32 [...], from x towards y (down), in [-45, 45]


def central_axes(height_px: int, width_px: int) -> Axes:
    """The axes of an upright, centred image."""
    return Axes(jnp.array([(width_px - 1) / 2, (height_px - 1) / 2], jnp.float32), jnp.float32(0))


@jax.jit(static_argnames="max_deg")
def fit_axes(ink: jax.Array, *, max_deg: float = 5.0) -> Axes:
    """Fit the axes that maximise the correlation of ink with its mirror images, left-right and top-bottom.

    Args:
        ink: bool [..., H, W], one specimen per image.
        max_deg: maximum rotation in degrees, 0 to 45.

    Returns:
        Axes with the leading axes of `ink`; arbitrary without ink or symmetry.
    """
    assert ink.ndim >= 2, ink.shape
    flat = ink.reshape(-1, *ink.shape[-2:])
    axes = jax.lax.map(lambda image: _fit(image, max_deg), flat)
    return Axes(*(part.reshape(*ink.shape[:-2], *part.shape[1:]) for part in axes))


def mirrored(points: jax.Array, axes: Axes, *, across: bool) -> jax.Array:
    """Mirror points float32 [..., 2] (x, y); `across` selects the top-bottom mirror."""
    double = 2 * jnp.deg2rad(axes.angle_deg)
    sign = (
        1 if across else -1
    )  # a reflection at an angle = an upright one, then a rotation by twice the angle
    cos, sin = sign * jnp.cos(double), sign * jnp.sin(double)
    dx, dy = (points[..., i] - axes.center_px[i] for i in (0, 1))
    return jnp.stack(
        [axes.center_px[0] + cos * dx + sin * dy, axes.center_px[1] + sin * dx - cos * dy], axis=-1
    )


def mirrored_places(
    axes: Axes, height_px: int, width_px: int, *, across: bool
) -> tuple[jax.Array, jax.Array]:
    """Rows and columns of the mirror image of each pixel, rounded, int32 [H, W]; may be outside the image.

    Args:
        axes: of one specimen.
        height_px, width_px: size of the image.
        across: top-bottom mirror instead of left-right.
    """
    y, x = (index.astype(jnp.float32) for index in jnp.indices((height_px, width_px)))
    there = jnp.round(mirrored(jnp.stack([x, y], axis=-1), axes, across=across)).astype(jnp.int32)
    return there[..., 1], there[..., 0]


def _fit(ink: jax.Array, max_deg: float) -> Axes:
    def around(middle: jax.Array | float, step: float, count: int) -> jax.Array:
        angles = middle + step * jnp.arange(-count, count + 1, dtype=jnp.float32)
        return jnp.clip(angles, -max_deg, max_deg)

    coarse, _ = _reduced(ink, COARSE_PX)
    best, _ = _best(coarse, around(0.0, COARSE_DEG, max(1, math.ceil(max_deg / COARSE_DEG))), COARSE_DEG)
    fine, scale = _reduced(ink, FINE_PX)
    angle, center = _best(fine, around(best, FINE_DEG, FINE_STEPS), FINE_DEG)
    return Axes((center + 0.5) * scale - 0.5, jnp.clip(angle, -max_deg, max_deg))


def _reduced(ink: jax.Array, longest_px: int) -> tuple[jax.Array, int]:
    """Reduce by means of square blocks: float32 [h, w], and the side of a block in px."""
    height, width = ink.shape
    side = max(1, -(-max(height, width) // longest_px))
    padded = jnp.pad(ink.astype(jnp.float32), ((0, -height % side), (0, -width % side)))
    return padded.reshape(-(-height // side), side, -(-width // side), side).mean((1, 3)), side


def _best(image: jax.Array, angles_deg: jax.Array, step_deg: float) -> tuple[jax.Array, jax.Array]:
    """Angle of the highest score, and the centre [x, y] of its axes."""
    scores, centers = jax.lax.map(lambda angle: _score(image, angle), angles_deg)
    peak = jnp.argmax(scores)
    inner = jnp.clip(peak, 1, len(angles_deg) - 2)
    offset = _parabola(*(scores[inner + i] for i in (-1, 0, 1)))
    angle = angles_deg[inner] + jnp.where(peak == inner, offset, 0) * step_deg
    return jnp.where(peak == inner, angle, angles_deg[peak]), centers[peak]


def _score(image: jax.Array, angle_deg: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Correlation of a drawing, rotated back by an angle, with its mirror images; and the centre [x, y]."""
    height, width = image.shape
    middle = jnp.array([(width - 1) / 2, (height - 1) / 2], jnp.float32)
    cos, sin = jnp.cos(jnp.deg2rad(angle_deg)), jnp.sin(jnp.deg2rad(angle_deg))
    y, x = (index.astype(jnp.float32) for index in jnp.indices((height, width)))
    dx, dy = x - middle[0], y - middle[1]
    turned = map_coordinates(
        image, [middle[1] + sin * dx + cos * dy, middle[0] + cos * dx - sin * dy], order=1, cval=0.0
    )
    (score_x, at_x), (score_y, at_y) = _peak(turned), _peak(turned.T)
    away = jnp.stack([at_x, at_y]) - middle
    center = middle + jnp.stack([cos * away[0] - sin * away[1], sin * away[0] + cos * away[1]])
    return score_x + score_y, center


def _peak(image: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Best correlation of the rows with their mirror images, and the column of the mirror."""
    width = image.shape[1]
    spectrum = jnp.fft.rfft(image, 2 * width, axis=1)
    sums = jnp.fft.irfft(jnp.sum(spectrum * spectrum, axis=0), 2 * width)  # [s] = sum of v(x) v(s - x)
    peak = jnp.argmax(sums[: 2 * width - 1])
    inner = jnp.clip(peak, 1, 2 * width - 3)
    offset = _parabola(*(sums[inner + i] for i in (-1, 0, 1)))
    place = inner.astype(jnp.float32) + jnp.where(peak == inner, offset, 0)
    return sums[peak], place / 2


def _parabola(before: jax.Array, at: jax.Array, after: jax.Array) -> jax.Array:
    """Offset of the vertex of a parabola through three neighbours from the middle one, in [-0.5, 0.5]."""
    bend = before - 2 * at + after
    return jnp.where(bend < 0, jnp.clip((before - after) / jnp.where(bend < 0, 2 * bend, 1), -0.5, 0.5), 0)
