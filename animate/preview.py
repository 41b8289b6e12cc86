"""Previews of paths: w of some of the frames, and how fast the images change along the path."""

import dataclasses

import numpy as np

from animate.controls.w_space import to_w
from animate.paths.constant_speed import thumbnails
from animate.paths.path import LatentPath
from animate.pipeline import prepare_path
from animate.render import check_path
from gan.sample import Generator


@dataclasses.dataclass(frozen=True, eq=False)
class PathPreview:
    """N frames of a path of T frames, at equal intervals.

    Attributes:
        w: float32 [N, L, W], truncated.
        frame_count: T.
        fps: of the path.
        closed: frame T would equal frame 0.
        speed: float64 [N], root mean square change of thumbnails per second from each frame to the next; on
            a closed path the last value is that across the seam, on an open one it repeats the one before.
    """

    w: np.ndarray
    frame_count: int
    fps: float
    closed: bool
    speed: np.ndarray


def preview_path(
    generator: Generator, path: LatentPath, *, count: int, constant_speed: bool = False
) -> PathPreview:
    """Reduce a path to at most `count` frames.

    Args:
        generator: maps latents in z to w, and renders thumbnails.
        path: as `animate.pipeline.style_path` or a file gives it.
        count: N at most, at least 2.
        constant_speed: retime the reduced path to constant apparent speed.

    Raises: InputError: the path does not fit the generator, or cannot be retimed.
    """
    check_path(generator, path.latents)
    total = len(path.latents)
    numbers = frame_numbers(total, count=count, closed=path.closed)
    fps = path.fps * len(numbers) / total
    reduced = dataclasses.replace(path, latents=path.latents[numbers], fps=fps, cuts=None)
    if constant_speed:
        reduced = prepare_path(generator, reduced, constant_speed=True)
    w = to_w(generator, reduced.latents[:], truncation=reduced.truncation)
    thumbs = thumbnails(generator)(w)
    following = np.roll(thumbs, -1, axis=0)
    steps = np.sqrt(np.square(following - thumbs, dtype=np.float64).mean(axis=1))
    if not path.closed:
        steps[-1] = steps[-2]
    return PathPreview(w, total, path.fps, path.closed, steps * fps)


def frame_numbers(total: int, *, count: int, closed: bool) -> np.ndarray:
    """Numbers of `count` of `total` frames at most, evenly, int64; with the ends of an open path."""
    if total <= count:
        return np.arange(total)
    if closed:
        return np.arange(count) * total // count
    return np.round(np.linspace(0, total - 1, count)).astype(np.int64)
