"""StyleGAN2's layers in plain formulations, as a baseline.

A grouped convolution with weights per item, FIR filters as depthwise convolutions, strided and transposed
convolutions under plain autodiff.
"""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from gan.ops.matmul_conv import NHWC
from gan.ops.modulated_conv import EPSILON
from gan.ops.resample import TAPS


@contextlib.contextmanager
def plain_formulations() -> Iterator[None]:
    """Networks traced in the block use plain convolutions."""
    swaps = {
        "gan.layers.modulated_conv": plain_modulated_conv,
        "gan.layers.conv": plain_conv,
        "gan.layers.strided_conv": plain_strided_conv,
        "gan.layers.transposed_conv": plain_transposed_conv,
        "gan.layers.blur": plain_blur,
        "gan.layers.downsample": plain_downsample,
        "gan.families.stylegan2.upsample": plain_upsample,
    }
    with contextlib.ExitStack() as stack:
        for name, plain in swaps.items():
            stack.enter_context(mock.patch(name, plain))
        yield


def plain_modulated_conv(x: jax.Array, kernel: jax.Array, style: jax.Array, *, up: bool = False) -> jax.Array:
    """Weights per item, one group per item."""
    n, h, w, inputs = x.shape
    if up:  # stored as the strided convolution whose transpose it is
        kernel = lax.rev(kernel, (0, 1)).swapaxes(2, 3)
    weights = kernel[None] * style[:, None, None, :, None]  # [N, k, k, I, O]
    weights = weights * lax.rsqrt(jnp.square(weights).sum((1, 2, 3), keepdims=True) + EPSILON)
    k, outputs = kernel.shape[0], kernel.shape[3]
    grouped = jnp.moveaxis(weights, 0, 3).reshape(k, k, inputs, n * outputs)
    y = lax.conv_general_dilated(
        jnp.moveaxis(x, 0, 2).reshape(1, h, w, n * inputs),
        grouped,
        (1, 1),
        [(k - 1, k - 1)] * 2 if up else "SAME",
        lhs_dilation=(2, 2) if up else (1, 1),
        dimension_numbers=NHWC,
        feature_group_count=n,
    )
    y = jnp.moveaxis(y.reshape(*y.shape[1:3], n, outputs), 2, 0)
    return plain_blur(y, pad=1, gain=4.0) if up else y


def plain_conv(x: jax.Array, w: jax.Array, *, pad: int) -> jax.Array:
    return lax.conv_general_dilated(x, w, (1, 1), [(pad, pad)] * 2, dimension_numbers=NHWC)


def plain_strided_conv(y: jax.Array, w: jax.Array) -> jax.Array:
    return lax.conv_general_dilated(y, w, (2, 2), "VALID", dimension_numbers=NHWC)


def plain_transposed_conv(x: jax.Array, w: jax.Array) -> jax.Array:
    flipped, pad = lax.rev(w, (0, 1)).swapaxes(2, 3), [(k - 1, k - 1) for k in w.shape[:2]]
    return lax.conv_general_dilated(x, flipped, (1, 1), pad, lhs_dilation=(2, 2), dimension_numbers=NHWC)


def plain_blur(x: jax.Array, *, pad: int, gain: float = 1.0) -> jax.Array:
    return depthwise(x, gain=gain, padding=(pad, pad))


def plain_downsample(x: jax.Array) -> jax.Array:
    return depthwise(x, gain=1.0, padding=(1, 1), window_strides=(2, 2))


def plain_upsample(x: jax.Array) -> jax.Array:
    return depthwise(x, gain=4.0, padding=(2, 2), lhs_dilation=(2, 2))


def depthwise(
    x: jax.Array, *, gain: float, padding: tuple[int, int], window_strides: Any = (1, 1), **dilation: Any
) -> jax.Array:
    """The 4x4 filter as a depthwise convolution."""
    channels = x.shape[3]
    kernel = jnp.asarray(np.outer(TAPS, TAPS) * gain, x.dtype)[:, :, None, None]
    return lax.conv_general_dilated(
        x,
        jnp.tile(kernel, (1, 1, 1, channels)),
        window_strides,
        [padding, padding],
        dimension_numbers=NHWC,
        feature_group_count=channels,
        **dilation,
    )
