"""Family `stylegan2`: mapping network, modulated synthesis with noise, residual discriminator.

Source: Karras et al. 2020, "Analyzing and improving the image quality of StyleGAN", section 2 and figure 7;
Karras et al. 2020, "Training GANs with limited data", appendix C (the shallow mapping network, classes).
"""

import dataclasses
import math
from functools import partial
from typing import Any, cast

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.config import Stylegan2Config
from gan.families.channels import levels, widths
from gan.families.discriminator import Discriminator, block_features
from gan.families.whole_images import WholeImages
from gan.latents import item_keys, numbered
from gan.layers import Dense, Mapping, Noise, SynthesisLayer, ToRgb, normal
from gan.ops.resample import upsample


class Synthesis(nn.Module):
    """w [N, L, W] -> images [N, H, W, C] float32, unclipped.

    The base takes styles 0 (convolution; a base made from the latent) and 1 (to-RGB); each doubling takes the
    next two. The first convolution of a doubling reads the same w as the to-RGB layer before it. The last
    `halvings` doublings are left out.
    """

    config: Stylegan2Config
    shape: tuple[int, int, int]
    widths: tuple[int, ...]  # channels from the base up
    dtype: Any
    halvings: int = 0

    @nn.compact
    def __call__(self, w: jax.Array, noise: Noise) -> jax.Array:
        height, width, c = self.shape
        top = levels(self.shape)
        base = (height >> top, width >> top)
        clamp = self.config.generator_clamp
        to_rgb = partial(ToRgb, c, self.dtype, clamp=clamp, init_std=self.config.rgb_init_std)
        x, image = self._base(w[:, 0], (*base, self.widths[0])), None
        for level in range(top + 1 - self.halvings):
            size, i = (base[0] << level, base[1] << level), 2 * level
            layer = partial(
                SynthesisLayer,
                self.widths[level],
                size,
                dtype=self.dtype,
                clamp=clamp,
                has_noise=self.config.has_noise(size),
            )
            if level:
                x = layer(layer=i - 1, up=True, name=f"up_{level}")(x, w[:, i - 1], noise)
            x = layer(layer=i, name=f"conv_{level}")(x, w[:, i], noise)
            y = to_rgb(name=f"rgb_{level}")(x, w[:, i + 1])
            image = y if image is None else upsample(image) + y
        assert image is not None
        return image.astype(jnp.float32)

    def _base(self, w: jax.Array, shape: tuple[int, int, int]) -> jax.Array:
        """Input [N, *shape] of the first layer, from w [N, W] or the same learned constant for all items."""
        if self.config.base == "latent":
            return Dense(math.prod(shape), self.dtype, name="base")(w).reshape(-1, *shape)
        const = self.param("const", normal, shape, jnp.float32)
        return jnp.broadcast_to(const[None], (w.shape[0], *shape))


