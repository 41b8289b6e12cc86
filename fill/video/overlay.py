"""Colour a video from another video: in every frame, the means of the other video under the regions.

Frames are independent, so no region is tracked. Only `keep_lines` needs a first pass: the ink levels of the
whole video.
"""

import itertools
from collections.abc import Callable, Iterator

import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.video.sources import Frames
from fill.config import VideoConfig
from fill.ink import Levels, Tones, ink_levels
from fill.parallel import over_cores
from fill.pipeline import check_images
from fill.regions import table_capacity
from fill.video import frames as device
from fill.video.frames import batched, of_one_size, stacked
from fill.video.recolor import add_tones


def measure(
    frames: Frames, config: VideoConfig, *, batch: int = 8, on_frame: Callable[[], object] = lambda: None
) -> tuple[int, Levels | None]:
    """Count the frames of a video; for `keep_lines` also measure its ink levels.

    Args:
        frames: the video.
        config: see VideoConfig.
        batch: frames processed at once.
        on_frame: called after each.

    Raises: InputError: no frames, frames of different sizes, or sides above the limit of fill.
    """
    total, tones = 0, None
    for images, count in batched(frames(), batch, torus=config.wraps):
        check_images(images)
        if config.keep_lines:
            tones = add_tones(tones, images[:count])
        total += count
        for _ in range(count):
            on_frame()
    if not total:
        raise InputError("the video has no frames")
    return total, _levels(tones, config)


def sample(
    frames: Frames,
    sources: Frames,
    config: VideoConfig,
    *,
    ink: Levels | None = None,
    batch: int = 8,
    skip: Callable[[int], bool] = lambda index: False,
) -> Iterator[np.ndarray]:
    """Yield the coloured frames of a video, uint8 [H, W, 3], in order.

    Args:
        frames: the video to colour.
        sources: the video to take colours from, stretched to the frame size; repeats when it ends.
        config: see VideoConfig; fields about tracked colours are ignored.
        ink: as returned by `measure`.
        batch: frames coloured at once. Does not change the result.
        skip: predicate on frame indices; these frames are left out.

    Raises: InputError: frames of different sizes, sides above the limit of fill, or no source frames.
    """
    pairs = enumerate(zip(of_one_size(frames(), torus=config.wraps), _repeated(sources), strict=False))
    requested = (pair for index, pair in pairs if not skip(index))
    while chunk := list(itertools.islice(requested, batch)):
        images, under = (stacked(list(part), batch) for part in zip(*chunk, strict=True))
        check_images(images)
        labels, most = over_cores(lambda images: device.label_frames(images, config), images)
        capacity = table_capacity(int(jnp.max(most)))
        filled = over_cores(
            lambda *parts, capacity=capacity: device.sample_frames(*parts, config, ink, capacity),
            images,
            labels,
            under,
        )
        yield from np.asarray(filled)[: len(chunk)]


def _levels(tones: Tones | None, config: VideoConfig) -> Levels | None:
    return None if tones is None else ink_levels(tones, threshold=config.fixed_threshold)


def _repeated(video: Frames) -> Iterator[np.ndarray]:
    """Yield the frames of a video over and over."""
    while True:
        count = 0
        for frame in video():
            count += 1
            yield frame
        if not count:
            raise InputError("--palette: the video has no frames")
