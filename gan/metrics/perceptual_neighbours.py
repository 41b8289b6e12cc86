"""Real images that look most like given ones, by a perceptual distance."""

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float
from gan.batching import iter_batches, map_in_batches
from gan.metrics.neighbours import closest
from gan.metrics.perceptual import Maps, Perceptual, maps_distance

HELD_BYTES = 2**30  # feature maps of the images that are looked for; there are as many again of each real one
BATCH_BYTES = 2**28  # feature maps of the real images at a time


def most_similar(
    perceptual: Perceptual,
    images: np.ndarray,
    reals: Callable[[], Iterable[np.ndarray]],
    *,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The k real images at the least perceptual distance from each image.

    Args:
        perceptual: the distance.
        images: uint8 [Q, H, W, C].
        reals: opens batches uint8 [N, H, W, C], the same each time; at least k images in all. They are read
            once for as many of `images` as have room.
        k: how many.

    Returns: (distances [Q, k] float64, nearest first; which of the reals [Q, k], counted through batches).
    """
    one = maps_bytes(perceptual, images.shape[1:])
    held = max(1, HELD_BYTES // one)
    size = max(1, min(64, BATCH_BYTES // one))
    found = [
        _most_similar(perceptual, images[first : first + held], reals(), k=k, size=size)
        for first in range(0, len(images), held)
    ]
    distances, index = zip(*found, strict=True)
    return np.concatenate(distances), np.concatenate(index)


def maps_bytes(perceptual: Perceptual, shape: tuple[int, ...]) -> int:
    """Memory of the feature maps of one image [H, W, C]."""
    image = jax.ShapeDtypeStruct((1, *shape), jnp.float32)
    maps = jax.eval_shape(perceptual.maps, perceptual.params, image)
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in maps)


def _most_similar(
    perceptual: Perceptual, images: np.ndarray, reals: Iterable[np.ndarray], *, k: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    network = perceptual.maps, perceptual.params
    seen = map_in_batches(lambda part: _maps(*network, part), images, batch=size)
    seen = jax.device_put(seen)
    best = np.full((len(images), k), np.inf)
    index = np.full((len(images), k), -1)
    first = 0
    for batch in reals:
        for to_each in iter_batches(lambda part: _apart(*network, seen, part).T, batch, batch=size):
            apart = to_each.T.astype(np.float64)
            numbers = np.broadcast_to(first + np.arange(apart.shape[1]), apart.shape)
            best, index = closest(
                np.concatenate([best, apart], axis=1), np.concatenate([index, numbers], axis=1), k=k
            )
            first += apart.shape[1]
    return best, index


@partial(jax.jit, static_argnums=0)
def _maps(maps: Callable[[Any, jax.Array], Maps], params: Any, images: jax.Array) -> Maps:
    """Maps of images uint8 [N, H, W, C]."""
    return maps(params, to_float(images))


@partial(jax.jit, static_argnums=0)
def _apart(maps: Callable[[Any, jax.Array], Maps], params: Any, seen: Maps, images: jax.Array) -> jax.Array:
    """Distances [Q, B] of maps [Q, h, w, c] to images uint8 [B, H, W, C]."""
    theirs = maps(params, to_float(images))
    return jax.lax.map(lambda mine: maps_distance([m[None] for m in mine], theirs), seen)
