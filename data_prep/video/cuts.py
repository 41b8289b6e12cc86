"""Scene cuts: hard cuts by the change of colours, and fades through blank frames."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.video.frame_index import FrameIndex
from data_prep.video.thumbnails import LEAST_STD, directions, read_thumbnails

SIZE_PX = (36, 64)
PART_FRAMES = 1024  # compared at once
FLASH_FRAMES = 2  # frames that differ from both neighbours for so long are a flash, not a scene
FADE_MARGIN = 3  # hard cuts this near to blank frames belong to their fade


@dataclasses.dataclass(frozen=True)
class CutsConfig:
    """Detection of scene cuts."""

    min_change: float = 10.0
    """Smallest change of hue, saturation or value of a cut, a mean over the pixels, 0 to 255."""
    min_ratio: float = 4.5
    """Smallest ratio of a cut's change to the mean change of the frames around it."""
    neighbors: int = 3
    """Frames on each side that a change is compared with."""
    max_cosine: float = 0.8
    """Similarity of neighbouring frames at or below which the older rule, reported as well, sees a cut."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 < self.min_change <= 255:
            raise InputError(f"--min-change {self.min_change:g}: must be above 0 and at most 255")
        if not self.min_ratio > 1:
            raise InputError(f"--min-ratio {self.min_ratio:g}: must be above 1")
        if self.neighbors < 1:
            raise InputError(f"--neighbors {self.neighbors}: must be at least 1")
        if not -1 <= self.max_cosine <= 1:
            raise InputError(f"--max-cosine {self.max_cosine:g}: must be -1 to 1")


@dataclasses.dataclass(frozen=True)
class Cut:
    """The first frame of a scene, or the middle of a fade."""

    frame: int
    pts: int
    time_sec: float
    change: float  # of the colours from the frame before, 0 to 255: see content_change
    ratio: float  # to the mean change of the frames around it
    kind: Literal["cut", "fade"]


@dataclasses.dataclass(frozen=True)
class Cuts:
    """Scene cuts of a video."""

    index: FrameIndex
    cuts: tuple[Cut, ...]
    by_cosine: tuple[int, ...]  # first frames of scenes by the older rule

    def as_json(self) -> dict[str, Any]:
        """JSON-able: {"video", "fps", "cuts": [{"frame", "pts", ...}], "by_cosine": [{"frame", "pts"}]}."""
        return {
            "schema": 1,
            "video": self.index.video.name,
            "fps": self.index.fps,
            "cuts": [dataclasses.asdict(cut) for cut in self.cuts],
            "by_cosine": [self.index.stamp(frame) for frame in self.by_cosine],
        }


def find_cuts(
    index: FrameIndex, config: CutsConfig, *, on_frame: Callable[[int], object] = lambda count: None
) -> Cuts:
    """Find the scene cuts of a video.

    A hard cut is a frame that differs from the one before by `min_change`, and by `min_ratio` times as much
    as the frames around it do: pans and shaking cameras change all frames alike. Blank frames between two
    scenes are one fade.

    Args:
        index: of the video.
        config: thresholds.
        on_frame: called with 1 after each frame.

    Raises: InputError: an invalid setting. WorkError: the video is damaged.
    """
    config.check()
    images = read_thumbnails(index, mode="rgb", size_px=SIZE_PX, on_frame=on_frame)
    change = content_change(images)
    found = [
        Cut(frame, int(index.pts[frame]), index.time_sec(frame), float(change[frame]), ratio, kind)
        for frame, ratio, kind in detect(images, change, config)
    ]
    return Cuts(index, tuple(found), tuple(cosine_cuts(images, max_cosine=config.max_cosine)))


def detect(
    images: np.ndarray, change: np.ndarray, config: CutsConfig
) -> list[tuple[int, float, Literal["cut", "fade"]]]:
    """Cuts of thumbnails: (frame, ratio, kind), ascending.

    Args:
        images: uint8 [T, H, W, 3].
        change: float [T], see `content_change`.
        config: thresholds.
    """
    ratio = _ratio(change, config.neighbors)
    fades = [run for run in _blank_runs(images) if run.start > 0 and run.stop < len(images)]
    hidden = np.zeros(len(images), bool)
    for run in _blank_runs(images):
        hidden[max(0, run.start - FADE_MARGIN) : run.stop + 1 + FADE_MARGIN] = True
    is_cut = (change >= config.min_change) & (ratio >= config.min_ratio) & ~hidden
    for frame in np.flatnonzero(is_cut):
        if _is_flash(images, change, int(frame)):
            is_cut[frame : frame + FLASH_FRAMES + 1] = False
    cuts: list[tuple[int, float, Literal["cut", "fade"]]]
    cuts = [(int(frame), float(ratio[frame]), "cut") for frame in np.flatnonzero(is_cut)]
    for run in fades:
        middle = (run.start + run.stop) // 2
        cuts.append((middle, float(ratio[middle]), "fade"))
    return sorted(cuts)


def content_change(images: np.ndarray) -> np.ndarray:
    """Change of colours from the frame before: float [T], 0 to 255; the first is 0.

    It is the largest of three means over the pixels of absolute changes: of the hue, weighted by chroma; of
    the chroma, which is saturation times value; and of the value.
    """
    change = np.zeros(len(images))
    before: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
    for frame, image in enumerate(images):
        hue, chroma, value = _hue_chroma_value(image)
        if before is not None:
            turn = np.abs(hue - before[0])
            turn = np.minimum(turn, 1 - turn) * 2 * np.minimum(chroma, before[1])
            parts = (turn, np.abs(chroma - before[1]), np.abs(value - before[2]))
            change[frame] = 255 * max(float(part.mean()) for part in parts)
        before = hue, chroma, value
    return change


def cosine_cuts(images: np.ndarray, *, max_cosine: float) -> list[int]:
    """The older rule: frames whose zero-mean cosine similarity to the one before is at most `max_cosine`."""
    found: list[int] = []
    for start in range(0, len(images) - 1, PART_FRAMES):
        part = images[start : start + PART_FRAMES + 1]  # the last frame is the first one of the next part
        vectors = directions(part.astype(np.float32).mean(axis=-1, keepdims=True))
        similar = (vectors[1:] * vectors[:-1]).sum(axis=1)
        found += [start + int(frame) + 1 for frame in np.flatnonzero(similar <= max_cosine)]
    return found


def precision_recall(
    found: Sequence[int], truth: Sequence[int], *, tolerance: int = 2
) -> tuple[float, float]:
    """Fraction of found cuts that are true, and of true cuts that are found; each matches one at most.

    Args:
        found, truth: frames.
        tolerance: frames by which a found cut may be off.
    """
    left = sorted(truth)
    hits = 0
    for frame in sorted(found):
        near = [true for true in left if abs(true - frame) <= tolerance]
        if near:
            left.remove(min(near, key=lambda true: abs(true - frame)))
            hits += 1
    return (hits / len(found) if found else 1.0), (hits / len(truth) if truth else 1.0)


def _hue_chroma_value(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hue, chroma and value of uint8 [H, W, 3], each [H, W] in [0, 1]."""
    red, green, blue = np.moveaxis(image.astype(np.float32) / 255, -1, 0)
    value = np.maximum(np.maximum(red, green), blue)
    chroma = value - np.minimum(np.minimum(red, green), blue)
    safe = np.where(chroma == 0, 1, chroma)
    sixth = np.where(
        value == red,
        (green - blue) / safe % 6,
        np.where(value == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    return np.where(chroma == 0, 0, sixth / 6), chroma, value


def _ratio(change: np.ndarray, neighbors: int) -> np.ndarray:
    """Change of each frame by the mean of those around it, of which the largest does not count."""
    ratio = np.zeros(len(change))
    for frame in range(1, len(change)):
        around = [*change[max(1, frame - neighbors) : frame], *change[frame + 1 : frame + 1 + neighbors]]
        if len(around) > 2:
            around.remove(max(around))  # another cut near by
        ratio[frame] = change[frame] / max(float(np.mean(around)) if around else 0.0, 1.0)
    return ratio


def _blank_runs(images: np.ndarray) -> list[range]:
    """Runs of frames without contrast."""
    blank = np.array([image.std() < 2 * LEAST_STD for image in images], bool)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], blank, [False]]).astype(int)))
    return [range(int(start), int(stop)) for start, stop in zip(edges[::2], edges[1::2], strict=True)]


def _is_flash(images: np.ndarray, change: np.ndarray, frame: int) -> bool:
    """Whether the image before a change is there again a frame or two later."""
    before = images[frame - 1].astype(np.int16)
    after = images[frame + 1 : frame + 1 + FLASH_FRAMES].astype(np.int16)
    return any(np.abs(image - before).mean() < change[frame] / 4 for image in after)
