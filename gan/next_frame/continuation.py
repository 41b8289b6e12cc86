"""Continue a clip: predict frame after frame, each from the ones before."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.images import list_images, read_image, to_float, to_uint8
from data_prep.outputs import check_file
from data_prep.progress import Progress, Warn, ignore, no_progress
from data_prep.video.clip import Clip
from data_prep.video.codec import write_video
from gan.next_frame.codes import area_means
from gan.next_frame.latents import FOLDER, project_runs
from gan.next_frame.measure import open_model
from gan.next_frame.networks import Opened
from gan.next_frame.pairs import sampled_frames
from gan.next_frame.training import saved_sources
from gan.projection.inputs import fit
from gan.recipes.next_frame import Weights
from gan.recipes.next_image import predicted_image
from gan.recipes.next_latent import drawn_w, predicted_w


@dataclasses.dataclass(frozen=True)
class Continued:
    """Result of `continue_clip`."""

    video: Path
    context: int  # frames of the clip, first in the video
    frames: int  # predicted frames, after them
    fps: float

    def __str__(self) -> str:
        counts = f"{self.context} frames of the clip and {self.frames} predicted"
        return f"{self.video}  {counts}, {self.fps:g} frames/s"


def continue_clip(
    run: Path,
    clip: Path,
    *,
    page: str,
    frames: int,
    out: Path,
    context_sec: float = 1.0,
    truncation: float = 0.9,
    overwrite: bool = False,
    progress: Progress = no_progress,
    warn: Warn = ignore,
) -> Continued:
    """Write a video of the last frames of a clip and their continuation.

    Args:
        run: run folder of a next-frame model.
        clip: the video to continue.
        page: image file of the page, or its number from 0 in the pages of the training.
        frames: number of frames to predict.
        out: .mp4 to write.
        context_sec: length of the clip's end that the video begins with, at least two frames.
        truncation: factor on the distance from the mean w, applied once per second, so that errors do not
            add up; 1: off.
        overwrite: replace an existing file.
        progress: opens a progress bar.
        warn: called if there is no discriminator.

    Raises: InputError: an option is invalid, or run, clip or page cannot be read.
    """
    if frames < 1:
        raise InputError(f"--frames {frames}: must be at least 1")
    if not (math.isfinite(context_sec) and context_sec > 0):
        raise InputError(f"--context-sec {context_sec:g}: must be above 0")
    if not 0 <= truncation <= 1:
        raise InputError(f"--truncation {truncation:g}: must be from 0 to 1")
    check_file(out, suffix=".mp4", overwrite=overwrite)
    code_path = _page_file(run, page)
    opened, weights = open_model(run, warn=warn)
    code = area_means(read_image(code_path, mode="gray"), side=opened.side)
    context = _last_frames(clip, opened, context_sec)
    options: dict[str, Any] = {"frames": frames, "truncation": truncation}
    if opened.config.recipe == "latent":
        (w,) = project_runs(
            opened.projector,
            opened.generator,
            [context],
            run / FOLDER,
            label=f"project end {clip.name}",
            fps=opened.config.fps,
            progress=progress,
        )
        images = _in_latents(opened, weights, context[-1], w, code, **options)
    else:
        images = _in_pixels(opened, weights, context[-1], code, **options)
    with progress(frames, unit="frame", label="continue") as bar:

        def all_frames() -> Iterator[np.ndarray]:
            yield from context
            for image in images:
                yield image
                bar.update(1)

        write_video(all_frames(), out, fps=opened.config.fps)
    return Continued(out, len(context), frames, opened.config.fps)


def _in_latents(
    opened: Opened,
    weights: Weights,
    last: np.ndarray,
    w: np.ndarray,
    page: np.ndarray,
    *,
    frames: int,
    truncation: float,
) -> Iterator[np.ndarray]:
    """Predicted frames uint8 [H, W, C] after a clip with standardised w [T, W] that ends with frame `last`.

    What the generator cannot draw of the last frame is added to all, and fades with the truncation.
    """
    networks = opened.networks(step=weights.step)
    before, now = w[-2:-1], w[-1:]
    residual = np.zeros((1, *last.shape), np.float32)
    if opened.config.add_residual:
        residual = to_float(last)[None] - drawn_w(networks, now)
    second = max(1, round(opened.config.fps))
    for number in range(1, frames + 1):
        after = predicted_w(networks, weights.params, before, now, page[None])
        before, now = now, after
        if number % second == 0:
            before, now, residual = before - (1 - truncation) * now, truncation * now, truncation * residual
        yield to_uint8(drawn_w(networks, now) + residual)[0]


def _in_pixels(
    opened: Opened, weights: Weights, last: np.ndarray, page: np.ndarray, *, frames: int, truncation: float
) -> Iterator[np.ndarray]:
    """Predicted frames uint8 [H, W, C] after frame `last`."""
    family, second, image = opened.generator.family, max(1, round(opened.config.fps)), last
    for number in range(1, frames + 1):
        code = area_means(image, side=opened.side)[None]
        psi = truncation if number % second == 0 else 1.0
        image = predicted_image(family, weights.params, code, page[None], truncation=psi)[0]
        yield image


def _last_frames(clip: Path, opened: Opened, context_sec: float) -> np.ndarray:
    """The sampled frames of the last seconds of a clip, uint8 [T, H, W, C], T at least 2."""
    shape, fps = opened.generator.shape, opened.config.fps
    with Clip(clip, mode="gray" if shape[2] == 1 else "rgb") as frames:
        numbers = sampled_frames(frames.index.times_sec(), fps=fps)[-max(2, round(context_sec * fps)) :]
        if len(numbers) < 2:
            raise InputError(f"{clip} has one frame at {fps:g} frames/s; a continuation needs two")
        return np.stack([fit(frames[int(number)].image, shape) for number in numbers])


def _page_file(run: Path, page: str) -> Path:
    """The image file of a page. Raises: InputError: there is none."""
    if not page.isdecimal():
        return Path(page)
    paths = [path for source in saved_sources(run) for path in list_images(source.pages, recursive=True)]
    if int(page) >= len(paths):
        raise InputError(
            f"--page {page}: the training has pages 0 to {len(paths) - 1}; or name an image file"
        )
    return paths[int(page)]
