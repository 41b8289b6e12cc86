"""Binomial [1, 3, 3, 1] low-pass filters: blur, x2 down, x2 up.

Every filter is written as shifted slices, scaled and added, per phase where the rate changes: XLA fuses
these, while a depthwise convolution of the same filter runs 10 to 100 times slower on CPU and its
gradients slower still. All functions take and return [N, H, W, C] and keep the dtype.

Each filter's adjoint is one of these filters again, and is defined as its derivative (reverse mode only, to
any order): autodiff of the slices would write a padded copy of the cotangent for every tap.

Source: Zhang 2019 (blur pooling); Karras et al. 2020, "Analyzing and improving ...", appendix B (filters
and their positions).
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax import lax

TAPS = (0.125, 0.375, 0.375, 0.125)  # sums to 1; every tap is exact in bfloat16
HEIGHT, WIDTH = 1, 2


def blur(x: jax.Array, *, pad: int, gain: float = 1.0) -> jax.Array:
    """Low-pass filter at the same rate: [N, H, W, C] -> [N, H + 2 pad - 3, W + 2 pad - 3, C].

    Args:
        x: images or activations.
        pad: zeros added on each side, 0 to 3.
        gain: factor on the result; 4 after a stride-2 transposed convolution restores its energy.
    """
    return _blur(x, pad, gain)


@partial(jax.custom_vjp, nondiff_argnums=(1, 2))
def _blur(x: jax.Array, pad: int, gain: float) -> jax.Array:
    x = jnp.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    for axis in (HEIGHT, WIDTH):
        size = x.shape[axis] - 3
        x = _weighted_sum([lax.slice_in_dim(x, k, k + size, axis=axis) for k in range(4)], TAPS, gain**0.5)
    return x


@jax.custom_vjp
def downsample(x: jax.Array) -> jax.Array:
    """Blur and take every second pixel: [N, 2h, 2w, C] -> [N, h, w, C], centres aligned."""
    x = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    for axis in (HEIGHT, WIDTH):
        end = x.shape[axis] - 3
        x = _weighted_sum([lax.slice_in_dim(x, k, k + end, stride=2, axis=axis) for k in range(4)], TAPS, 1.0)
    return x


@jax.custom_vjp
def upsample(x: jax.Array) -> jax.Array:
    """Insert zeros and blur with gain 4: [N, h, w, C] -> [N, 2h, 2w, C], centres aligned.

    Per axis the even outputs are (x[m-1] + 3 x[m]) / 4 and the odd ones (3 x[m] + x[m+1]) / 4: the two
    phases of the filter on the zero-inserted signal, without the zeros.
    """
    for axis in (HEIGHT, WIDTH):
        size = x.shape[axis]
        pads = [(0, 0)] * 4
        pads[axis] = (1, 1)
        padded = jnp.pad(x, pads)
        before = lax.slice_in_dim(padded, 0, size, axis=axis)
        after = lax.slice_in_dim(padded, 2, size + 2, axis=axis)
        even, odd = 0.25 * before + 0.75 * x, 0.75 * x + 0.25 * after
        shape = list(x.shape)
        shape[axis] *= 2
        x = jnp.stack([even, odd], axis=axis + 1).reshape(shape)
    return x


_blur.defvjp(  # the taps are symmetric
    lambda x, pad, gain: (_blur(x, pad, gain), None),
    lambda pad, gain, _, cotangent: (_blur(cotangent, 3 - pad, gain),),
)
downsample.defvjp(lambda x: (downsample(x), None), lambda _, cotangent: (upsample(cotangent) * 0.25,))
upsample.defvjp(lambda x: (upsample(x), None), lambda _, cotangent: (downsample(cotangent) * 4.0,))


def _weighted_sum(parts: list[jax.Array], taps: tuple[float, ...], gain: float) -> jax.Array:
    total = parts[0] * (taps[0] * gain)
    for part, tap in zip(parts[1:], taps[1:], strict=True):
        total = total + part * (tap * gain)
    return total
