"""A straight line in w between two ends: images, which are projected, or latents."""

import dataclasses
from pathlib import Path

import jax
import numpy as np

from animate.config import LerpConfig
from animate.controls import w_space
from animate.paths.latent_loader import load_latents
from animate.paths.path import LatentPath
from data_prep.errors import InputError
from data_prep.images import SUFFIXES
from data_prep.progress import Progress, Warn, ignore, no_progress
from gan.metrics.perceptual import distance_of
from gan.projection.config import ProjectionConfig
from gan.projection.images import project_images
from gan.projection.inputs import read_fitted
from gan.projection.optimizer import Projector
from gan.projection.project import STEPS_PER_CALL
from gan.sample import Generator

STYLE = "lerp"  # of the path


def lerp_path(
    generator: Generator,
    run: Path,
    ends: tuple[str, str],
    config: LerpConfig,
    *,
    lpips: Path | None = None,
    progress: Progress = no_progress,
    warn: Warn = ignore,
) -> LatentPath:
    """The straight line in w from one end to the other, both included.

    Args:
        generator: of the run.
        run: run folder; its discriminator measures the perceptual distance to images.
        ends: image files, seeds or latents of files, see `animate.paths.latent_spec`.
        config: length, and steps of the projection.
        lpips: weights file of LPIPS, instead of the discriminator.
        progress: opens a progress bar.
        warn: called if there is no discriminator.

    Raises: InputError: an end cannot be read, or is several latents, or an option is invalid.
    """
    config.check()
    images = {end: Path(end) for end in ends if Path(end).suffix.lower() in SUFFIXES}
    w = {end: _latent(generator, end) for end in ends if end not in images}
    if images:
        fitted = [read_fitted(path, generator.shape) for path in images.values()]
        options = ProjectionConfig(steps=config.steps)
        per_call = 1 if jax.default_backend() == "cpu" else STEPS_PER_CALL
        perceptual = distance_of(run, lpips, shape=generator.shape, warn=warn)
        projector = Projector(generator.family, generator.params, perceptual, options, per_call=per_call)
        with progress(config.steps, unit="step", label="project") as bar:
            found = project_images(projector, np.stack(fitted), size=len(fitted), report=bar.update)
        w |= {end: one.w for end, one in zip(images, found, strict=True)}
    latents = line(w[ends[0]], w[ends[1]], frames=config.frame_count, there_and_back=config.there_and_back)
    settings = dataclasses.asdict(config) | {"ends": list(ends)}
    return LatentPath(
        latents, STYLE, settings, 0, config.fps, config.there_and_back, 1.0, generator.identity, cuts=()
    )


def line(a: np.ndarray, b: np.ndarray, *, frames: int, there_and_back: bool = False) -> np.ndarray:
    """Points on the line from `a` to `b` [...], evenly spaced: float32 [frames, ...].

    The first is `a` and the last `b`; there and back, the frame after the last would be `a` again.
    """
    t = np.linspace(0, 1, frames)
    if there_and_back:
        t = 1 - np.abs(1 - np.arange(frames) * 2 / frames)
    t = t.reshape(-1, *[1] * a.ndim)
    return ((1 - t) * a[None] + t * b[None]).astype(np.float32)


def _latent(generator: Generator, end: str) -> np.ndarray:
    """w [L, W] of a seed or of one latent of a file."""

    def to_w(latents: np.ndarray, truncation: float) -> np.ndarray:
        w_space.check_w(generator, latents, name=end)
        return w_space.to_w(generator, latents, truncation=truncation)

    found = load_latents([end], z_dim=generator.z_dim, flag="end", to_w=to_w, in_w=True)
    if len(found) != 1:
        raise InputError(f"{end}: {len(found)} latents; name one of a file: '{end}[0]'")
    return found[0]
