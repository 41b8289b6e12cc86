"""A family for tests: a linear generator and a discriminator of two dense layers, which compile at once."""

import dataclasses

import jax
import jax.numpy as jnp

from gan.families.whole_images import WholeImages


@dataclasses.dataclass(frozen=True)
class DenseFamily(WholeImages):
    """Images of 2 x 2 px; items do not depend on each other."""

    shape: tuple[int, int, int] = (2, 2, 1)
    num_classes: int = 0
    z_dim: int = 3
    w_dim: int = 3
    num_ws: int = 1
    hidden: int = 5

    def init_generator(self, key):
        return {"weight": jax.random.normal(key, (self.z_dim, *self.shape))}

    def init_discriminator(self, key):
        size, keys = self.shape[0] * self.shape[1] * self.shape[2], jax.random.split(key)
        hidden = jax.random.normal(keys[0], (self.hidden, size))
        return {"hidden": hidden, "out": jax.random.normal(keys[1], (self.hidden,))}

    def map(self, params, z, *, labels=None, truncation=1.0):
        return truncation * z[:, None, :]

    def synthesize(self, params, w, *, noise="const"):
        return jnp.einsum("nz,zhwc->nhwc", w[:, 0], params["weight"])

    def discriminate(self, params, images, *, labels=None):
        return jnp.tanh(images.reshape(len(images), -1) @ params["hidden"].T) @ params["out"]

    def features(self, params, images):
        return [images]

    def track(self, params, w):
        return params
