"""Project images in batches: best candidate, descent, similarity."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan import latents
from gan.devices.batching import pad_batch
from gan.metrics.perceptual import maps_distance
from gan.projection.objective import noise_maps, psnr
from gan.projection.optimizer import Descent, Projector, Target, start, to_w
from gan.random_streams import Stream


@dataclasses.dataclass(frozen=True)
class Projection:
    """Result of the projection of one image.

    Attributes:
        w: float32 [L, W].
        image: uint8 [H, W, C], drawn with the fitted noise maps if there are any.
        maps: fitted noise maps by path, float32 [h, w] each; {} if the network's own are used.
        results: psnr_db and distance, _before (best candidate) and _after; with fitted maps also _in_videos,
            drawn with the network's own maps.
    """

    w: np.ndarray
    image: np.ndarray
    maps: dict[str, np.ndarray]
    results: dict[str, float]


def project_images(
    projector: Projector,
    images: np.ndarray,
    *,
    first: int = 0,
    size: int | None = None,
    report: Callable[[int], Any] = lambda count: None,
    record: Callable[[Callable[[], np.ndarray]], None] = lambda draw: None,
) -> list[Projection]:
    """Project at most one batch of images.

    Args:
        projector: generator and distance.
        images: uint8 [N, H, W, C], N up to `size`.
        first: number of the first image, folded into its noise key: results do not depend on the batch, up to
            rounding.
        size: images per device call; None: the projector's batch. Each size is compiled once.
        report: called with the number of steps of each device call.
        record: called after each device call with a function that returns the current images, uint8
            [N, H, W, C].
    """
    config, family = projector.config, projector.family
    size = size or projector.batch
    targets = jnp.asarray(to_float(pad_batch(images, size=size)))
    target = projector.see(targets)
    w = projector.best_candidates(target)
    results = {"before": similarity(projector, projector.images(w), targets, target)}
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.PROJECTION_NOISE)
    keys = latents.item_keys(key, latents.numbered(first, size))

    def drawn(descent: Descent) -> np.ndarray:
        found = projector.images(to_w(descent.u, projector.space, layers=family.num_ws), maps=descent.maps)
        return np.asarray(to_uint8(found))[: len(images)]

    def after_call(descent: Descent, count: int) -> None:
        report(count)
        record(lambda: drawn(descent))

    initial = start(w, projector.space, noise_maps(projector.params), config)
    descent = projector.descend(initial, target, keys, steps=config.steps, report=after_call)
    w = to_w(descent.u, projector.space, layers=family.num_ws)
    results["after"] = similarity(projector, projector.images(w, maps=descent.maps), targets, target)
    if descent.maps:
        results["in_videos"] = similarity(projector, projector.images(w), targets, target)
    pixels, maps = drawn(descent), {name: np.asarray(m) for name, m in descent.maps.items()}
    return [
        Projection(
            np.asarray(w[i]),
            pixels[i],
            {name: m[i] for name, m in maps.items()},
            {
                f"{name}_{when}": float(all_[i])
                for when, both in results.items()
                for name, all_ in both.items()
            },
        )
        for i in range(len(images))
    ]


def similarity(
    projector: Projector, found: jax.Array, targets: jax.Array, target: Target
) -> dict[str, np.ndarray]:
    """psnr_db and perceptual distance of images to their targets, [N] each."""
    seen = projector.see(found)
    distance = maps_distance(seen.perceptual, target.perceptual)
    return {"psnr_db": np.asarray(psnr(found, targets)), "distance": np.asarray(distance)}
