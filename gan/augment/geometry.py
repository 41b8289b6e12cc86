"""General geometry: scale, rotation, stretch and shift, in one resampling without blur or aliasing.

Positions are (x, y) px from the image's centre, x right, y down. Images are extended by
repeated reflection.

Source: the paper, appendix B.1 and B.2.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from gan.augment import wavelet
from gan.augment.draws import Scalar, angle, gated, log_normal, normal

UNIFORMS = 11  # per item
SCALE_OCTAVES = 0.2  # standard deviation of log2 of the scale, and of half the stretch
SHIFT = 0.125  # standard deviation of the shift, in images
MOST_SHRINKING = 8  # factor; limit of the fixed-point positions; ten standard deviations


class Affine(NamedTuple):
    """Inverse map from output to input positions: source = linear @ position + offset_px."""

    linear: jax.Array  # float32 [2, 2]
    offset_px: jax.Array  # float32 [2]


def draw_affine(u: jax.Array, p: Scalar, *, height: int, width: int) -> Affine:
    """The transform of one item, from uniforms [11]: scale, rotate, stretch, rotate, shift, each with p.

    The two rotations are drawn with 1 - sqrt(1 - p) each, so that p is the fraction of rotated items.
    """
    p_turn = 1 - jnp.sqrt(1 - jnp.asarray(p, jnp.float32))
    scale = gated(u[0], p, log_normal(u[7], SCALE_OCTAVES), 1)
    turn_1 = gated(u[1], p_turn, angle(u[2]), 0)
    stretch = gated(u[3], p, log_normal(u[8], SCALE_OCTAVES), 1)
    turn_2 = gated(u[4], p_turn, angle(u[5]), 0)
    shift = gated(u[6], p, normal(u[9:]) * SHIFT * jnp.array([width, height], jnp.float32), 0)
    # Inverses in reverse order.
    stretched = jnp.stack([1 / stretch, stretch])[:, None] * _rotation(turn_2)
    linear = _product(_rotation(turn_1), stretched) / scale
    return Affine(linear, -(linear * shift[None, :]).sum(1))


def warp(images: jax.Array, transforms: Affine) -> jax.Array:
    """Resample images: twice up by a sym6 wavelet, one bilinear lookup per sample, down by the same filter.

    Args:
        images: float32 [N, H, W, C].
        transforms: one per item; linear [N, 2, 2], offset_px [N, 2].

    Returns:
        [N, H, W, C]. The identity to rounding for the identity and exact for whole-pixel shifts, because
        the filter is orthogonal. Linear in `images`.
    """
    _, height, width, _ = images.shape
    samples = wavelet.upsample(images)
    # Positions are integers in units of 2^-bits samples: a compiler may compute a float twice, for the index
    # and for its weight, with different rounding, and near integers the two would be inconsistent. The
    # barrier prevents computing their inputs twice.
    far = 2 * MOST_SHRINKING * (max(height, width) + wavelet.AFTER)
    bits = 30 - (far - 1).bit_length()
    # Samples are counted from the centre, (W - 1, H - 1); sample t is at (t - LAG) / 2 px, hence the lag.
    lag = wavelet.LAG * (transforms.linear - jnp.eye(2)[None]).sum(2)
    fixed = (_fixed(transforms.linear, bits), _fixed(2 * transforms.offset_px - lag, bits))
    look_up = jax.vmap(partial(_look_up, bits=bits, height=height, width=width))
    return wavelet.downsample(look_up(samples, *lax.optimization_barrier(fixed)))


def _fixed(x: jax.Array, bits: int) -> jax.Array:
    return jnp.round(x * (1 << bits)).astype(jnp.int32)


def _look_up(
    samples: jax.Array, a: jax.Array, b: jax.Array, *, bits: int, height: int, width: int
) -> jax.Array:
    """Input of `wavelet.downsample`, at a @ sample + b of one image: [2 H + 10, 2 W + 10, C]."""
    u = jnp.arange(-wavelet.BEFORE, 2 * width - 1 + wavelet.AFTER)[None, :] - (width - 1)
    v = jnp.arange(-wavelet.BEFORE, 2 * height - 1 + wavelet.AFTER)[:, None] - (height - 1)
    columns, weights_x = _split(a[0, 0] * u + a[0, 1] * v + b[0], bits, size=width)
    rows, weights_y = _split(a[1, 0] * u + a[1, 1] * v + b[1], bits, size=height)
    # One window of 2x2 samples each, so that the gradient scatters once per position, not four times.
    windows = lax.gather(
        samples,
        jnp.stack([rows, columns], -1),
        lax.GatherDimensionNumbers(offset_dims=(2, 3, 4), collapsed_slice_dims=(), start_index_map=(0, 1)),
        (2, 2, samples.shape[2]),
        mode="promise_in_bounds",
    )  # [2 H + 10, 2 W + 10, 2, 2, C]
    across = _blend(windows[..., 0, :], windows[..., 1, :], weights_x[..., None, None])
    return _blend(across[..., 0, :], across[..., 1, :], weights_y[..., None])


def _split(place: jax.Array, bits: int, *, size: int) -> tuple[jax.Array, jax.Array]:
    """Fixed-point position from the centre -> (index of the sample before, weight of the next)."""
    fraction = (place & ((1 << bits) - 1)).astype(jnp.float32) / (1 << bits)
    return jnp.remainder((place >> bits) + (size - 1), 4 * size - 4), fraction


def _blend(a: jax.Array, b: jax.Array, weight: jax.Array) -> jax.Array:
    return a * (1 - weight) + b * weight


def _rotation(radians: jax.Array) -> jax.Array:
    c, s = jnp.cos(radians), jnp.sin(radians)
    return jnp.stack([jnp.stack([c, -s]), jnp.stack([s, c])])


def _product(a: jax.Array, b: jax.Array) -> jax.Array:
    """a @ b in full precision; matmul on a GPU may use less."""
    return (a[:, :, None] * b[None, :, :]).sum(1)
