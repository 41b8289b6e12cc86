"""Clips, window by window: each frame starts from its neighbour and is tied to it."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan import latents
from gan.projection.descent import Links, Projector, start, to_w
from gan.projection.pictures import KEYS, measured


def windows(count: int, size: int) -> list[range]:
    """The frames of a clip in windows of `size`, the last one shorter."""
    return [range(i, min(i + size, count)) for i in range(0, count, size)]


def project_window(
    projector: Projector,
    images: np.ndarray,
    before: np.ndarray | None,
    *,
    first: int,
    seen: Callable[[int], Any] = lambda count: None,
) -> np.ndarray:
    """Project the frames of one window together.

    Args:
        projector: the generator and the distance; of noise maps the network's own are used.
        images: uint8 [K, H, W, C], K up to config.window.
        before: w [L, W] of the frame before these; None at the clip's start, where the best candidate for the
            first frame is what all of them start from.
        first: number of the first frame, which keys its noise.
        seen: is told the steps of each call to the device.

    Returns: w [K, L, W] float32.
    """
    config, size = projector.config, projector.config.window
    padded = np.concatenate([images, np.repeat(images[-1:], size - len(images), axis=0)])
    target = projector.see(jnp.asarray(to_float(padded)))
    w = projector.best_candidates(target)[0][0] if before is None else jnp.asarray(before)
    begun = start(jnp.broadcast_to(w, (size, *w.shape)), projector.space, {}, config)
    tied = (np.arange(size) < len(images)).astype(np.float32)
    tied[0] = float(before is not None)
    key = jax.random.fold_in(jax.random.key(config.seed), KEYS)
    keys = latents.item_keys(key, latents.numbered(first, size))
    links = Links(jnp.array(begun.u[0]), jnp.asarray(tied))
    steps = config.steps if before is None else config.clip_steps
    descent = projector.descend(begun, target, keys, links=links, steps=steps, seen=lambda _, n: seen(n))
    return np.asarray(to_w(descent.u, projector.space, layers=projector.family.num_ws))[: len(images)]


def judge(projector: Projector, w: np.ndarray, images: np.ndarray) -> tuple[dict[str, float], np.ndarray]:
    """How near a path comes to a clip, and how steadily.

    Args:
        w: [T, L, W].
        images: the clip, uint8 [T, H, W, C].

    Returns:
        (psnr_db and distance, means over frames; jitter: root mean square of w's second differences, in
        standard deviations of w; flicker: the same of the pictures', in grey levels, and flicker_of_clip of
        the clip's own; pictures uint8 [T, H, W, C]).
    """
    size, pictures = projector.config.window, []
    sums: dict[str, list[float]] = {}
    for frames in windows(len(w), size):
        index = np.minimum(np.arange(frames.start, frames.start + size), frames.stop - 1)
        goals = jnp.asarray(to_float(images[index]))
        found = projector.images(jnp.asarray(w[index]))
        for name, values in measured(projector, found, goals, projector.see(goals)).items():
            sums.setdefault(name, []).extend(values[: len(frames)].tolist())
        pictures.append(np.asarray(to_uint8(found))[: len(frames)])
    drawn = np.concatenate(pictures)
    told = {name: float(np.mean(values)) for name, values in sums.items()}
    told["jitter"] = _roughness(w / float(projector.space.std))
    told["flicker"], told["flicker_of_clip"] = _roughness(drawn), _roughness(images)
    return told, drawn


def _roughness(values: np.ndarray) -> float:
    """Root mean square of second differences along the first axis; 0 of two frames."""
    if len(values) < 3:
        return 0.0
    return float(np.sqrt(np.mean(np.square(np.diff(values.astype(np.float32), n=2, axis=0)))))
