"""Frames projected to w, once for each run of frames: results are cached in a folder."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import jax
import numpy as np

from data_prep.progress import Progress, no_progress
from gan.config.next_frame import NextFrameConfig
from gan.metrics.perceptual import Perceptual
from gan.projection.config import ProjectionConfig
from gan.projection.optimizer import Projector
from gan.projection.outputs import project_tied
from gan.projection.progress import Rate
from gan.projection.project import STEPS_PER_CALL
from gan.runs.latent_files import projection_header, read_latents, write_latents
from gan.sample import Generator

CANDIDATES = 500
FOLDER = "latents"  # of a run


@dataclasses.dataclass(frozen=True)
class _Images:
    """Frames in memory as a clip to project."""

    path: Path
    images: np.ndarray

    @property
    def count(self) -> int:
        return len(self.images)

    def windows(self, shape: tuple[int, int, int], size: int, *, first: int = 0) -> Iterator[np.ndarray]:
        for i in range(first, self.count, size):
            yield self.images[i : i + size]


def open_projector(generator: Generator, perceptual: Perceptual, config: NextFrameConfig) -> Projector:
    """A projector to w with one style for all layers, with the steps of `config`."""
    options = ProjectionConfig(
        steps=config.projection_steps, clip_steps=config.projection_frame_steps, candidates=CANDIDATES
    )
    per_call = 1 if jax.default_backend() == "cpu" else STEPS_PER_CALL
    return Projector(generator.family, generator.params, perceptual, options, per_call=per_call)


def project_runs(
    projector: Projector,
    generator: Generator,
    runs: Sequence[np.ndarray],
    folder: Path,
    *,
    label: str,
    fps: float,
    progress: Progress = no_progress,
) -> list[np.ndarray]:
    """Standardised w of runs of consecutive frames, each resumed or read from `folder` where it can be.

    Args:
        projector: generator and distance, compiled.
        generator: the same generator.
        runs: uint8 [T, H, W, C] each, T at least 2.
        folder: of the cached results, named by the frames, the networks and the settings.
        label: of the progress bar.
        fps: of the frames, stored in the files.
        progress: opens a progress bar.

    Returns: float32 [T, W] each.
    Raises: WorkError: the optimisation diverged.
    """
    header = projection_header(generator.identity, projector.config, fps=fps)
    mean, std = np.asarray(projector.space.mean), float(projector.space.std)
    found = []
    for number, images in enumerate(runs):
        name = _key(projector, generator, images)
        done, partial = folder / f"{name}.npz", folder / f"{name}.partial.npz"
        if not done.is_file():
            clip = _Images(Path(f"{label} {number + 1} of {len(runs)}"), images)
            w = project_tied(projector, clip, partial, header=header, rate=Rate(), progress=progress)
            write_latents(done, w, header=header)
            partial.unlink(missing_ok=True)
        w = read_latents(done)[0][:, 0]
        found.append(((w - mean) / std).astype(np.float32))
    return found


def _key(projector: Projector, generator: Generator, images: np.ndarray) -> str:
    settings = [generator.identity, projector.perceptual.name, dataclasses.asdict(projector.config)]
    hashed = hashlib.sha256(json.dumps([*settings, list(images.shape)]).encode())
    hashed.update(np.ascontiguousarray(images).tobytes())
    return hashed.hexdigest()[:16]
