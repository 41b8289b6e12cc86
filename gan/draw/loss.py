"""The bound of DRAW in nats, one number per image.

Source: Gregor et al. 2015, equations 9 to 12; with the constant of the Gaussian KL divergence, -1/2 for each
number of z, so that it is 0 where the posterior is the prior.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Nats(NamedTuple):
    """Both terms of the bound -log p(x) <= reconstruction + kl: float32 [B] each, nats."""

    reconstruction: jax.Array
    kl: jax.Array

    @property
    def total(self) -> jax.Array:
        """The bound."""
        return self.reconstruction + self.kl


def bernoulli_nats(logits: jax.Array, ink: jax.Array) -> jax.Array:
    """-log Bernoulli(ink | sigmoid(logits)), summed over pixels: [B] of [B, H, W]. `ink` is in [0, 1]."""
    return (jax.nn.softplus(logits) - ink * logits).sum((1, 2))


def gaussian_kl(mean: jax.Array, log_std: jax.Array) -> jax.Array:
    """KL(N(mean, std^2) || N(0, I)) = 1/2 sum (mean^2 + std^2 - log std^2 - 1): [B] of [B, ...]."""
    terms = jnp.square(mean) + jnp.exp(2 * log_std) - 2 * log_std - 1
    return 0.5 * terms.reshape(len(terms), -1).sum(1)
