"""Perceptual distance of two images: distances between the feature maps of a network.

Maps of the run's own discriminator are adapted to its dataset and need no download. LPIPS
(`gan.metrics.lpips`) is comparable with published numbers.

Source: Zhang et al. 2018, "The unreasonable effectiveness of deep features as a perceptual metric",
equation 1.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.progress import Warn, ignore
from gan.families import Family
from gan.sample import WEIGHTS

Maps = list[jax.Array]


@dataclasses.dataclass(frozen=True, eq=False)
class Perceptual:
    """A perceptual distance.

    Attributes:
        name: of the network, with a hash of its weights.
        params: pytree of weights, an argument of `maps`.
        maps: (params, images [N, H, W, C] float32 in about [-1, 1]) -> maps [N, h, w, c] float32, scaled so
            that the distance is the sum of their mean squared differences (see `maps_distance`). Pure,
            jittable, hashable by its settings; images are independent.
    """

    name: str
    params: Any
    maps: Callable[[Any, jax.Array], Maps]


def maps_distance(a: Maps, b: Maps) -> jax.Array:
    """Sum over maps of the mean over positions of |a - b|^2: [N] float32 from maps [N or 1, h, w, c]."""
    return sum((jnp.square(x - y).sum(-1).mean((1, 2)) for x, y in zip(a, b, strict=True)), jnp.zeros(1))


def distances(perceptual: Perceptual, a: jax.Array, b: jax.Array) -> jax.Array:
    """Perceptual distances of images a and b [N, H, W, C], float32 in [-1, 1]: [N] float32, 0 if equal."""
    return _distances(perceptual.maps, perceptual.params, a, b)


@partial(jax.jit, static_argnums=0)
def _distances(maps: Callable[[Any, jax.Array], Maps], params: Any, a: jax.Array, b: jax.Array) -> jax.Array:
    return maps_distance(maps(params, a), maps(params, b))


def of_discriminator(family: Family, params: Any) -> Perceptual:
    """Distance of a discriminator's feature maps, with equal weights for all sizes.

    Args:
        family: the networks; computed in float32, independent of their compute dtype.
        params: of the discriminator.

    Raises: InputError: the networks have 4 px, where a discriminator has no maps.
    """
    if min(family.shape[:2]) <= 4:
        raise InputError("images of 4 px are too small for a perceptual distance; it needs 8 px or more")
    return Perceptual(f"discriminator-{digest(params)}", params, _maps_of(family))


def of_pixels() -> Perceptual:
    """Distance of pixels at all sizes down to 4 px, with equal weights; needs no network."""
    return Perceptual("pixels", {}, _pyramid)


def digest(params: Any) -> str:
    """Short hash of the bytes of a pytree."""
    hashed = hashlib.sha256()
    for leaf in jax.tree.leaves(params):
        hashed.update(np.asarray(leaf).tobytes())
    return hashed.hexdigest()[:16]


def _discriminator_maps(family: Family, params: Any, images: jax.Array) -> Maps:
    found = family.features(params, images)
    return [unit(features) / len(found) ** 0.5 for features in found]


def _pyramid(params: Any, images: jax.Array) -> Maps:
    sizes = [images.astype(jnp.float32)]
    while min(sizes[-1].shape[1:3]) > 4:
        n, height, width, channels = sizes[-1].shape
        even = sizes[-1][:, : height // 2 * 2, : width // 2 * 2]
        sizes.append(even.reshape(n, height // 2, 2, width // 2, 2, channels).mean((2, 4)))
    return [size / (len(sizes) * images.shape[-1]) ** 0.5 for size in sizes]


def unit(features: jax.Array) -> jax.Array:
    """Features [N, h, w, c] -> float32 normalised to length 1 at every position (0 stays 0)."""
    features = features.astype(jnp.float32)
    return features * jax.lax.rsqrt(jnp.square(features).sum(-1, keepdims=True) + 1e-10)


@lru_cache(maxsize=16)  # equal functions for equal families, as static arguments of programs
def _maps_of(family: Family) -> Callable[[Any, jax.Array], Maps]:
    return partial(_discriminator_maps, _in_float32(family))


def _in_float32(family: Any) -> Any:
    return dataclasses.replace(family, dtype=jnp.dtype(jnp.float32))


def distance_of(run: Path, lpips: Path | None, *, shape: tuple[int, ...], warn: Warn = ignore) -> Perceptual:
    """LPIPS if a weights file is passed, else that of the run's discriminator, or of pixels (DRAW, imports).

    Args:
        run: run folder, or the folder of a generator in it, such as RUN/best.
        lpips: weights file.
        shape: (H, W, C) of images.
        warn: called if an imported run has no discriminator.

    Raises: InputError: the file or the run's checkpoint cannot be read; images are too small.
    """
    if lpips is not None:
        from gan.metrics.lpips import check_size, load_lpips

        check_size(shape)
        return load_lpips(lpips)
    from gan.config.draw import DrawConfig
    from gan.runs.discriminator import load_discriminator
    from gan.runs.run_folder import FILE, MISSING, saved_config, saved_data

    alone = (run / WEIGHTS).is_file() or not (run / FILE).is_file()
    home = run.parent if alone and (run.parent / FILE).is_file() else run
    if MISSING in (saved_data(home) or {}):
        warn(f"{home} has no discriminator, so distances are those of pixels at several sizes; pass --lpips")
        return of_pixels()
    if isinstance(saved_config(home), DrawConfig):
        return of_pixels()
    network = load_discriminator(home)
    return of_discriminator(network.family, network.params)
