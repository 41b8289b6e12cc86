"""Flax layers over ops, all with equalised learning rate: weights are N(0, 1) and scaled when used.

Dense and convolution layers, layers modulated by a style w (synthesis layer, to-RGB), the mapping network.
Parameters are float32; `dtype` is the compute dtype. Activations are [N, H, W, C].

Sources: Karras et al. 2018, section 4.1 (equalised learning rate); Karras et al. 2020, "Analyzing and
improving the image quality of StyleGAN", section 2.2 and figure 2 (modulated layers); Karras et al. 2019, "A
style-based generator architecture for GANs", section 2 and appendix C (mapping network, a hundredth of the
learning rate); classes: Karras et al. 2020, "Training GANs with limited data", appendix C.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.latents import normalize
from gan.ops.activation import clamped, leaky_relu
from gan.ops.bias import add_bias
from gan.ops.circular import folded, wrapped
from gan.ops.conv import conv
from gan.ops.modulated_conv import modulated_conv, modulated_pointwise
from gan.ops.resample import blur, downsample
from gan.ops.strided_conv import strided_conv, transposed_conv

normal = nn.initializers.normal(1.0)
zeros = nn.initializers.zeros_init()


class Dense(nn.Module):
    """Fully connected: [N, I] -> [N, features].

    A learning-rate multiplier divides the stored weights and multiplies them when used, so that
    the optimizer's steps have less effect.
    """

    features: int
    dtype: Any
    lr_multiplier: float = 1.0
    bias_init: float = 0.0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        rate, channels = self.lr_multiplier, x.shape[-1]
        initial, shape = nn.initializers.normal(1 / rate), (channels, self.features)
        kernel = self.param("kernel", initial, shape, jnp.float32)
        constant = nn.initializers.constant(self.bias_init / rate)
        bias = self.param("bias", constant, (self.features,), jnp.float32)
        y = x.astype(self.dtype) @ (kernel * (rate / math.sqrt(channels))).astype(self.dtype)
        return y + (bias * rate).astype(self.dtype).reshape(1, -1)


class Conv(nn.Module):
    """Convolution at stride 1, or at stride 2 up or down with the binomial blur on the finer side.

    Up: transposed convolution, then blur. Down: blur, then strided convolution; a 1x1 kernel going down
    only needs the pixels that stay, so it follows the decimation.

    Around the input are zeros; with padding "periodic" (not down) its opposite edges; with "none" (not down)
    nothing, and pixels that depend on it are left out: 1 on each side, 2 going up.
    """

    features: int
    dtype: Any
    kernel_size: int = 3
    resample: str = "none"  # "none", "up" or "down"
    use_bias: bool = True
    init_std: float = 1.0  # of the kernel, before its run-time scale
    padding: str = "zeros"  # "zeros", "periodic" or "none"

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        k, channels = self.kernel_size, x.shape[-1]
        up = self.resample == "up"
        shape = (k, k, self.features, channels) if up else (k, k, channels, self.features)
        kernel = self.param("kernel", nn.initializers.normal(self.init_std), shape, jnp.float32)
        kernel = (kernel / math.sqrt(k * k * channels)).astype(self.dtype)
        x = x.astype(self.dtype)
        if up and self.padding == "none":
            x = blur(transposed_conv(x, kernel)[:, 1:-1, 1:-1], pad=0, gain=4.0)
        elif up and self.padding == "periodic":
            x = blur(wrapped(folded(transposed_conv(x, kernel)), before=1, after=2), pad=0, gain=4.0)
        elif up:
            x = blur(transposed_conv(x, kernel), pad=1, gain=4.0)
        elif self.resample == "down" and k == 1:
            x = conv(downsample(x), kernel, pad=0)
        elif self.resample == "down":
            x = strided_conv(blur(x, pad=2), kernel)
        elif self.padding == "none":
            x = conv(x, kernel, pad=0)
        elif self.padding == "periodic":
            x = conv(wrapped(x, before=k // 2, after=k // 2), kernel, pad=0)
        else:
            x = conv(x, kernel, pad=k // 2)
        if self.use_bias:
            bias = self.param("bias", zeros, (self.features,), jnp.float32)
            x = add_bias(x, bias.astype(self.dtype))
        return x


Noise = jax.Array | str  # "const", "none", or one key per item [N]


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise of learned strength, bias, nonlinearity: I -> `features` channels."""

    features: int
    size: tuple[int, int]  # (H', W')
    layer: int  # number of this layer, which keys its noise
    dtype: Any
    up: bool = False
    clamp: float | None = 256.0
    has_noise: bool = True  # False: no noise parameters, and `noise` is not used

    @nn.compact
    def __call__(self, x: jax.Array, w: jax.Array, noise: Noise) -> jax.Array:
        channels = x.shape[-1]
        style = Dense(channels, jnp.float32, bias_init=1.0, name="style")(w)
        shape = (3, 3, self.features, channels) if self.up else (3, 3, channels, self.features)
        kernel = self.param("kernel", normal, shape, jnp.float32)
        x = modulated_conv(x.astype(self.dtype), kernel, style, up=self.up)
        if self.has_noise:
            x = self._add_noise(x, noise)
        bias = self.param("bias", zeros, (self.features,), jnp.float32)
        x = leaky_relu(add_bias(x, bias.astype(x.dtype)))
        return clamped(x, self.clamp)

    def _add_noise(self, x: jax.Array, noise: Noise) -> jax.Array:
        strength = self.param("noise_strength", zeros, (), jnp.float32)
        const = self.param("noise_const", normal, self.size, jnp.float32)
        if not isinstance(noise, str):
            x = x + (strength * item_noise(noise, self.layer, self.size)).astype(x.dtype)
        elif noise == "const":
            x = x + (strength * const).astype(x.dtype)[None, :, :, None]
        return x


