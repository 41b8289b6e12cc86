"""Pictures, batch by batch: candidate, descent, and how near it came."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan import latents
from gan.perceptual import maps_distance
from gan.projection.descent import Projector, Target, start, to_w
from gan.projection.objective import noise_maps, psnr

KEYS = 401  # stream of the noise on w, folded into the seed's key


@dataclasses.dataclass(frozen=True)
class Projection:
    """What became of one picture.

    Attributes:
        w: float32 [L, W].
        image: uint8 [H, W, C], with the fitted noise maps if there are any.
        told: PSNR in dB and perceptual distance, before (the best candidate) and after.
    """

    w: np.ndarray
    image: np.ndarray
    told: dict[str, float]


def project_pictures(
    projector: Projector,
    images: np.ndarray,
    *,
    first: int = 0,
    size: int | None = None,
    seen: Callable[[int], Any] = lambda count: None,
    film: Callable[[np.ndarray], None] | None = None,
) -> list[Projection]:
    """Project at most one batch of pictures.

    Args:
        projector: the generator and the distance.
        images: uint8 [N, H, W, C], N up to `size`.
        first: number of the first picture, which keys its noise; a picture's result is the same, to rounding,
            whatever batch it is in.
        size: of a call to the device, the projector's batch by default; equal sizes share a compilation.
        seen: is told the steps of each call to the device.
        film: is given the pictures [N, H, W, C] uint8 as they are after each call.
    """
    config, family = projector.config, projector.family
    size = size or projector.batch
    padded = np.concatenate([images, np.repeat(images[-1:], size - len(images), axis=0)])
    goals = jnp.asarray(to_float(padded))
    target = projector.see(goals)
    w, _ = projector.best_candidates(target)
    before = measured(projector, projector.images(w), goals, target)
    key = jax.random.fold_in(jax.random.key(config.seed), KEYS)
    keys = latents.item_keys(key, latents.numbered(first, size))

    def after(u: jax.Array) -> jax.Array:
        return to_w(u, projector.space, layers=family.num_ws)

    def watch(descent: Any, count: int) -> None:
        seen(count)
        if film is not None:
            shown = projector.images(after(descent.u), descent.maps)
            film(np.asarray(to_uint8(shown))[: len(images)])

    begun = start(w, projector.space, noise_maps(projector.params), config)
    descent = projector.descend(begun, target, keys, steps=config.steps, seen=watch)
    w = after(descent.u)
    found = projector.images(w, descent.maps)
    now = measured(projector, found, goals, target)
    pictures = np.asarray(to_uint8(found))
    results = []
    for i in range(len(images)):
        told = {
            f"{name}_{when}": float(values[i])
            for when, all_ in (("before", before), ("after", now))
            for name, values in all_.items()
        }
        results.append(Projection(np.asarray(w[i]), pictures[i], told))
    return results


def measured(
    projector: Projector, found: jax.Array, goals: jax.Array, target: Target
) -> dict[str, np.ndarray]:
    """How near pictures are to their goals: psnr in dB and the perceptual distance, [N] each."""
    seen = projector.see(found)
    distance = maps_distance(seen.perceptual, target.perceptual)
    return {"psnr_db": np.asarray(psnr(found, goals)), "distance": np.asarray(distance)}
