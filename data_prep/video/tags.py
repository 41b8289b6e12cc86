"""Tags: which page of a comic each frame of a video belongs to.

`tags.json` is {"video", "fps", "spans": [{"page", "last_frame", "last_pts"}, ...]}: spans in the order of the
video, each from the frame after the span before to its last frame. Frame numbers count all frames of the
video, also excluded ones. Frames after the last span have no page.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json
from data_prep.outputs import write_json
from data_prep.progress import counted
from data_prep.video.frame_index import FrameIndex


@dataclasses.dataclass(frozen=True)
class Span:
    """The frames of one page.

    Attributes:
        page: name of the page, relative to the folder of pages.
        last_frame: its last frame; that of the span before, if the page has no frames.
        last_pts: presentation time stamp of the last frame.
    """

    page: str
    last_frame: int
    last_pts: int


@dataclasses.dataclass(frozen=True)
class Tags:
    """Pages of the frames of a video."""

    video: str  # name of the file
    fps: float
    spans: tuple[Span, ...]

    def page_of(self, frame: int) -> str | None:
        """The page of a frame; None: after the last span."""
        return next((span.page for span in self.spans if frame <= span.last_frame), None)

    def pages_of(self, frames: int) -> np.ndarray:
        """The number of the span of each of `frames` frames: int64 [frames]; -1: none."""
        lasts = np.array([span.last_frame for span in self.spans], np.int64)
        found = np.searchsorted(lasts, np.arange(frames))
        return np.where(found < len(lasts), found, -1)

    def check(self, index: FrameIndex, *, pages: Sequence[str] | None = None, where: str = "tags") -> None:
        """Check that spans are in order, within the video, and of these pages.

        Args:
            index: of the video.
            pages: names of the pages in their order; None: not checked.
            where: named in errors.

        Raises: InputError: naming the span.
        """
        _check_order(self.spans, where)
        for number, span in enumerate(self.spans):
            place = f"{where}: span {number} ({span.page})"
            index.check_stamp(span.last_frame, span.last_pts, where=place)
            if pages is not None and span.page not in pages:
                raise InputError(f"{place}: no such page; pass the folder of pages that holds it")
        positions = [pages.index(span.page) for span in self.spans] if pages is not None else []
        for before, after in itertools.pairwise(positions):
            if pages is not None and after <= before:
                raise InputError(f"{where}: page {pages[after]} comes after {pages[before]}; order the spans")


def read_tags(path: Path) -> Tags:
    """Read tags.json.

    Raises: InputError: the file cannot be read, is no tags.json, or its spans are not in order.
    """
    value = read_json(path)
    if isinstance(value, list):
        advice = f"convert it with `data-prep tags VIDEO PAGES --tags {path.name}`"
        raise InputError(f"{path} is a list of last frames; {advice}")
    known = {field.name for field in dataclasses.fields(Tags)}
    check_keys(value, known, where=str(path))
    if not isinstance(value["video"], str) or not _is_number(value["fps"]) or value["fps"] < 0:
        raise InputError(f"{path}: video must be a file name and fps a number of at least 0")
    if not isinstance(value["spans"], list):
        raise InputError(f"{path}: spans must be a list of {{page, last_frame, last_pts}}")
    spans = []
    for number, span in enumerate(value["spans"]):
        where = f"{path}: span {number}"
        check_keys(span, {field.name for field in dataclasses.fields(Span)}, where=where)
        if not isinstance(span["page"], str) or not _is_whole(span["last_frame"], span["last_pts"]):
            raise InputError(f"{where}: page must be a name, last_frame and last_pts whole numbers")
        spans.append(Span(span["page"], span["last_frame"], span["last_pts"]))
    _check_order(spans, str(path))
    return Tags(value["video"], float(value["fps"]), tuple(spans))


def read_last_frames(path: Path) -> list[int]:
    """Read the list form of tags: [last frame of page 0, of page 1, ...]. Raises: InputError."""
    value = read_json(path)
    if not isinstance(value, list) or not value or not _is_whole(*value):
        raise InputError(f"{path}: must be tags.json, or a list of the last frame of each page")
    return value


def tags_from_last_frames(
    last_frames: Sequence[int], pages: Sequence[str], index: FrameIndex, *, where: str = "tags"
) -> Tags:
    """Tags with one span per page.

    Args:
        last_frames: of each page, not descending; there may be fewer than pages.
        pages: names of the pages in their order.
        index: of the video.
        where: named in errors.

    Raises: InputError: the frames are not in order, beyond the end of the video, or more than pages.
    """
    if len(last_frames) > len(pages):
        has = counted(len(pages), "page")
        raise InputError(f"{where}: {len(last_frames)} last frames for {has}; pass the folder of all pages")
    spans = []
    for page, last in zip(pages, last_frames, strict=False):
        pts = int(index.pts[last]) if 0 <= last < len(index) else 0
        spans.append(Span(page, last, pts))
    tags = Tags(index.video.name, index.fps, tuple(spans))
    tags.check(index, pages=pages, where=where)
    return tags


def guess_linear(pages: Sequence[str], index: FrameIndex, *, excluded: np.ndarray | None = None) -> Tags:
    """Tags that give each page the same number of frames.

    Args:
        pages: names of the pages in their order.
        index: of the video.
        excluded: bool [T], frames that do not count; None: all count.
    """
    counts = np.ones(len(index), np.int64) if excluded is None else (~excluded).astype(np.int64)
    total = np.cumsum(counts)
    lasts = []
    for page in range(1, len(pages) + 1):
        goal = -(-int(total[-1]) * page // len(pages))
        lasts.append(min(int(np.searchsorted(total, goal)), len(index) - 1))
    lasts[-1] = len(index) - 1
    return tags_from_last_frames(lasts, pages, index)


def write_tags(path: Path, tags: Tags) -> None:
    """Write tags.json."""
    write_json(path, dataclasses.asdict(tags))


def _check_order(spans: Sequence[Span], where: str) -> None:
    for number, (before, after) in enumerate(itertools.pairwise(spans)):
        if after.last_frame < before.last_frame:
            raise InputError(
                f"{where}: span {number + 1} ({after.page}) ends at frame {after.last_frame}, before span "
                f"{number} ({before.page}), which ends at {before.last_frame}; order the last frames"
            )
    if spans and spans[0].last_frame < 0:
        raise InputError(f"{where}: span 0 ({spans[0].page}) ends at frame {spans[0].last_frame}, before 0")


def _is_whole(*values: object) -> bool:
    return all(type(value) is int for value in values)


def _is_number(value: object) -> bool:
    return type(value) in (int, float)