class ToRgb(nn.Module):
    """Modulated 1x1 convolution to an image's channels, linear: [N, H, W, I] -> [N, H, W, features]."""

    features: int
    dtype: Any
    clamp: float | None = 256.0
    init_std: float = 1.0  # of the kernel, before its run-time scale

    @nn.compact
    def __call__(self, x: jax.Array, w: jax.Array) -> jax.Array:
        channels = x.shape[-1]
        style = Dense(channels, jnp.float32, bias_init=1.0, name="style")(w) / math.sqrt(channels)
        initial = nn.initializers.normal(self.init_std)
        kernel = self.param("kernel", initial, (channels, self.features), jnp.float32)
        bias = self.param("bias", zeros, (self.features,), jnp.float32)
        x = modulated_pointwise(x.astype(self.dtype), kernel, style)
        return clamped(add_bias(x, bias.astype(x.dtype)), self.clamp)


def item_noise(keys: jax.Array, layer: int, size: tuple[int, int]) -> jax.Array:
    """N(0, 1) maps [N, H, W, 1] float32, one per item key [N]; the same whatever batch an item is in."""
    draw = jax.vmap(lambda key: jax.random.normal(jax.random.fold_in(key, layer), size))
    return draw(keys)[..., None]


LR_MULTIPLIER = 0.01


class Mapping(nn.Module):
    """(z [N, Z] or None, one-hot classes [N, K] or None) -> w [N, features] float32."""

    features: int
    layers: int

    @nn.compact
    def __call__(self, z: jax.Array | None, classes: jax.Array | None) -> jax.Array:
        parts = [] if z is None else [normalize(z)]
        if classes is not None:
            embedding = Dense(self.features, jnp.float32, name="embedding")(classes)
            parts.append(normalize(embedding))
        x: Any = jnp.concatenate(parts, axis=-1)
        for i in range(self.layers):
            dense = Dense(self.features, jnp.float32, lr_multiplier=LR_MULTIPLIER, name=f"dense_{i}")
            x = leaky_relu(dense(x))
        return x