@dataclasses.dataclass(frozen=True)
class Stylegan2(WholeImages):
    """The pair of networks for images of `shape` (H, W, C), computing in `dtype`."""

    config: Stylegan2Config
    shape: tuple[int, int, int]
    dtype: Any
    num_classes: int = 0

    @property
    def z_dim(self) -> int:
        return self.config.z_dim

    @property
    def w_dim(self) -> int:
        return self.config.w_dim

    @property
    def num_ws(self) -> int:
        return 2 * levels(self.shape) + 2

    @property
    def generator_widths(self) -> tuple[int, ...]:
        """The generator's channels from the base up."""
        return self.config.generator_widths or widths(self.config, self.shape)

    @property
    def discriminator_widths(self) -> tuple[int, ...]:
        """The discriminator's."""
        return self.config.discriminator_widths or widths(self.config, self.shape)

    def init_generator(self, key: jax.Array) -> Any:
        """Initial parameters, float32; `w_mean` is tracked, not trained."""
        mapping_key, synthesis_key = jax.random.split(key)
        z = jnp.zeros((1, self.z_dim))
        w = jnp.zeros((1, self.num_ws, self.w_dim))
        return {
            "mapping": self._mapping.init(mapping_key, z, self._classes(jnp.zeros(1, jnp.int32)))["params"],
            "synthesis": self._synthesis.init(synthesis_key, w, "const")["params"],
            "w_mean": jnp.zeros(self.w_dim),
        }

    def init_discriminator(self, key: jax.Array) -> Any:
        """Initial parameters, float32."""
        images, labels = jnp.zeros((1, *self.shape)), jnp.zeros(1, jnp.int32)
        return self._discriminator.init(key, images, labels)["params"]

    def map(
        self, params: Any, z: jax.Array, *, labels: jax.Array | None = None, truncation: Any = 1.0
    ) -> jax.Array:
        """z [N, Z], labels int32 [N] -> w [N, L, W] float32, moved towards the mean w by truncation below 1.

        Source: Karras et al. 2019, "A style-based generator architecture for GANs", appendix B (truncation).
        """
        w = cast(jax.Array, self._mapping.apply({"params": params["mapping"]}, z, self._classes(labels)))
        if not (isinstance(truncation, float | int) and truncation == 1):  # at 1 the mean gets no gradient
            mean = params["w_mean"][None]
            w = mean + truncation * (w - mean)
        return jnp.broadcast_to(w[:, None], (w.shape[0], self.num_ws, w.shape[1]))

    def synthesize(self, params: Any, w: jax.Array, *, noise: Any = "const") -> jax.Array:
        """w [N, L, W] -> images [N, H, W, C] float32, unclipped.

        Args:
            noise: "const" (maps fixed at initialisation), "none", one key, or one key per item [N]; layers
                without noise inputs ignore it.
        """
        if not isinstance(noise, str) and noise.ndim == 0:
            noise = item_keys(noise, numbered(0, w.shape[0]))
        return cast(jax.Array, self._synthesis.apply({"params": params["synthesis"]}, w, noise))

    def preview(self, params: Any, w: jax.Array, *, halvings: int) -> jax.Array:
        """`synthesize` up to 1 / 2^halvings of the size: the sum of the to-RGB skips up to there."""
        network = self._synthesis.clone(halvings=halvings)
        return cast(jax.Array, network.apply({"params": params["synthesis"]}, w, "const"))

    def discriminate(self, params: Any, images: jax.Array, *, labels: jax.Array | None = None) -> jax.Array:
        """images [N, H, W, C] in [-1, 1], labels int32 [N] -> logits [N] float32."""
        return cast(jax.Array, self._discriminator.apply({"params": params}, images, labels))

    def features(self, params: Any, images: jax.Array) -> list[jax.Array]:
        """Images [N, H, W, C] -> the discriminator's activations at each size, finest first."""
        return block_features(self._discriminator, params, images)

    def track(self, params: Any, w: jax.Array) -> Any:
        """Parameters whose mean w has moved towards the mean of w [N, W]."""
        mean = params["w_mean"]
        return params | {"w_mean": w.mean(0) + self.config.w_mean_decay * (mean - w.mean(0))}

    def _classes(self, labels: jax.Array | None) -> jax.Array | None:
        if not self.num_classes:
            return None
        assert labels is not None
        return jax.nn.one_hot(labels, self.num_classes)

    @property
    def _mapping(self) -> Mapping:
        return Mapping(self.config.w_dim, self.config.mapping_layers)

    @property
    def _synthesis(self) -> Synthesis:
        return Synthesis(self.config, self.shape, self.generator_widths, self.dtype)

    @property
    def _discriminator(self) -> Discriminator:
        return Discriminator(
            self.config,
            self.discriminator_widths,
            self.dtype,
            self.num_classes,
            clamp=self.config.discriminator_clamp,
            class_layers=self.config.class_layers,
            residual=self.config.residual,
        )
