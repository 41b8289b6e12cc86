"""DRAW as a family: what sampling, metrics and rendering need of a generator.

z of all glimpses is one latent vector of T Z numbers; w is z with the class as a one-hot vector after it.
"""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp

from gan.config.draw import DrawNetworkConfig
from gan.draw.network import Drawn, Encoded, Params, draw_latents, encode_images, init_params, one_hot
from gan.families.whole_images import WholeImages


@dataclasses.dataclass(frozen=True)
class DrawFamily(WholeImages):
    """Networks of DRAW for images of `shape` (H, W, 1); see `gan.families.GeneratorFamily`.

    Parameters are those of both LSTMs, so `init_generator` returns the encoder too.
    """

    config: DrawNetworkConfig
    shape: tuple[int, int, int]
    num_classes: int = 0

    num_ws = 1

    @property
    def z_dim(self) -> int:
        """T Z: numbers of all glimpses."""
        return self.config.glimpses * self.config.glimpse_z

    @property
    def w_dim(self) -> int:
        """T Z + K."""
        return self.z_dim + self.num_classes

    def init_generator(self, key: jax.Array) -> Params:
        """Initial parameters, float32."""
        return init_params(key, self.config, shape=self.shape[:2], num_classes=self.num_classes)

    def map(self, params: Params, z: jax.Array, *, labels: jax.Array | None, truncation: Any) -> jax.Array:
        """z [N, T Z] scaled by `truncation`, and classes int32 [N] -> w [N, 1, T Z + K]."""
        hot = one_hot(labels, count=len(z), num_classes=self.num_classes)
        return jnp.concatenate([truncation * z, hot], axis=1)[:, None].astype(jnp.float32)

    def synthesize(self, params: Params, w: jax.Array, *, noise: Any) -> jax.Array:
        """w [N, 1, T Z + K] -> probabilities of ink as images [N, H, W, 1] in [-1, 1]; `noise` is unused."""
        return self.images(self.draw(params, w)[0])

    def track(self, params: Params, w: jax.Array) -> Params:
        """The parameters: there are no running statistics."""
        return params

    def draw(self, params: Params, w: jax.Array) -> tuple[jax.Array, Drawn]:
        """w [N, 1, T Z + K] -> final logits [N, H, W], and canvases and windows of all glimpses."""
        z, hot = jnp.split(w[:, 0], [self.z_dim], axis=1)
        z = z.reshape(len(z), self.config.glimpses, self.config.glimpse_z)
        return draw_latents(params, z, hot, config=self.config)

    def encode(
        self, params: Params, ink: jax.Array, noise: jax.Array, *, labels: jax.Array | None
    ) -> Encoded:
        """`encode_images` of ink [N, H, W] with noise [N, T, Z]."""
        options: dict[str, Any] = {"labels": labels, "num_classes": self.num_classes}
        return encode_images(params, ink, noise, config=self.config, **options)

    def noise(self, keys: jax.Array) -> jax.Array:
        """Standard normal numbers for `encode`, another sample for each glimpse: [N, T, Z] of keys [N]."""
        shape = (self.config.glimpses, self.config.glimpse_z)
        return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)

    def ink(self, images: jax.Array) -> jax.Array:
        """Images uint8 [N, H, W, 1] -> ink [N, H, W] in [0, 1], 1 where there is ink; thresholded if so
        configured."""
        light = images[..., 0].astype(jnp.float32) / 255
        return self.thresholded(light if self.config.ink == "light" else 1 - light)

    def thresholded(self, ink: jax.Array) -> jax.Array:
        """Ink in [0, 1], thresholded at 0.5 if so configured."""
        return (ink > 0.5).astype(jnp.float32) if self.config.binarise else ink

    def images(self, logits: jax.Array) -> jax.Array:
        """Logits [...] of ink -> images [..., 1] in [-1, 1], with ink as dark or light as in the dataset."""
        sign = 1.0 if self.config.ink == "light" else -1.0
        return (sign * jnp.tanh(logits / 2))[..., None]
