"""Read images and clips to project, cropped and resized for the generator."""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from data_prep.errors import InputError
from data_prep.images import CHANNELS, Mode, Note, Notes, list_images, read_image, with_mode
from data_prep.images.resize import resize
from data_prep.progress import Report, Warn, ignore
from data_prep.video import sources as videos

MODES: dict[int, Mode] = {channels: mode for mode, channels in CHANNELS.items()}


def fit(image: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Centre-crop an image to the aspect ratio of `shape` (H, W, C) and resize it: uint8 `shape`."""
    height, width, channels = shape
    image = with_mode(image, MODES[channels])
    scale = min(image.shape[0] / height, image.shape[1] / width)
    part = max(1, math.floor(height * scale)), max(1, math.floor(width * scale))
    y, x = ((whole - cut) // 2 for whole, cut in zip(image.shape[:2], part, strict=True))
    return resize(image[y : y + part[0], x : x + part[1]], height, width)


def sort_sources(sources: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Sort files and folders into (images, clips); a folder is replaced by its images.

    Raises: InputError: a file is missing, a folder has no images, two files have the same name, or a file has
        the name of an output.
    """
    images: list[Path] = []
    clips: list[Path] = []
    for source in sources:
        if source.is_dir():
            images += list_images(source)
        elif not source.is_file():
            raise InputError(f"no file or folder {source}; must be images, folders of images, or clips")
        elif _is_clip(source):
            clips.append(source)
        else:
            images.append(source)
    for source in images + clips:
        reserved = source.stem in ("latents", "sheet") or source.stem.startswith("descent-")
        if reserved or source.stem.endswith((".partial", ".apart")):
            raise InputError(f"{source}: the name is reserved for an output; rename the file")
    names: dict[str, Path] = {}
    for source in images + clips:
        if (other := names.setdefault(source.stem, source)) != source or images.count(source) > 1:
            raise InputError(f"{other} and {source} have the same name, which names the outputs; rename one")
    return images, clips


def _is_clip(path: Path) -> bool:
    try:
        return videos.is_video(path)
    except InputError:  # reading it as an image reports the reason
        return False


def read_all(
    paths: Sequence[Path], shape: tuple[int, int, int], *, report: Report, warn: Warn = ignore
) -> dict[Path, np.ndarray]:
    """Read images and `fit` them to `shape`; those that cannot be read are reported and left out.

    Args:
        paths: image files.
        shape: (height, width, channels).
        report: called with each image that cannot be read, and the reason.
        warn: called with what was changed about images on reading.
    """
    images, changed = {}, Notes()
    for path in paths:
        notes: list[Note] = []
        try:
            images[path] = fit(read_image(path, mode=MODES[shape[2]], note=notes.append), shape)
        except InputError as error:
            report(path.name, str(error))
        changed.add(path.name, notes)
    for line in changed.lines():
        warn(line)
    return images


def read_fitted(path: Path, shape: tuple[int, int, int]) -> np.ndarray:
    """Read an image and `fit` it to `shape`. Raises: InputError: it cannot be read."""
    return fit(read_image(path, mode=MODES[shape[2]]), shape)


class ClipFrames(Protocol):
    """Consecutive frames to project; see `Clip`."""

    @property
    def path(self) -> Path: ...

    @property
    def count(self) -> int: ...

    def windows(self, shape: tuple[int, int, int], size: int, *, first: int = 0) -> Iterator[np.ndarray]:
        """Frames from `first` on in groups of at most `size`: uint8 [K, *shape]."""
        ...


@dataclasses.dataclass(frozen=True)
class Clip:
    """An input clip; its frames are read again on each use.

    Attributes:
        path: the file.
        count: number of frames, at least 2; frames of unequal lengths are repeated.
        fps: frames per second.
    """

    path: Path
    count: int
    fps: float

    def windows(self, shape: tuple[int, int, int], size: int, *, first: int = 0) -> Iterator[np.ndarray]:
        """Frames from `first` on in groups of at most `size`: uint8 [K, *shape]."""
        read = videos.read_frames(self.path, mode="gray" if shape[2] == 1 else "rgb")
        frames = itertools.islice(read, first, self.count)
        while some := list(itertools.islice(frames, size)):
            yield np.stack([fit(frame, shape) for frame in some])


def open_clip(path: Path, *, seconds: float | None) -> Clip:
    """Open a clip; None: all of it, else its first `seconds`.

    Raises: InputError: not a video, fewer than two frames, or invalid seconds.
    """
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"--seconds {seconds:g}: must be above 0")
    _, fps = videos.frame_count_and_fps(path, None)
    count = videos.count_decoded(path)
    if seconds is not None:
        count = min(count, round(seconds * fps))
    if count < 2:
        raise InputError(f"{path} has {count} frames to project; must be at least 2")
    return Clip(path, count, fps)
