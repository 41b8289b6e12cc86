"""Pictures of styles, in batches of one shape, as `sample_images` makes those of latents."""

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_uint8
from gan.families import Family
from gan.sample import Generator


def pictures_of(generator: Generator, w: jax.Array) -> np.ndarray:
    """Pictures uint8 [N, H, W, C] of styles w [N, L, W], noise fixed; none depends on its neighbours."""
    batch = max(1, min(64, 64 * 256**2 // math.prod(generator.resolution)))
    parts = []
    for first in range(0, len(w), batch):
        part = w[first : first + batch]
        padded = jnp.pad(part, ((0, batch - len(part)), (0, 0), (0, 0)))
        parts.append(np.asarray(_pictures(generator.family, generator.params, padded))[: len(part)])
    return np.concatenate(parts)


@partial(jax.jit, static_argnums=0)
def _pictures(family: Family, params: Any, w: jax.Array) -> jax.Array:
    return to_uint8(family.synthesize(params, w, noise="const"))
