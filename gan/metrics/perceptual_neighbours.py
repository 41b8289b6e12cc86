"""Nearest real images by a perceptual distance."""

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.images import to_float
from gan.data.reals import Reals
from gan.devices.batching import iter_batches, map_in_batches
from gan.metrics.nearest import picked
from gan.metrics.neighbours import closest
from gan.metrics.perceptual import Maps, Perceptual, maps_distance
from gan.sample import Generator, sample_seeds

HELD_BYTES = 2**30  # feature maps of the queries held on the device; each real image adds as much again
BATCH_BYTES = 2**28  # feature maps of the real images per device call
PAGE_TILES = 10_000  # tiles cut at random from whole pages, by default
SEED = 0  # seed of the choice of real images


@dataclasses.dataclass(frozen=True)
class NearestImages:
    """Result of `nearest_images` for Q generated images.

    Attributes:
        images: uint8 [Q, H, W, C].
        reals: uint8 [Q, k, H, W, C], nearest first.
        distances: float64 [Q, k].
        own: distance of the nearest real image of each row to the real image nearest to it, float64 [Q]; None
            if not requested.
    """

    images: np.ndarray
    reals: np.ndarray
    distances: np.ndarray
    own: np.ndarray | None = None


def nearest_images(
    generator: Generator,
    reals: Reals,
    perceptual: Perceptual,
    *,
    seeds: Sequence[int],
    k: int,
    count: int,
    truncation: float,
    label: int | None,
    compare_reals: bool = False,
    report: Callable[[int], Any] = lambda images: None,
) -> NearestImages:
    """Generate images of seeds and find the k nearest of `count` real images.

    Args:
        generator: the network.
        reals: source of real images.
        perceptual: the distance.
        seeds: of the generated images.
        k: real images per generated image.
        count: real images compared, at least k; see `compared_count`.
        truncation: psi: 1 = off, 0 = mean image.
        label: class; None: classes in turn, if there are any.
        compare_reals: also measure `own`, which takes as long again.
        report: called with the size of each batch of real images.
    """
    images = np.concatenate(list(sample_seeds(generator, seeds, label=label, truncation=truncation)))

    def batches() -> Iterator[np.ndarray]:
        for batch in reals.look(count, seed=SEED):
            report(len(batch))
            yield batch

    distances, index = most_similar(perceptual, images, batches, k=k)
    similar, own = picked(reals.look(count, seed=SEED), index), None
    if compare_reals and count > 1:
        own = most_similar(perceptual, similar[:, 0], batches, k=2)[0][:, 1]  # the first is itself
    return NearestImages(images, similar, distances, own)


def compared_count(reals: Reals, *, requested: int, k: int) -> int:
    """Number of real images to compare; requested 0: all, or `PAGE_TILES` if they are cut from whole pages.

    Raises: InputError: there are fewer than k.
    """
    endless = math.isinf(reals.count)
    most = PAGE_TILES if endless else int(reals.count)
    count = min(most, requested) if requested and not endless else requested or most
    if count < k:
        raise InputError(f"--k {k}: must be at most {count}, the number of real images compared")
    return count


def most_similar(
    perceptual: Perceptual,
    images: np.ndarray,
    reals: Callable[[], Iterable[np.ndarray]],
    *,
    k: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The k real images at the smallest perceptual distance from each image.

    Args:
        perceptual: the distance.
        images: uint8 [Q, H, W, C].
        reals: opens an iterator of batches uint8 [N, H, W, C], in the same order each time; at least k images
            in all. It is opened once per group of `images` whose feature maps fit in HELD_BYTES.
        k: number of real images.

    Returns: (distances [Q, k] float64, nearest first; indices of the real images [Q, k] in reading order).
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
    """Bytes of the feature maps of one image [H, W, C]."""
    image = jax.ShapeDtypeStruct((1, *shape), jnp.float32)
    maps = jax.eval_shape(perceptual.maps, perceptual.params, image)
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in maps)


def _most_similar(
    perceptual: Perceptual, images: np.ndarray, reals: Iterable[np.ndarray], *, k: int, size: int
) -> tuple[np.ndarray, np.ndarray]:
    network = perceptual.maps, perceptual.params
    queries = jax.device_put(map_in_batches(lambda part: _maps(*network, part), images, batch=size))
    best = np.full((len(images), k), np.inf)
    index = np.full((len(images), k), -1)
    first = 0
    for batch in reals:
        for rows in iter_batches(lambda part: _distances(*network, queries, part).T, batch, batch=size):
            distances = rows.T.astype(np.float64)  # [Q, n]
            numbers = np.broadcast_to(first + np.arange(len(rows)), distances.shape)
            best, index = closest(
                np.concatenate([best, distances], axis=1), np.concatenate([index, numbers], axis=1), k=k
            )
            first += len(rows)
    return best, index


@partial(jax.jit, static_argnums=0)
def _maps(maps: Callable[[Any, jax.Array], Maps], params: Any, images: jax.Array) -> Maps:
    """Feature maps of images uint8 [N, H, W, C]."""
    return maps(params, to_float(images))


@partial(jax.jit, static_argnums=0)
def _distances(
    maps: Callable[[Any, jax.Array], Maps], params: Any, queries: Maps, images: jax.Array
) -> jax.Array:
    """Distances [Q, B] of maps [Q, h, w, c] to images uint8 [B, H, W, C]."""
    others = maps(params, to_float(images))
    return jax.lax.map(lambda query: maps_distance([m[None] for m in query], others), queries)
