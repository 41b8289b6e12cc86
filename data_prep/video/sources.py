"""Videos to read: video files, or folders of images."""

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

FOLDER_FPS = 30.0  # default of folders
VIDEO_SUFFIXES = (*FORMATS, ".mkv", ".avi", ".m4v")
MAYBE_STILL = (".gif", ".webp", ".apng")  # may hold a single image
Frames = Callable[[], Iterable[np.ndarray]]
"""Reads a video from its first frame at each call: uint8 [H, W, C], all of one shape."""


def is_video(path: Path) -> bool:
    """Whether a file is a video, not a still image. Raises: InputError: it may be either and is damaged."""
    suffix = path.suffix.lower()
    return suffix in VIDEO_SUFFIXES and (
        suffix not in MAYBE_STILL or not path.is_file() or count_frames(path, most=2) > 1
    )


def frame_count_and_fps(source: Path, fps: float | None) -> tuple[int, float]:
    """Count the frames of a video or folder without decoding, and its rate unless --fps overrides it.

    Raises: InputError: --fps is invalid, or the source is no video and holds no images.
    """
    if fps is not None and not 0 < fps <= 1000:
        raise InputError(f"--fps {fps:g}: must be above 0 and at most 1000")
    if source.is_dir():
        return len(list_images(source)), fps or FOLDER_FPS
    info = video_info(source)
    return info.frames, fps or info.fps


def count_decoded(source: Path) -> int:
    """Count the frames that `read_frames` yields by decoding; `frame_count_and_fps` may count more.

    Raises: InputError: no video or no images. WorkError: the video is damaged further on.
    """
    return len(list_images(source)) if source.is_dir() else count_frames(source)


def check_one_size(source: Path) -> None:
    """Raise InputError if images of a folder differ in size, by their headers; videos are checked on read."""
    first: tuple[int, int] | None = None
    for path in list_images(source) if source.is_dir() else []:
        header = read_header(path)
        size = header.width_px, header.height_px
        first = first or size
        if size != first:
            raise InputError(
                f"{path} is {size[0]} x {size[1]} px, the first image is {first[0]} x {first[1]} px; resize "
                "the images to one size"
            )


def read_frames(source: Path) -> Iterator[np.ndarray]:
    """Yield frames of a video, or images of a folder in natural order: uint8 [H, W, 3]."""
    if source.is_dir():
        return (read_image(path, mode="rgb") for path in list_images(source))
    return read_video(source)


def fingerprint(source: Path) -> list[Any]:
    """Identify a file, or the files of a folder, by name, size and modification time; JSON-able."""
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    known = [[file.name, (stat := file.stat()).st_size, stat.st_mtime_ns] for file in files if file.is_file()]
    return [str(source), zlib.crc32(json.dumps(known).encode())]
