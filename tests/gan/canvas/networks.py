"""A small network of family field and its parameters."""

import functools

import jax
import jax.numpy as jnp

from gan.config import FieldConfig
from gan.families.field import Field

SMALL = FieldConfig(
    cell_px=4, global_dim=3, local_dim=4, trunk_layers=0, channel_base=256, channel_max=4, rgb_init_std=1.0
)


@functools.cache
def network(shape=(8, 8, 1)):
    """(family, generator parameters)."""
    family = Field(SMALL, shape, jnp.float32)
    return family, jax.jit(family.init_generator)(jax.random.key(0))
