"""Random draws of augmentation: a gate per transform, and distributions from uniforms.

All scalars of an item come from one call for uniforms on [0, 1), divided among the groups: random bits
dominate compile time.
"""

import math

import jax
import jax.numpy as jnp

Scalar = jax.Array | float


def gated(gate: jax.Array, p: Scalar, value: jax.Array, neutral: float | int) -> jax.Array:
    """`value` with probability p, else `neutral`.

    Args:
        gate: uniform on [0, 1), one for this transform: never below p = 0, always below p = 1.
        p: probability.
        value: parameter of the transform if it is applied.
        neutral: parameter of the identity.
    """
    return jnp.where(gate < p, value, jnp.asarray(neutral, value.dtype))


def normal(u: jax.Array) -> jax.Array:
    """Uniforms on [0, 1), multiples of 2^-23, to standard normals; symmetric and finite."""
    return math.sqrt(2) * jax.lax.erf_inv(2 * u - (1 - 2.0**-23))


def log_normal(u: jax.Array, sigma_octaves: float) -> jax.Array:
    """Uniforms to 2^(sigma * normal): the paper's Lognormal(0, (sigma ln 2)^2)."""
    return jnp.exp2(normal(u) * sigma_octaves)


def angle(u: jax.Array) -> jax.Array:
    """Uniforms to angles on [-pi, pi), radians."""
    return (u * 2 - 1) * math.pi
