"""The mapping network: latents and classes -> styles.

Source: Karras et al. 2019, "A style-based generator architecture for GANs", section 2 and appendix C (a
hundredth of the learning rate); classes: Karras et al. 2020, "Training GANs with limited data", appendix C.
"""

from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn

from gan.latents import normalize
from gan.layers import Dense
from gan.ops.activation import leaky_relu

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
