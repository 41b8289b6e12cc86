"""Layers steered by a style w: synthesis layer and to-RGB, as StyleGAN2 has them.

Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 2.2 and figure 2.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.layers import Dense, normal, zeros
from gan.ops.activation import clamped, leaky_relu
from gan.ops.bias import add_bias
from gan.ops.modulated_conv import modulated_conv, modulated_pointwise

Noise = jax.Array | str  # "const", "none", or one key per item [N]


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise of learned strength, bias, nonlinearity: I -> `features` channels."""

    features: int
    size: tuple[int, int]  # (H', W')
    layer: int  # number of this layer, which keys its noise
    dtype: Any
    up: bool = False
    clamp: float | None = 256.0

    @nn.compact
    def __call__(self, x: jax.Array, w: jax.Array, noise: Noise) -> jax.Array:
        channels = x.shape[-1]
        style = Dense(channels, jnp.float32, bias_init=1.0, name="style")(w)
        shape = (3, 3, self.features, channels) if self.up else (3, 3, channels, self.features)
        kernel = self.param("kernel", normal, shape, jnp.float32)
        x = modulated_conv(x.astype(self.dtype), kernel, style, up=self.up)
        strength = self.param("noise_strength", zeros, (), jnp.float32)
        const = self.param("noise_const", normal, self.size, jnp.float32)
        if not isinstance(noise, str):
            x = x + (strength * item_noise(noise, self.layer, self.size)).astype(x.dtype)
        elif noise == "const":
            x = x + (strength * const).astype(x.dtype)[None, :, :, None]
        bias = self.param("bias", zeros, (self.features,), jnp.float32)
        x = leaky_relu(add_bias(x, bias.astype(x.dtype)))
        return clamped(x, self.clamp)


class ToRgb(nn.Module):
    """Modulated 1x1 convolution to an image's channels, linear: [N, H, W, I] -> [N, H, W, features]."""

    features: int
    dtype: Any
    clamp: float | None = 256.0

    @nn.compact
    def __call__(self, x: jax.Array, w: jax.Array) -> jax.Array:
        channels = x.shape[-1]
        style = Dense(channels, jnp.float32, bias_init=1.0, name="style")(w) / math.sqrt(channels)
        kernel = self.param("kernel", normal, (channels, self.features), jnp.float32)
        bias = self.param("bias", zeros, (self.features,), jnp.float32)
        x = modulated_pointwise(x.astype(self.dtype), kernel, style)
        return clamped(add_bias(x, bias.astype(x.dtype)), self.clamp)


def item_noise(keys: jax.Array, layer: int, size: tuple[int, int]) -> jax.Array:
    """N(0, 1) maps [N, H, W, 1] float32, one per item key [N]; the same whatever batch an item is in."""
    draw = jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, layer), size))
    return draw(keys)[..., None]
