"""Pictures, batch by batch: candidate, descent, and how near it came."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan import latents
from gan.batching import pad_batch
from gan.metrics.perceptual import maps_distance
from gan.projection.objective import noise_maps, psnr
from gan.projection.optimizer import Descent, Projector, Target, start, to_w
from gan.random_streams import Stream


@dataclasses.dataclass(frozen=True)
class Projection:
    """What became of one picture.

    Attributes:
        w: float32 [L, W].
        image: uint8 [H, W, C], with the fitted noise maps if there are any.
        maps: the fitted noise maps by their path, float32 [h, w] each; {} where the network's own are used.
        told: PSNR in dB and perceptual distance, before (the best candidate) and after; with fitted maps, the
            same _in_films, which have the network's own.
    """

    w: np.ndarray
    image: np.ndarray
    maps: dict[str, np.ndarray]
    told: dict[str, float]


def project_pictures(
    projector: Projector,
    images: np.ndarray,
    *,
    first: int = 0,
    size: int | None = None,
    seen: Callable[[int], Any] = lambda count: None,
    film: Callable[[Callable[[], np.ndarray]], None] = lambda draw: None,
) -> list[Projection]:
    """Project at most one batch of pictures.

    Args:
        projector: the generator and the distance.
        images: uint8 [N, H, W, C], N up to `size`.
        first: number of the first picture, which keys its noise; a picture's result is the same, to rounding,
            whatever batch it is in.
        size: of a call to the device, the projector's batch by default; equal sizes share a compilation.
        seen: is told the steps of each call to the device.
        film: is given, after each call, a function that draws the pictures as they are: uint8 [N, H, W, C].
    """
    config, family = projector.config, projector.family
    size = size or projector.batch
    goals = jnp.asarray(to_float(pad_batch(images, size=size)))
    target = projector.see(goals)
    w = projector.best_candidates(target)
    told = {"before": measured(projector, projector.images(w), goals, target)}
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.PROJECTION_NOISE)
    keys = latents.item_keys(key, latents.numbered(first, size))

    def drawn(descent: Descent) -> np.ndarray:
        found = projector.images(to_w(descent.u, projector.space, layers=family.num_ws), descent.maps)
        return np.asarray(to_uint8(found))[: len(images)]

    def watch(descent: Descent, count: int) -> None:
        seen(count)
        film(lambda: drawn(descent))

    begun = start(w, projector.space, noise_maps(projector.params), config)
    descent = projector.descend(begun, target, keys, steps=config.steps, seen=watch)
    w = to_w(descent.u, projector.space, layers=family.num_ws)
    told["after"] = measured(projector, projector.images(w, descent.maps), goals, target)
    if descent.maps:
        told["in_films"] = measured(projector, projector.images(w), goals, target)
    pictures, maps = drawn(descent), {name: np.asarray(m) for name, m in descent.maps.items()}
    return [
        Projection(
            np.asarray(w[i]),
            pictures[i],
            {name: m[i] for name, m in maps.items()},
            {f"{name}_{when}": float(all_[i]) for when, both in told.items() for name, all_ in both.items()},
        )
        for i in range(len(images))
    ]


def measured(
    projector: Projector, found: jax.Array, goals: jax.Array, target: Target
) -> dict[str, np.ndarray]:
    """How near pictures are to their goals: psnr_db and the perceptual distance, [N] each."""
    seen = projector.see(found)
    distance = maps_distance(seen.perceptual, target.perceptual)
    return {"psnr_db": np.asarray(psnr(found, goals)), "distance": np.asarray(distance)}
