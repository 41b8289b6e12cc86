"""Family `progan`: a latent, a stack of doublings, a residual discriminator; no mapping network.

Generator: z -> pixel norm -> dense to the base (4x4) -> conv; each doubling is a transposed convolution
and a convolution; images are the sum of 1x1 to-RGB skips over blurred upsampling.
Discriminator: `families.discriminator`, without classes.

Sources: Karras et al. 2018, "Progressive growing of GANs" (pixel norm, equalised learning rate), without
growing; Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 4.1 and figure 7
(skip generator).
"""

import dataclasses
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.config import ProganConfig
from gan.families.channels import levels, widths
from gan.families.discriminator import Discriminator, block_features
from gan.families.whole_images import WholeImages
from gan.latents import normalize
from gan.layers import Conv, Dense
from gan.ops.activation import leaky_relu
from gan.ops.resample import upsample


class Generator(nn.Module):
    """w [N, Z] -> images [N, H, W, C] float32, unclipped; without the last `halvings` doublings."""

    config: ProganConfig
    shape: tuple[int, int, int]
    dtype: Any
    halvings: int = 0

    @nn.compact
    def __call__(self, w: jax.Array) -> jax.Array:
        h, w_px, c = self.shape
        top, wide = levels(self.shape), widths(self.config, self.shape)
        base = (h >> top, w_px >> top, wide[0])
        x = Dense(base[0] * base[1] * base[2], self.dtype, name="base")(w)
        x = leaky_relu(x.reshape(-1, *base))
        x = leaky_relu(Conv(base[2], self.dtype, name="conv_0")(x))
        image = Conv(c, self.dtype, kernel_size=1, init_std=self.config.rgb_init_std, name="rgb_0")(x)
        for level in range(1, top + 1 - self.halvings):
            x = leaky_relu(Conv(wide[level], self.dtype, resample="up", name=f"up_{level}")(x))
            x = leaky_relu(Conv(wide[level], self.dtype, name=f"conv_{level}")(x))
            image = upsample(image) + Conv(
                c, self.dtype, kernel_size=1, init_std=self.config.rgb_init_std, name=f"rgb_{level}"
            )(x)
        return image.astype(jnp.float32)


@dataclasses.dataclass(frozen=True)
class Progan(WholeImages):
    """The pair of networks for images of `shape` (H, W, C), computing in `dtype`."""

    config: ProganConfig
    shape: tuple[int, int, int]
    dtype: Any
    num_classes: int = 0

    @property
    def z_dim(self) -> int:
        return self.config.z_dim

    @property
    def w_dim(self) -> int:
        return self.config.z_dim

    @property
    def num_ws(self) -> int:
        return 1

    def init_generator(self, key: jax.Array) -> Any:
        """Initial parameters, float32."""
        return self._generator.init(key, jnp.zeros((1, self.z_dim)))["params"]

    def init_discriminator(self, key: jax.Array) -> Any:
        """Initial parameters, float32."""
        return self._discriminator.init(key, jnp.zeros((1, *self.shape)))["params"]

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: float = 1.0
    ) -> jax.Array:
        """Pixel norm in place of a mapping network: w = z / rms(z), mean w = 0. z [N, Z] -> w [N, 1, Z]."""
        return (normalize(z) * truncation)[:, None, :]

    def synthesize(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, 1, Z] -> images [N, H, W, C] float32, unclipped. This family has no noise inputs."""
        return cast(jax.Array, self._generator.apply({"params": params}, w[:, 0]))

    def preview(self, params: Any, w: jax.Array, *, halvings: int) -> jax.Array:
        """`synthesize` up to 1 / 2^halvings of the size: the sum of the to-RGB skips up to there."""
        return cast(jax.Array, self._generator.clone(halvings=halvings).apply({"params": params}, w[:, 0]))

    def discriminate(self, params: Any, images: jax.Array, *, labels: jax.Array | None = None) -> jax.Array:
        """images [N, H, W, C] in [-1, 1] -> logits [N] float32; this family has no classes."""
        return cast(jax.Array, self._discriminator.apply({"params": params}, images))

    def features(self, params: Any, images: jax.Array) -> list[jax.Array]:
        """Images [N, H, W, C] -> the discriminator's activations at each size, finest first."""
        return block_features(self._discriminator, params, images)

    def track(self, params: Any, w: jax.Array) -> Any:
        """Unchanged: the mean w is 0 by construction."""
        return params

    @property
    def _generator(self) -> Generator:
        return Generator(self.config, self.shape, self.dtype)

    @property
    def _discriminator(self) -> Discriminator:
        return Discriminator(self.config, widths(self.config, self.shape), self.dtype)
