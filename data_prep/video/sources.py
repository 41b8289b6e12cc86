"""Films to be read: video files, or folders of images."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.images import list_images, read_header, read_image
from data_prep.video.codec import count_frames, read_video, video_info
from data_prep.video.formats import FORMATS

FOLDER_FPS = 30.0  # where nothing else says it
MOVING = (*FORMATS, ".mkv", ".avi", ".m4v")  # suffixes of what is read as a film
PERHAPS = (".gif", ".webp", ".apng")  # which may hold a single picture too
Frames = Callable[[], Iterable[np.ndarray]]
"""Reads a film, each time from its first frame on: uint8 [H, W, C], all of one shape."""


def moves(path: Path) -> bool:
    """Whether a file is a film, and no picture. Raises InputError: what may be either cannot be read."""
    suffix = path.suffix.lower()
    return suffix in MOVING and (
        suffix not in PERHAPS or not path.is_file() or count_frames(path, most=2) > 1
    )


def measure(source: Path, fps: float | None) -> tuple[int, float]:
    """How many frames a film or a folder of frames has, and how many a second: its own, or as --fps says.

    Raises: InputError: --fps is none, or the source is no film and holds no images.
    """
    if fps is not None and not 0 < fps <= 1000:
        raise InputError(f"--fps {fps:g}: it should be above 0 and up to 1000")
    if source.is_dir():
        return len(list_images(source)), fps or FOLDER_FPS
    info = video_info(source)
    return info.frames, fps or info.fps


def count_shown(source: Path) -> int:
    """How many frames `read` gives, which of a film may be fewer than `measure` says; it is decoded.

    Raises: InputError: no film, or no images. WorkError: a film is damaged further on.
    """
    return len(list_images(source)) if source.is_dir() else count_frames(source)


def check_one_size(source: Path) -> None:
    """Raise InputError if images of a folder differ in size, by their headers; of a film reading tells it."""
    first: tuple[int, int] | None = None
    for path in list_images(source) if source.is_dir() else []:
        header = read_header(path)
        size = header.width_px, header.height_px
        first = first or size
        if size != first:
            raise InputError(
                f"{path} is {size[0]} x {size[1]} px, the first image is {first[0]} x {first[1]} px; a film "
                "has one size: resize them"
            )


def read(source: Path) -> Iterator[np.ndarray]:
    """Frames of a film, or images of a folder in the order of their names: uint8 [H, W, 3]."""
    if source.is_dir():
        return (read_image(path, mode="rgb") for path in list_images(source))
    return read_video(source)


def fingerprint(source: Path) -> list[Any]:
    """What tells whether a file, or the files of a folder, are still the same: by name, size and time."""
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    known = [[file.name, (stat := file.stat()).st_size, stat.st_mtime_ns] for file in files if file.is_file()]
    return [str(source), zlib.crc32(json.dumps(known).encode())]
