"""Thumbnails of frames, and how similar they are."""

from collections.abc import Callable

import numpy as np

from data_prep.images.resize import resize
from data_prep.video.clip import Clip, Mode
from data_prep.video.frame_index import FrameIndex

SIZE_PX = 32
LEAST_STD = 2.0  # gray levels: images with less contrast are blank, and similar to nothing


def read_thumbnails(
    index: FrameIndex,
    *,
    frames: range | None = None,
    mode: Mode = "gray",
    size_px: tuple[int, int] = (SIZE_PX, SIZE_PX),
    on_frame: Callable[[int], object] = lambda count: None,
) -> np.ndarray:
    """Read frames of a video, reduced by area means: uint8 [N, height, width, 1 or 3].

    Args:
        index: of the video.
        frames: ascending numbers of the frames; None: all.
        mode: channels.
        size_px: (height, width).
        on_frame: called with 1 after each frame.

    Raises: WorkError: the video is damaged.
    """
    frames = range(len(index)) if frames is None else frames
    channels = 1 if mode == "gray" else 3
    made = np.empty((len(frames), *size_px, channels), np.uint8)
    with Clip(index.video, mode=mode, size_px=size_px, index=index, cache_bytes=0) as clip:
        for position, number in enumerate(frames):
            made[position] = clip[number].image
            on_frame(1)
    return made


def thumbnail(image: np.ndarray, *, size_px: int = SIZE_PX) -> np.ndarray:
    """Reduce a gray image to a square, whatever its proportions: uint8 [H, W, 1] -> [size_px, size_px, 1]."""
    return resize(image, size_px, size_px)


def directions(thumbnails: np.ndarray, *, center: np.ndarray | None = None) -> np.ndarray:
    """Unit vectors whose dot products are zero-mean cosine similarities: float32 [N, D].

    Blank images have the vector 0.

    Args:
        thumbnails: uint8 [N, H, W, C].
        center: [H, W, C], subtracted first, e.g. the mean image of a video.
    """
    flat = thumbnails.reshape(len(thumbnails), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    blank = flat.std(axis=1, keepdims=True) < LEAST_STD
    if center is not None:
        middle = center.reshape(1, -1).astype(np.float32)
        flat -= middle - middle.mean()
    length = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.where(blank | (length == 0), 0, flat / np.where(length == 0, 1, length))
