"""A moving drawing in the colours of another film: in every frame the means under its regions.

No colour depends on another frame, so no region is followed. Only lines that are kept want to be known
before: their levels are those of the whole film.
"""

import itertools
from collections.abc import Callable, Iterator

import jax.numpy as jnp
import numpy as np

from data_prep.errors import InputError
from data_prep.video.sources import Frames
from fill.config import FilmConfig
from fill.ink import Levels, Tones, ink_levels
from fill.parallel import over_cores
from fill.pipeline import check_images
from fill.regions import table_capacity
from fill.video import frames as device
from fill.video.frames import batched, of_one_size, stacked
from fill.video.recolor import add_tones


def measure(
    frames: Frames, config: FilmConfig, *, batch: int = 8, on_frame: Callable[[], object] = lambda: None
) -> tuple[int, Levels | None]:
    """How many frames a film has, and for lines that are kept the levels of its ink.

    Args:
        frames: the film.
        config: see FilmConfig.
        batch: frames that are looked at together.
        on_frame: called after each.

    Raises: InputError: there are no frames, or they have different sizes, or sides above MAX_SIDE_PX.
    """
    total, tones = 0, None
    for images, count in batched(frames(), batch):
        check_images(images)
        if config.keep_lines:
            tones = add_tones(tones, images[:count])
        total += count
        for _ in range(count):
            on_frame()
    if not total:
        raise InputError("the film has no frames")
    return total, _levels(tones, config)


def sample(
    frames: Frames,
    pictures: Frames,
    config: FilmConfig,
    ink: Levels | None = None,
    *,
    batch: int = 8,
    skip: Callable[[int], bool] = lambda index: False,
) -> Iterator[np.ndarray]:
    """The coloured frames of a film, uint8 [H, W, 3], in order.

    Args:
        frames: the film.
        pictures: another, whose frames are stretched over those of the drawing; when it ends it begins anew.
        config: see FilmConfig; nothing of it that is about colours that stay means anything here.
        ink: what `measure` found.
        batch: frames coloured at once; changes none of them.
        skip: frames, by number, that are there already and are left out.

    Raises: InputError: frames have different sizes, or sides above MAX_SIDE_PX; there are no pictures.
    """
    pairs = enumerate(zip(of_one_size(frames()), _again(pictures), strict=False))
    wanted = (pair for index, pair in pairs if not skip(index))
    while chunk := list(itertools.islice(wanted, batch)):
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


def _levels(tones: Tones | None, config: FilmConfig) -> Levels | None:
    return None if tones is None else ink_levels(tones, threshold=config.threshold)


def _again(film: Frames) -> Iterator[np.ndarray]:
    """The frames of a film, over and over."""
    while True:
        shown = 0
        for frame in film():
            shown += 1
            yield frame
        if not shown:
            raise InputError("the film that is the palette has no frames")
