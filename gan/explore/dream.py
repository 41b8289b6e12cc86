"""Activation maximisation: images that increase the score of a discriminator.

Plain gradient ascent ends in noise with a high score. Total variation and random shifts (jitter) favour
smooth images whose score does not depend on the position of the lines.

Sources: Mahendran and Vedaldi 2015, "Understanding deep image representations by inverting them", section 3
(total variation, jitter); Mordvintsev et al. 2015, "Inceptionism" (steps of one size).
"""

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_prep import outputs
from data_prep.images import to_float, to_uint8, write_image
from data_prep.progress import Progress, no_progress
from data_prep.video.codec import write_video
from data_prep.video.sources import fingerprint
from gan import latents
from gan.explore.config import DreamConfig
from gan.families import Family
from gan.random_streams import Stream
from gan.runs.discriminator import SavedDiscriminator
from gan.runs.log import image_grid, square_columns, write_grid
from gan.sample import class_number

MOST_FRAMES = 240
FPS = 30.0


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


@dataclasses.dataclass(frozen=True)
class DreamFiles:
    """Files of `write_dream`, or those that existed already."""

    folder: Path
    files: tuple[Path, ...] = ()  # of the images; empty: they existed
    scores_before: tuple[float, ...] = ()
    scores_after: tuple[float, ...] = ()

    def __str__(self) -> str:
        if not self.files:
            return f"{self.folder}  already done"
        scores = zip(self.files, self.scores_before, self.scores_after, strict=True)
        lines = [f"{file}  score {before:.2f} -> {after:.2f}" for file, before, after in scores]
        before, after = np.mean(self.scores_before), np.mean(self.scores_after)
        total = f"{self.folder}  {len(self.files)} images, mean score {before:.2f} -> {after:.2f}"
        return "\n".join([*lines, total])


def write_dream(
    discriminator: SavedDiscriminator,
    out: Path,
    config: DreamConfig,
    *,
    count: int = 8,
    label: str | None = None,
    start: tuple[Path, np.ndarray] | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> DreamFiles:
    """Write the images of `run_dream`, a grid of them, and a video of the ascent.

    Args:
        discriminator: the network.
        out: output folder.
        config: checked.
        count: number of images, each with its own noise and shifts.
        label: name or number of a class; None: the first, if there are classes.
        start: file and pixels, uint8 [H, W, C], of the initial image; None: noise.
        overwrite: replace other results in `out`.
        progress: opens a progress bar.

    Raises: InputError: no such class, or `out` holds something else.
    """
    number = 0 if label is None else class_number(discriminator.class_names, label)
    settings = {
        "discriminator": discriminator.identity,
        "image": None if start is None else fingerprint(start[0]),
        "count": count,
        "label": number,
        "config": dataclasses.asdict(config),
    }
    with outputs.work(
        out, command="gan dream", settings=settings, source=discriminator.run, overwrite=overwrite
    ) as state:
        if state == "done":
            return DreamFiles(out)
        on_cpu = jax.default_backend() == "cpu"  # loops are slow there
        with progress(config.steps, unit="step", label="dream") as bar:
            result = run_dream(
                discriminator.family,
                discriminator.params,
                config=config,
                count=count,
                label=number,
                start=None if start is None else start[1],
                steps_per_call=1 if on_cpu else max(1, config.steps // MOST_FRAMES),
                report=bar.update,
            )
        columns = square_columns(count)
        grids = (image_grid(frame, columns=columns) for frame in result.frames)
        write_video((g[..., :3] if g.shape[2] == 4 else g for g in grids), out / "dream.mp4", fps=FPS)
        files = tuple(out / f"dream{i:02d}.png" for i in range(count))
        for file, image in zip(files, result.images, strict=True):
            write_image(file, image)
        write_grid(out / "grid.png", result.images, columns=columns)
    return DreamFiles(out, files, tuple(result.scores_before.tolist()), tuple(result.scores_after.tolist()))


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
    before = np.asarray(_scores(family, params, images, labels))
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
    return DreamResult(frames[-1], before, np.asarray(_scores(family, params, images, labels)), frames)


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


_scores = jax.jit(scores, static_argnums=0)


def variation(images: jax.Array) -> jax.Array:
    """Total variation: mean length of the differences to the pixels right and below: [N] of [N, H, W, C]."""
    down = jnp.diff(images, axis=1, append=images[:, -1:])
    right = jnp.diff(images, axis=2, append=images[:, :, -1:])
    return jnp.sqrt(jnp.square(down) + jnp.square(right) + 1e-6).mean((1, 2, 3))


def shifted(images: jax.Array, shifts: jax.Array) -> jax.Array:
    """Roll images [N, H, W, C] by shifts int32 [N, 2], down and right."""
    return jax.vmap(lambda image, shift: jnp.roll(image, shift, axis=(0, 1)))(images, shifts)


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
    """`count` ascent steps on images [N, H, W, C] float32 in [-1, 1], which are independent of each other.

    Args:
        keys: [N], one per image; the step number is folded in for the shift of each step.
        images: before the steps.
        step: number of the first step, int32 [].
        params: of the discriminator.
        labels: classes int32 [N]; None for families without classes.
        family: the networks.
        config: weights and learning rate.
        count: number of steps; 1 compiles without a loop.

    Returns: images after the steps, clipped to [-1, 1].
    """
    most = config.jitter_px

    def ascend(step: jax.Array, images: jax.Array) -> jax.Array:
        def shift(key: jax.Array) -> jax.Array:
            return jax.random.randint(jax.random.fold_in(key, step), (2,), -most, most + 1)

        shifts = jax.vmap(shift)(keys)
        up = _normalized(jax.grad(lambda x: scores(family, params, x, labels).sum())(shifted(images, shifts)))
        up = shifted(up, -shifts)
        if config.total_variation:
            up = up - config.total_variation * _normalized(jax.grad(lambda x: variation(x).sum())(images))
        fraction = step.astype(jnp.float32) / config.steps
        return jnp.clip(images + config.learning_rate * (1 - 0.9 * fraction) * up, -1, 1)

    if count == 1:
        return ascend(step, images)
    return jax.lax.fori_loop(0, count, lambda i, x: ascend(step + i, x), images)


def _normalized(gradient: jax.Array) -> jax.Array:
    """Gradients [N, H, W, C], each scaled to a root mean square of 1."""
    squared = jnp.square(gradient).mean((1, 2, 3), keepdims=True)
    return gradient * jax.lax.rsqrt(squared + 1e-20)
