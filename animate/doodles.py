"""Doodles of DRAW: a clip of variations of one drawing, and a clip in which doodles draw themselves."""

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from animate.config import DoodlesConfig
from data_prep.errors import InputError
from data_prep.images.resize import resize
from data_prep.progress import Progress, no_progress
from data_prep.video import export
from gan import latents
from gan.config.draw import PostprocessConfig
from gan.draw.glimpses import frame_of, glimpses
from gan.draw.postprocess import postprocess
from gan.draw.seed_image import SeedImage
from gan.draw.variations import draw_family, vary
from gan.runs.log import image_grid, square_columns
from gan.sample import Generator, sample_images

PLAIN = PostprocessConfig()
ENCODING = export.Encoding()


@dataclasses.dataclass(frozen=True)
class Clip:
    """A written clip, or one that existed already."""

    path: Path
    frames: int
    fps: float
    doodles: int

    def __str__(self) -> str:
        seconds = round(self.frames / self.fps, 2)
        return f"{self.path}  {self.doodles} doodles, {self.frames} frames, {seconds:g} s"


def doodle_latents(
    generator: Generator,
    config: DoodlesConfig,
    *,
    seed_image: SeedImage | None = None,
    label: int | None = None,
) -> np.ndarray:
    """z [count, T Z] of variations of a seed image, or of the prior without one."""
    if seed_image is None:
        seeds = [(config.seed + i) % 2**32 for i in range(config.count)]
        return config.strength * np.asarray(latents.from_seeds(seeds, z_dim=generator.z_dim))
    family = draw_family(generator.family, name="the generator")
    options: dict[str, Any] = {
        "strength": config.strength,
        "jitter": config.jitter,
        "where": config.jitter_at,
    }
    key = jax.random.key(config.seed)
    return vary(key, family, generator.params, seed_image.ink, count=config.count, label=label, **options)


def write_doodles(
    generator: Generator,
    out: Path,
    config: DoodlesConfig,
    *,
    seed_image: SeedImage | None = None,
    label: int | None = None,
    frame_sec: float = 0.12,
    scale: int = 4,
    post: PostprocessConfig = PLAIN,
    encoding: export.Encoding = ENCODING,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Clip:
    """Write a clip with a doodle per frame.

    Args:
        generator: of DRAW.
        out: video, GIF, or a folder for numbered images.
        config: which doodles.
        seed_image: drawing whose variations are drawn; None: doodles of the prior.
        label: class, for a model with classes.
        frame_sec: duration of a frame, seconds.
        scale: enlarges the images, by cubic interpolation, after post-processing.
        post: post-processing.
        encoding: of the clip.
        overwrite: replace a clip with other settings.
        progress: opens a progress bar.

    Raises: InputError: invalid settings, or another file. WorkError: writing failed.
    """
    config.check()
    draw_family(generator.family, name="the generator")
    if not (math.isfinite(frame_sec) and 0.01 <= frame_sec <= 60):
        raise InputError(f"--frame-sec {frame_sec:g}: must be from 0.01 to 60")
    _check_scale(scale)
    encoding.check(out)
    settings = {**dataclasses.asdict(config), **dataclasses.asdict(post), "generator": generator.identity}
    settings |= {"scale": scale, "frame_sec": frame_sec, "label": label, "seed_image": _digest(seed_image)}
    settings |= encoding.settings(out)
    clip = Clip(out, config.count, 1 / frame_sec, config.count)
    command = "animate doodles"
    if export.is_complete(out, settings, command=command, overwrite=overwrite):
        return clip
    z = doodle_latents(generator, config, seed_image=seed_image, label=label)

    def draw(frames: Sequence[int]) -> Iterator[np.ndarray]:
        chosen = jnp.asarray(z[np.asarray(frames)])
        # without a label those of `doodle_latents`: the first class, not classes in turn
        labels = jnp.full(len(chosen), label or 0, jnp.int32) if generator.class_names else None
        for images in sample_images(generator.family, generator.params, chosen, labels=labels):
            for image in postprocess(images, post):
                height, width = image.shape[:2]
                yield resize(image, height * scale, width * scale)

    export.export_video(
        draw,
        out,
        count=config.count,
        fps=clip.fps,
        settings=settings,
        command=command,
        encoding=encoding,
        overwrite=overwrite,
        progress=progress,
    )
    return clip


def write_drawing(
    generator: Generator,
    out: Path,
    config: DoodlesConfig,
    *,
    seed_image: SeedImage | None = None,
    label: int | None = None,
    seconds: float = 3.0,
    hold_sec: float = 1.0,
    fps: float = 30.0,
    scale: int = 8,
    window: Literal["shown", "hidden"] = "hidden",
    encoding: export.Encoding = ENCODING,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Clip:
    """Write a clip in which doodles draw themselves: canvases c_0 .. c_T, interpolated, on a square grid.

    Args:
        generator: of DRAW.
        out: video, GIF, or a folder for numbered images.
        config: which doodles.
        seed_image: drawing whose variations are drawn; None: doodles of the prior.
        label: class, for a model with classes.
        seconds: time in which they are drawn.
        hold_sec: time for which the drawn doodles stay.
        fps: frames per second.
        scale: pixels are repeated so many times.
        window: outline the window of attention that is writing.
        encoding: of the clip.
        overwrite: replace a clip with other settings.
        progress: opens a progress bar.

    Raises: InputError: invalid settings, or another file. WorkError: writing failed.
    """
    config.check()
    family = draw_family(generator.family, name="the generator")
    for name, value, least in (("seconds", seconds, 0.01), ("fps", fps, 0.1), ("hold-sec", hold_sec, 0.0)):
        if not (math.isfinite(value) and value >= least):
            raise InputError(f"--{name} {value:g}: must be at least {least:g}")
    if config.count > 400:
        raise InputError(f"--count {config.count}: must be at most 400 doodles on one grid")
    _check_scale(scale)
    encoding.check(out)
    drawing, held = max(2, round(seconds * fps)), round(hold_sec * fps)
    clip = Clip(out, drawing + held, fps, config.count)
    settings = {**dataclasses.asdict(config), "generator": generator.identity, "seconds": seconds}
    settings |= {"scale": scale, "fps": fps, "hold_sec": hold_sec, "window": window, "label": label}
    settings |= {"seed_image": _digest(seed_image)} | encoding.settings(out)
    command = "animate drawing"
    if export.is_complete(out, settings, command=command, overwrite=overwrite):
        return clip
    z = doodle_latents(generator, config, seed_image=seed_image, label=label)
    labels = None if label is None else np.full(len(z), label, np.int32)
    drawn = glimpses(family, generator.params, z, labels=labels)

    def draw(frames: Sequence[int]) -> Iterator[np.ndarray]:
        for frame in frames:
            position = min(frame / (drawing - 1), 1.0) * family.config.glimpses
            images = frame_of(family, drawn, position, scale=scale, window=window == "shown")
            yield image_grid(images, columns=square_columns(len(images)))

    export.export_video(
        draw,
        out,
        count=clip.frames,
        fps=fps,
        settings=settings,
        command=command,
        encoding=encoding,
        overwrite=overwrite,
        progress=progress,
    )
    return clip


def _check_scale(scale: int) -> None:
    if not 1 <= scale <= 64:
        raise InputError(f"--scale {scale}: must be from 1 to 64")


def _digest(seed_image: SeedImage | None) -> str | None:
    return None if seed_image is None else hashlib.sha256(seed_image.ink.tobytes()).hexdigest()[:16]
