"""What is to be projected, read: pictures and clips, cut and sized for the generator."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.images import CHANNELS, SUFFIXES, Mode, list_images, read_image, with_mode
from data_prep.images.resize import resize
from data_prep.video.codec import count_frames, read_video, video_info

MODES: dict[int, Mode] = {channels: mode for mode, channels in CHANNELS.items()}


def fit(image: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """The largest centred part of an image with the generator's proportions, at its size: uint8 `shape`."""
    height, width, channels = shape
    image = with_mode(image, MODES[channels])
    share = min(image.shape[0] / height, image.shape[1] / width)
    part = max(1, math.floor(height * share)), max(1, math.floor(width * share))
    y, x = ((whole - cut) // 2 for whole, cut in zip(image.shape[:2], part, strict=True))
    return resize(image[y : y + part[0], x : x + part[1]], height, width)


def sort_sources(sources: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """(pictures, clips) among files and folders; a folder stands for the pictures in it.

    Raises: InputError: a file is missing, a folder has no pictures, two files have one name, or a file has
        that of a result.
    """
    pictures: list[Path] = []
    clips: list[Path] = []
    for source in sources:
        if source.is_dir():
            pictures += list_images(source)
        elif not source.is_file():
            raise InputError(f"no file or folder {source}; name pictures, folders of pictures, or clips")
        elif _moves(source):
            clips.append(source)
        else:
            pictures.append(source)
    for source in pictures + clips:
        reserved = source.stem in ("latents", "sheet") or source.stem.startswith("descent-")
        if reserved or source.stem.endswith((".partial", ".apart")):
            raise InputError(f"{source}: a result has that name in --out; rename it")
    names: dict[str, Path] = {}
    for source in pictures + clips:
        if (other := names.setdefault(source.stem, source)) != source or pictures.count(source) > 1:
            raise InputError(f"{other} and {source} have the same name; results are called by it: rename one")
    return pictures, clips


def _moves(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix not in SUFFIXES or (suffix == ".gif" and video_info(path).frames > 1)


def read_picture(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """A picture as the generator would make it: uint8 `shape`. Raises InputError: it cannot be read."""
    return fit(read_image(path, mode=MODES[shape[2]]), shape)


@dataclasses.dataclass(frozen=True)
class Clip:
    """A clip, whose frames are read again whenever they are asked for.

    Attributes:
        path: the file.
        count: frames, at least 2.
        fps: frames a second.
    """

    path: Path
    count: int
    fps: float

    def windows(self, shape: tuple[int, int, int], size: int, *, first: int = 0) -> Iterator[np.ndarray]:
        """Frames from `first` on, `size` at a time and fewer at the end: uint8 [K, *shape]."""
        read = read_video(self.path, mode="gray" if shape[2] == 1 else "rgb")
        frames = itertools.islice(read, first, self.count)
        while some := list(itertools.islice(frames, size)):
            yield np.stack([fit(frame, shape) for frame in some])


def open_clip(path: Path, *, seconds: float | None) -> Clip:
    """A clip, or its first `seconds`.

    Raises: InputError: it is no video, or has fewer than two frames there; seconds are none.
    """
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"--seconds {seconds:g}: it should be above 0")
    fps = video_info(path).fps or 1.0
    count = count_frames(path)
    if seconds is not None:
        count = min(count, round(seconds * fps))
    if count < 2:
        raise InputError(f"{path} has {count} frames to project; a clip has at least 2")
    return Clip(path, count, fps)
