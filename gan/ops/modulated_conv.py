"""Convolutions with per-item weights, without materialising these weights.

A weight scaled along its input channels is a shared convolution of a scaled input, and demodulation is a
scale of the output: three dense operations, where per-item weights would need a grouped convolution that is
several times slower forward and orders of magnitude slower in second-order gradients.
"""

import jax
import jax.numpy as jnp
from jax import lax

from gan.ops.conv import conv
from gan.ops.resample import blur
from gan.ops.strided_conv import transposed_conv

EPSILON = 1e-8


def modulated_conv(x: jax.Array, kernel: jax.Array, style: jax.Array, *, up: bool = False) -> jax.Array:
    """Modulate, convolve 3x3 (or k x k), demodulate.

    Args:
        x: [N, H, W, I].
        kernel: float32 [k, k, I, O]; with `up` [k, k, O, I], as `transposed_conv` stores it.
        style: float32 [N, I], the scale of each input channel.
        up: double the size: transposed convolution, then blur.

    Returns:
        [N, H, W, O] or [N, 2H, 2W, O] in x's dtype, of unit variance for unit-variance input.

    Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", equations 1 and 3.
    """
    power = jnp.square(kernel).sum((0, 1))  # [I, O]
    demodulation = lax.rsqrt(jnp.square(style) @ (power.T if up else power) + EPSILON)  # [N, O]
    x = x * style.astype(x.dtype)[:, None, None, :]
    kernel = kernel.astype(x.dtype)
    pad = kernel.shape[0] // 2
    x = blur(transposed_conv(x, kernel), pad=1, gain=4.0) if up else conv(x, kernel, pad=pad)
    return x * demodulation.astype(x.dtype)[:, None, None, :]


def modulated_pointwise(x: jax.Array, kernel: jax.Array, style: jax.Array) -> jax.Array:
    """Modulated 1x1 convolution without demodulation, for to-RGB layers.

    With few output channels, per-item weights are cheaper: [N, I, O] is small.

    Args:
        x: [N, H, W, I]. kernel: float32 [I, O]. style: float32 [N, I].
    """
    weights = (kernel[None] * style[:, :, None]).astype(x.dtype)  # [N, I, O]
    return jnp.einsum("nhwi,nio->nhwo", x, weights)
