"""Activation maximisation: images that increase the score of a discriminator.

Plain gradient ascent ends in noise with a high score. Total variation and random shifts (jitter) favour
smooth images whose score does not depend on the position of the lines.

Sources: Mahendran and Vedaldi 2015, "Understanding deep image representations by inverting them", section 3
(total variation, jitter); Mordvintsev et al. 2015, "Inceptionism" (steps of one size).
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep.images import to_float, to_uint8
from gan import latents
from gan.explore.dream_config import DreamConfig
from gan.families import Family
from gan.random_streams import Stream

MOST_FRAMES = 240


@dataclasses.dataclass(frozen=True)
class DreamResult:
    """Result of `run_dream` for N images.

    Attributes:
        images: uint8 [N, H, W, C] after the last step.
        scores_before, scores_after: float32 [N], logits of each image alone.
        frames: uint8 [N, H, W, C] at the start, at regular intervals and at the end.
    """

    images: np.ndarray
    scores_before: np.ndarray
    scores_after: np.ndarray
    frames: list[np.ndarray]


def run_dream(
    family: Family,
    params: Any,
    *,
    config: DreamConfig,
    count: int,
    label: int,
    start: np.ndarray | None,
    steps_per_call: int,
    report: Callable[[int], Any] = lambda steps: None,
) -> DreamResult:
    """Change `count` images so that a discriminator's score increases.

    Args:
        family: the networks.
        params: parameters of the discriminator.
        config: checked.
        count: number of images, each with its own noise and shifts.
        label: class of all images; ignored by families without classes.
        start: uint8 [H, W, C], the initial image; None: noise.
        steps_per_call: steps per device call; 1 on CPU, where loops are slow. At most the frame interval.
        report: called with the number of steps of each device call.
    """
    labels = jnp.full(count, label, jnp.int32) if family.num_classes else None
    key = jax.random.fold_in(jax.random.key(config.seed), Stream.DREAM_SHIFTS)
    keys = latents.item_keys(key, latents.numbered(0, count))
    if start is None:
        images = initial_noise(keys, family.shape, std=config.start)
    else:
        images = jnp.broadcast_to(jnp.asarray(to_float(start)), (count, *family.shape))
    score = jax.jit(lambda params, images, labels: scores(family, params, images, labels))
    before = np.asarray(score(params, images, labels))
    frames = [np.asarray(to_uint8(images))]
    every, done = max(1, config.steps // MOST_FRAMES), 0
    while done < config.steps:
        some = min(steps_per_call, every - done % every, config.steps - done)
        images = climb(
            keys, images, jnp.int32(done), params, labels, family=family, config=config, count=some
        )
        done += some
        report(some)
        if done % every == 0 or done == config.steps:
            frames.append(np.asarray(to_uint8(images)))
    return DreamResult(frames[-1], before, np.asarray(score(params, images, labels)), frames)


def initial_noise(keys: jax.Array, shape: tuple[int, int, int], *, std: float) -> jax.Array:
    """Normal noise, one image per key [N]: [N, H, W, C] float32, clipped to [-1, 1]."""
    noise = jax.vmap(lambda key: jax.random.normal(key, shape))(keys)
    return jnp.clip(std * noise, -1, 1)


def scores(family: Family, params: Any, images: jax.Array, labels: jax.Array | None) -> jax.Array:
    """Logits of a discriminator for images [N, H, W, C] in [-1, 1]: [N] float32.

    Each image is a batch of its own, so that the minibatch deviation is 0 and scores are independent.
    """

    def one(image: jax.Array, label: jax.Array | None) -> jax.Array:
        own = None if label is None else label[None]
        return family.discriminate(params, image[None], labels=own)[0]

    return jax.vmap(one)(images, labels)


def variation(images: jax.Array) -> jax.Array:
    """Total variation: mean length of the differences to the pixels right and below: [N] of [N, H, W, C]."""
    down = jnp.diff(images, axis=1, append=images[:, -1:])
    right = jnp.diff(images, axis=2, append=images[:, :, -1:])
    return jnp.sqrt(jnp.square(down) + jnp.square(right) + 1e-6).mean((1, 2, 3))


def shifted(images: jax.Array, shifts: jax.Array) -> jax.Array:
    """Roll images [N, H, W, C] by shifts int32 [N, 2], down and right."""
    return jax.vmap(lambda image, shift: jnp.roll(image, shift, axis=(0, 1)))(images, shifts)


def ascend(
    keys: jax.Array,
    images: jax.Array,
    step: jax.Array,
    params: Any,
    labels: jax.Array | None,
    *,
    family: Family,
    config: DreamConfig,
) -> jax.Array:
    """One ascent step on images [N, H, W, C] float32 in [-1, 1]; images are independent of each other.

    Args:
        keys: [N], one per image; the step number is folded in for the shift of each step.
        images: before the step.
        step: its number, int32 [].
        params: of the discriminator.
        labels: classes int32 [N]; None for families without classes.
        family: the networks.
        config: weights and learning rate.

    Returns: images after the step, clipped to [-1, 1].
    """

    def shift(key: jax.Array) -> jax.Array:
        most = config.jitter_px
        return jax.random.randint(jax.random.fold_in(key, step), (2,), -most, most + 1)

    shifts = jax.vmap(shift)(keys)
    up = _normalized(jax.grad(lambda x: scores(family, params, x, labels).sum())(shifted(images, shifts)))
    up = shifted(up, -shifts)
    if config.total_variation:
        up = up - config.total_variation * _normalized(jax.grad(lambda x: variation(x).sum())(images))
    fraction = step.astype(jnp.float32) / config.steps
    rate = config.learning_rate * (1 - 0.9 * fraction)
    return jnp.clip(images + rate * up, -1, 1)


@partial(jax.jit, static_argnames=("family", "config", "count"))
def climb(
    keys: jax.Array,
    images: jax.Array,
    step: jax.Array,
    params: Any,
    labels: jax.Array | None,
    *,
    family: Family,
    config: DreamConfig,
    count: int,
) -> jax.Array:
    """`count` steps of `ascend`, the first of them number `step`. A count of 1 compiles without a loop."""
    one = partial(ascend, family=family, config=config)
    if count == 1:
        return one(keys, images, step, params, labels)
    return jax.lax.fori_loop(0, count, lambda i, x: one(keys, x, step + i, params, labels), images)


def _normalized(gradient: jax.Array) -> jax.Array:
    """Gradients [N, H, W, C], each scaled to a root mean square of 1."""
    squared = jnp.square(gradient).mean((1, 2, 3), keepdims=True)
    return gradient * jax.lax.rsqrt(squared + 1e-20)
