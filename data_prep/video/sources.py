"""Videos to read: video files, or folders of images."""

import functools
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.images import SUFFIXES, Note, Notes, describe_file, list_images, read_header, read_image
from data_prep.inputs import is_file
from data_prep.pages.polarity import WHITE, find_ground, read_drawing
from data_prep.progress import Failures, Progress, Report, ignore, no_progress
from data_prep.video.codec import VideoInfo, count_frames, read_video, video_info
from data_prep.video.formats import FORMATS

THREADS = 4  # that decode images
FOLDER_FPS = 30.0  # default of folders
_OTHERS = ".mkv .avi .m4v .mpg .mpeg .ts .mts .m2ts .wmv .3gp .ogv .flv .vob"
VIDEO_SUFFIXES = (*FORMATS, *_OTHERS.split())
MAYBE_STILL = (".gif", ".webp", ".apng")  # may hold a single image
Frames = Callable[[], Iterable[np.ndarray]]
"""Reads a video from its first frame at each call: uint8 [H, W, C], all of one shape."""


def is_video(path: Path) -> bool:
    """Whether a file is a video, not a still image; by its content where the suffix is neither's.

    Raises: InputError: it may be either and is damaged, or it cannot be opened.
    """
    suffix = path.suffix.lower()
    if suffix in MAYBE_STILL and path.is_file():
        return count_frames(path, most=2) > 1
    if suffix in VIDEO_SUFFIXES:
        return True
    return suffix not in SUFFIXES and path.is_file() and "video" in describe_file(path)[0]


def frame_count_and_fps(source: Path, fps: float | None) -> tuple[int, float]:
    """Count the frames of a video or folder without decoding, and its rate unless --fps overrides it.

    Raises: InputError: --fps is invalid, or the source is no video and holds no images.
    """
    if fps is not None and not 0 < fps <= 1000:
        raise InputError(f"--fps {fps:g}: must be above 0 and at most 1000")
    if source.is_dir():
        return len(list_images(source)), fps or FOLDER_FPS
    timing = _info(source).timing
    return timing.frames, fps or timing.fps or FOLDER_FPS


def count_decoded(source: Path) -> int:
    """Count the frames that `read_frames` yields by decoding; `frame_count_and_fps` may count more.

    Raises: InputError: no video or no images. WorkError: the video is damaged further on.
    """
    if source.is_dir():
        return len(list_images(source))
    return count_frames(source, fps=_info(source).timing.constant_fps)


def resampling(source: Path) -> str | None:
    """Describe in one line what `read_frames` changes: pixels made square, frames repeated; None: nothing.

    Raises: InputError: no video.
    """
    if source.is_dir():
        return None
    info, changes = _info(source), []
    if info.pixel_aspect != 1:
        changes.append(
            f"its pixels are {info.pixel_aspect.numerator}:{info.pixel_aspect.denominator}; it is resampled "
            f"to {info.width_px} x {info.height_px} px with square ones"
        )
    if (rate := info.timing.constant_fps) is not None:
        changes.append(
            f"its frames last {info.timing.shortest_sec:.3g} to {info.timing.longest_sec:.3g} s; they are "
            f"repeated at {float(rate):g} frames/s to keep their times"
        )
    return f"{source}: {'; '.join(changes)}" if changes else None


def check_one_size(source: Path) -> None:
    """Raise InputError if images of a folder differ in size, by their headers; videos are checked on read.

    Images that cannot be read are not checked; `read_frames` reports them.
    """
    first: tuple[int, int] | None = None
    for path in list_images(source) if source.is_dir() else []:
        try:
            header = read_header(path)
        except InputError:
            continue
        size = header.width_px, header.height_px
        first = first or size
        if size != first:
            raise InputError(
                f"{path} is {size[0]} x {size[1]} px, the first image is {first[0]} x {first[1]} px; resize "
                "the images to one size"
            )


def read_frames(
    source: Path,
    *,
    mode: Literal["gray", "rgb"] = "rgb",
    report: Report = ignore,
    notes: Notes | None = None,
) -> Iterator[np.ndarray]:
    """Yield frames of a video, or images of a folder in natural order: uint8 [H, W, 1 or 3].

    Frames of unequal lengths are repeated at the rate that `frame_count_and_fps` returns. In place of an
    image that cannot be read, the one before it is repeated, or the first one after it.

    Args:
        source: a video, or a folder of images.
        mode: channels.
        report: called with each image that cannot be read, and the reason.
        notes: gets what is changed about images on reading.

    Raises: InputError: no video, or no image can be read. WorkError: the video is damaged further on.
    """
    if source.is_dir():
        return _read_folder(list_images(source), mode, report, Notes() if notes is None else notes)
    return read_video(source, mode=mode, fps=_info(source).timing.constant_fps)


def _read_folder(
    paths: list[Path], mode: Literal["gray", "rgb"], report: Report, notes: Notes
) -> Iterator[np.ndarray]:
    last: np.ndarray | None = None
    missing, reason = 0, ""
    ground = _ground(paths)
    for path in paths:
        try:
            found: list[Note] = []
            last = read_drawing(path, mode=mode, ground=ground, note=found.append)
            notes.add(path.name, found)
        except InputError as error:
            reason = str(error)
            report(path.name, f"{reason}; a neighbouring image is shown in its place")
            missing += last is None
        if last is not None:
            yield from [last] * (1 + missing)
            missing = 0
    if last is None:
        raise InputError(reason + " (and no other image can be read)" * (len(paths) > 1))


def _ground(paths: list[Path]) -> int:
    """Gray value to lay under blank frames: that of the first frame with ink, up to one without alpha."""
    for path in paths:
        try:
            if not read_header(path).has_alpha:
                break
            if (ground := find_ground(read_image(path, mode="rgba"))) is not None:
                return ground
        except InputError:
            continue
    return WHITE


def find_unreadable(
    source: Path, *, progress: Progress = no_progress, report: Report = ignore
) -> dict[str, str]:
    """Images of a folder that cannot be read -> reason, without using the others; none for a video."""
    failures = Failures(report)
    paths = list_images(source) if source.is_dir() else []

    def reason(path: Path) -> str:
        try:
            read_image(path)
        except InputError as error:
            return str(error)
        return ""

    with progress(len(paths), unit="img", label="inspect") as bar, ThreadPoolExecutor(THREADS) as pool:
        for path, refusal in zip(paths, pool.map(reason, paths), strict=True):
            if refusal:
                failures(path.name, refusal)
            bar.update()
    return failures


def fingerprint(source: Path) -> list[Any]:
    """Identify a file, or the files of a folder, by name, size and modification time; JSON-able."""
    files = sorted(source.iterdir()) if source.is_dir() else [source]
    known = [[file.name, (stat := file.stat()).st_size, stat.st_mtime_ns] for file in files if is_file(file)]
    return [str(source), zlib.crc32(json.dumps(known).encode())]


def _info(video: Path) -> VideoInfo:
    try:
        stat = video.stat()
    except OSError:
        raise InputError(f"no file {video}") from None
    return _info_of_file(video, stat.st_size, stat.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _info_of_file(video: Path, size_bytes: int, modified_ns: int) -> VideoInfo:
    return video_info(video)
