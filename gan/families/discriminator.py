"""The residual discriminator of all families.

From-RGB, a residual block per halving, minibatch standard deviation, a convolution, a dense layer over the
whole base, a logit; with classes the logit is a projection on the class's embedding. Patch logits are one per
place of the base, averaged.

Sources: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 4.1 and figure
7 (residual discriminator); Karras et al. 2018 (minibatch deviation); Miyato and Koyama 2018, "cGANs with
projection discriminator", equation 3; Isola et al. 2017, "Image-to-image translation with conditional
adversarial networks", section 3.2 (patch logits).
"""

import math
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.config_fields import Auto, number
from gan.layers import Conv, Dense, Mapping
from gan.ops.activation import clamped, leaky_relu
from gan.ops.minibatch_std import minibatch_std


class DiscriminatorConfig(Protocol):
    """What the discriminator reads of a family's config."""

    @property
    def minibatch_group(self) -> int | Auto: ...

    @property
    def minibatch_order(self) -> str: ...


class Discriminator(nn.Module):
    """images [N, H, W, C], labels int32 [N] where there are classes -> logits [N] float32."""

    config: DiscriminatorConfig
    widths: tuple[int, ...]  # channels from the base up
    dtype: Any
    num_classes: int = 0
    clamp: float | None = None  # of the convolutions
    class_layers: int = 8  # of the class embedding
    residual: bool = True
    patch: bool = False  # the logit is the mean over those of the base's places; without classes

    @nn.compact
    def __call__(
        self, image: jax.Array, labels: jax.Array | None = None, *, blocks_only: bool = False
    ) -> jax.Array:
        def active(x: jax.Array) -> jax.Array:
            return clamped(leaky_relu(x), self.clamp)

        top = len(self.widths) - 1
        x = active(Conv(self.widths[top], self.dtype, kernel_size=1, name="rgb")(image))
        for level in range(top, 0, -1):
            width, below = self.widths[level], self.widths[level - 1]
            y = active(Conv(width, self.dtype, name=f"conv_{level}")(x))
            self.sow("features", f"level_{level}", y)  # read by `block_features`
            y = active(Conv(below, self.dtype, resample="down", name=f"down_{level}")(y))
            if self.residual:
                shortcut = Conv(
                    below, self.dtype, kernel_size=1, resample="down", use_bias=False, name=f"skip_{level}"
                )
                y = (shortcut(x) + y) * 0.5**0.5
            x = y
        if blocks_only:  # of images of any size: only the base depends on it
            return x
        strided = self.config.minibatch_order == "strided"
        x = minibatch_std(x, group_size=number(self.config.minibatch_group), strided=strided)
        width = self.widths[0]
        x = active(Conv(width, self.dtype, name="conv_0")(x))
        if self.patch:
            places = Conv(1, self.dtype, kernel_size=1, name="logit")(x)
            return places.astype(jnp.float32).mean((1, 2, 3))
        x = x.reshape(x.shape[0], -1)  # a VALID convolution of the base's size
        x = leaky_relu(Dense(width, self.dtype, name="base")(x))
        if not self.num_classes:
            return Dense(1, self.dtype, name="logit")(x)[:, 0].astype(jnp.float32)
        features = Dense(width, self.dtype, name="logit")(x).astype(jnp.float32)
        assert labels is not None
        classes = jax.nn.one_hot(labels, self.num_classes)
        embedding = Mapping(width, self.class_layers, name="classes")(None, classes)
        return (features * embedding).sum(-1) / math.sqrt(width)


def block_features(network: Discriminator, params: Any, images: jax.Array) -> list[jax.Array]:
    """Activations within each residual block, finest first: see `gan.families.Discriminator.features`."""
    _, sown = network.apply({"params": params}, images, blocks_only=True, mutable=["features"])
    return [sown["features"][f"level_{level}"][0] for level in range(len(network.widths) - 1, 0, -1)]
