"""Family `progan`: a latent, a stack of doublings, a residual discriminator; no mapping network.

Generator: z -> pixel norm -> dense to the base (4x4) -> conv; each doubling is a transposed convolution
and a convolution; images are the sum of 1x1 to-RGB skips over blurred upsampling.
Discriminator: from-RGB, a residual block per halving, minibatch standard deviation, conv, a convolution
over the whole base, dense 1.

Sources: Karras et al. 2018, "Progressive growing of GANs" (pixel norm, minibatch deviation, equalised
learning rate), without growing; Karras et al. 2020, "Analyzing and improving the image quality of
StyleGAN", section 4.1 and figure 7 (skip generator, residual discriminator).
"""

import dataclasses
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.config import ProganConfig
from gan.latents import normalize
from gan.layers import Conv, Dense
from gan.ops.activation import leaky_relu
from gan.ops.minibatch_std import minibatch_std
from gan.ops.resample import upsample


def channels(config: ProganConfig, level: int) -> int:
    """Channels at `level` doublings above the base (4 * 2^level px on the short side)."""
    return max(1, min(config.channel_base // (4 << level), config.channel_max))


def levels(shape: tuple[int, int, int]) -> int:
    """Doublings from the base to `shape` (H, W, C): the short side is 4 * 2^levels."""
    return (min(shape[:2]) // 4).bit_length() - 1


class Generator(nn.Module):
    """w [N, Z] -> images [N, H, W, C] float32, unclipped."""

    config: ProganConfig
    shape: tuple[int, int, int]
    dtype: Any

    @nn.compact
    def __call__(self, w: jax.Array) -> jax.Array:
        h, w_px, c = self.shape
        top = levels(self.shape)
        base = (h >> top, w_px >> top, channels(self.config, 0))
        x = Dense(base[0] * base[1] * base[2], self.dtype, name="base")(w)
        x = leaky_relu(x.reshape(-1, *base))
        x = leaky_relu(Conv(base[2], self.dtype, name="conv_0")(x))
        image = Conv(c, self.dtype, kernel_size=1, init_std=self.config.rgb_init_std, name="rgb_0")(x)
        for level in range(1, top + 1):
            width = channels(self.config, level)
            x = leaky_relu(Conv(width, self.dtype, resample="up", name=f"up_{level}")(x))
            x = leaky_relu(Conv(width, self.dtype, name=f"conv_{level}")(x))
            image = upsample(image) + Conv(
                c, self.dtype, kernel_size=1, init_std=self.config.rgb_init_std, name=f"rgb_{level}"
            )(x)
        return image.astype(jnp.float32)


class Discriminator(nn.Module):
    """images [N, H, W, C] -> logits [N] float32."""

    config: ProganConfig
    shape: tuple[int, int, int]
    dtype: Any

    @nn.compact
    def __call__(self, image: jax.Array) -> jax.Array:
        top = levels(self.shape)
        x = leaky_relu(Conv(channels(self.config, top), self.dtype, kernel_size=1, name="rgb")(image))
        for level in range(top, 0, -1):
            width, below = channels(self.config, level), channels(self.config, level - 1)
            y = leaky_relu(Conv(width, self.dtype, name=f"conv_{level}")(x))
            y = leaky_relu(Conv(below, self.dtype, resample="down", name=f"down_{level}")(y))
            shortcut = Conv(
                below, self.dtype, kernel_size=1, resample="down", use_bias=False, name=f"skip_{level}"
            )
            x = (shortcut(x) + y) * 0.5**0.5
        x = minibatch_std(x, group_size=self.config.minibatch_group)
        width = channels(self.config, 0)
        x = leaky_relu(Conv(width, self.dtype, name="conv_0")(x))
        x = leaky_relu(
            Dense(width, self.dtype, name="base")(x.reshape(x.shape[0], -1))
        )  # a VALID base-sized conv
        return Dense(1, self.dtype, name="logit")(x)[:, 0].astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class Progan:
    """The pair of networks for images of `shape` (H, W, C), computing in `dtype`."""

    config: ProganConfig
    shape: tuple[int, int, int]
    dtype: Any

    @property
    def z_dim(self) -> int:
        return self.config.z_dim

    @property
    def num_ws(self) -> int:
        return 1

    def init_generator(self, key: jax.Array) -> Any:
        """Fresh parameters, float32."""
        return self._generator.init(key, jnp.zeros((1, self.z_dim)))["params"]

    def init_discriminator(self, key: jax.Array) -> Any:
        """Fresh parameters, float32."""
        return self._discriminator.init(key, jnp.zeros((1, *self.shape)))["params"]

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0
    ) -> jax.Array:
        """Pixel norm stands in for a mapping network: w = z / rms(z), mean w = 0. z [N, Z] -> w [N, 1, Z]."""
        return (normalize(z) * truncation)[:, None, :]

    def synthesize(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, 1, Z] -> images [N, H, W, C] float32, unclipped. This family has no noise inputs."""
        return cast(jax.Array, self._generator.apply({"params": params}, w[:, 0]))

    def discriminate(self, params: Any, images: jax.Array, *, labels: jax.Array | None = None) -> jax.Array:
        """images [N, H, W, C] in [-1, 1] -> logits [N] float32."""
        return cast(jax.Array, self._discriminator.apply({"params": params}, images))

    @property
    def _generator(self) -> Generator:
        return Generator(self.config, self.shape, self.dtype)

    @property
    def _discriminator(self) -> Discriminator:
        return Discriminator(self.config, self.shape, self.dtype)
