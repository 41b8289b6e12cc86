"""Flax layers over ops, all with equalised learning rate: weights are N(0, 1) and scaled when used.

Source: Karras et al. 2018, section 4.1 (equalised learning rate). Parameters are float32; `dtype` is the
compute dtype. Activations are [N, H, W, C].
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import lax

from gan.ops.bias import add_bias
from gan.ops.resample import blur, downsample
from gan.ops.strided_conv import NHWC, strided_conv, transposed_conv

normal = nn.initializers.normal(1.0)
zeros = nn.initializers.zeros_init()


class Dense(nn.Module):
    """Fully connected: [N, I] -> [N, features].

    A learning-rate multiplier makes the stored weights larger and their use smaller by as much, so that an
    optimizer's steps count less.
    """

    features: int
    dtype: Any
    lr_multiplier: float = 1.0
    bias_init: float = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        rate, channels = self.lr_multiplier, x.shape[-1]
        spread, shape = nn.initializers.normal(1 / rate), (channels, self.features)
        kernel = self.param("kernel", spread, shape, jnp.float32)
        constant = nn.initializers.constant(self.bias_init / rate)
        bias = self.param("bias", constant, (self.features,), jnp.float32)
        y = x.astype(self.dtype) @ (kernel * (rate / math.sqrt(channels))).astype(self.dtype)
        return y + (bias * rate).astype(self.dtype).reshape(1, -1)


class Conv(nn.Module):
    """Convolution at stride 1, or at stride 2 up or down with the binomial blur on the finer side.

    Up: transposed convolution, then blur. Down: blur, then strided convolution; a 1x1 kernel going down
    only needs the pixels that stay, so it follows the decimation.
    """

    features: int
    dtype: Any
    kernel_size: int = 3
    resample: str = "none"  # "none", "up" or "down"
    use_bias: bool = True
    init_std: float = 1.0  # of the kernel, before its run-time scale

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        k, channels = self.kernel_size, x.shape[-1]
        up = self.resample == "up"
        shape = (k, k, self.features, channels) if up else (k, k, channels, self.features)
        kernel = self.param("kernel", nn.initializers.normal(self.init_std), shape, jnp.float32)
        kernel = (kernel / math.sqrt(k * k * channels)).astype(self.dtype)
        x = x.astype(self.dtype)
        if up:
            x = blur(transposed_conv(x, kernel), pad=1, gain=4.0)
        elif self.resample == "down" and k == 1:
            x = lax.conv_general_dilated(downsample(x), kernel, (1, 1), "VALID", dimension_numbers=NHWC)
        elif self.resample == "down":
            x = strided_conv(blur(x, pad=2), kernel)
        else:
            x = lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=NHWC)
        if self.use_bias:
            bias = self.param("bias", zeros, (self.features,), jnp.float32)
            x = add_bias(x, bias.astype(self.dtype))
        return x
