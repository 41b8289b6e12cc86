"""Align the frames of a video with the panels of comic pages, by monotone dynamic programming."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from data_prep.comics.panels import PanelsConfig, find_panels
from data_prep.errors import InputError
from data_prep.video.frame_index import FrameIndex
from data_prep.video.thumbnails import read_thumbnails

FRAME_PX = (36, 64)
SAMPLE_SEC = 0.25  # between frames that are aligned
VIEWS = (1.0, 0.8, 0.6)  # widths of the views of a panel, of the widest in the frame's proportions
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # positions of views along each side
COLOR_BINS = 4  # per channel
DIRECTIONS = 6  # of edges
CELLS = 3  # of edges, along each side
LAYOUT_PX = (9, 16)
PART_FRAMES = 1024  # compared at once
PANELS = PanelsConfig()


@dataclasses.dataclass(frozen=True)
class Alignment:
    """Pages of the frames of a video.

    Attributes:
        last_frames: of each page, not descending.
        score: mean similarity of the frames to the panels that they were aligned with, 0 to 1.
    """

    last_frames: list[int]
    score: float


def align(
    index: FrameIndex,
    pages: Sequence[np.ndarray],
    *,
    panels: PanelsConfig = PANELS,
    excluded: np.ndarray | None = None,
    on_frame: Callable[[int], object] = lambda count: None,
) -> Alignment:
    """Find the page of each frame, where pages follow each other in order.

    Each frame is compared with views of each panel by colours, edges and layout. The path through frames and
    panels that never goes back and has the largest sum of similarities is found by dynamic programming; it
    may skip panels and pages.

    Args:
        index: of the video.
        pages: uint8 [H, W, 3] each, in order.
        panels: how panels are cut.
        excluded: bool [T], frames that do not count; None: all count.
        on_frame: called with 1 after each frame.

    Raises: InputError: no pages, or all frames are excluded. WorkError: the video is damaged.
    """
    if not pages:
        raise InputError("no pages to align the video with")
    step = max(1, round(SAMPLE_SEC * index.fps)) if index.fps else 1
    sampled = np.arange(0, len(index), step)
    if excluded is not None:
        sampled = sampled[~excluded[sampled]]
    if not len(sampled):
        raise InputError("all frames are excluded; correct --exclude-file")
    thumbnails = read_thumbnails(index, mode="rgb", size_px=FRAME_PX, on_frame=on_frame)
    owners, views = [], []
    for number, page in enumerate(pages):
        for box in find_panels(page, panels) or [(0, 0, page.shape[1], page.shape[0])]:
            owners.append(number)
            views.append(features(panel_views(page, box)))
    parts = []
    for start in range(0, len(sampled), PART_FRAMES):
        seen = features(thumbnails[sampled[start : start + PART_FRAMES]])
        parts.append(np.stack([(seen @ view.T).max(axis=1) for view in views], axis=1))
    similarity = np.concatenate(parts)
    padded = np.pad(similarity, ((1, 1), (0, 0)), mode="edge")
    similarity = (padded[:-2] + padded[1:-1] + padded[2:]) / 3  # mean over three samples
    chosen = monotone_path(similarity - similarity.mean(axis=1, keepdims=True))
    of_sample = np.array(owners)[chosen]
    score = float(similarity[np.arange(len(sampled)), chosen].mean())
    lasts = []
    for number in range(len(pages)):
        after = np.flatnonzero(of_sample > number)
        lasts.append(max(int(sampled[after[0]]) - 1 - step // 2, 0) if len(after) else len(index) - 1)
    return Alignment(np.maximum.accumulate(lasts).tolist(), score)


def monotone_path(gain: np.ndarray) -> np.ndarray:
    """The column of each row, not descending, with the largest sum of gains: int64 [T].

    Args:
        gain: float [T, N].
    """
    rows, columns = gain.shape
    total = np.zeros(columns)
    came_from = np.zeros((rows, columns), np.int64)
    for row in range(rows):
        best = np.maximum.accumulate(total)
        # The first column where the running maximum was reached.
        is_new = np.concatenate([[True], total[1:] > best[:-1]])
        came_from[row] = np.maximum.accumulate(np.where(is_new, np.arange(columns), 0))
        total = best + gain[row]
    path = np.zeros(rows, np.int64)
    column = int(total.argmax()) if rows else 0
    for row in range(rows - 1, -1, -1):
        path[row] = column
        column = int(came_from[row, column])
    return path


def panel_views(page: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    """Views that a camera may take of a panel, as thumbnails: uint8 [N, *FRAME_PX, 3]."""
    x0, y0, x1, y1 = box
    height_px, width_px = y1 - y0, x1 - x0
    ratio = FRAME_PX[1] / FRAME_PX[0]
    widest = min(width_px, height_px * ratio)
    boxes = {(0.0, 0.0, float(width_px), float(height_px))}
    for part in VIEWS:
        wide, high = part * widest, part * widest / ratio
        lefts, tops = (
            [max(side - own, 0.0) * step for step in STEPS]  # rounding may make a view larger than its panel
            for side, own in ((width_px, wide), (height_px, high))
        )
        boxes |= {(left, top, left + wide, top + high) for left in lefts for top in tops}
    art = Image.fromarray(np.ascontiguousarray(page[y0:y1, x0:x1]))
    small = art.reduce(max(1, int(min(VIEWS) * widest / FRAME_PX[1] / 2)))
    scale_x, scale_y = small.width / width_px, small.height / height_px
    made = []
    for left, top, right, bottom in sorted(boxes):
        part_of = (
            left * scale_x,
            top * scale_y,
            min(right * scale_x, small.width),
            min(bottom * scale_y, small.height),
        )
        view = small.resize(FRAME_PX[::-1], Image.Resampling.BILINEAR, part_of)
        made.append(np.asarray(view))
    return np.stack(made)


def features(thumbnails: np.ndarray) -> np.ndarray:
    """Colours, edges and layout of thumbnails, whose dot products are similarities 0 to 1: float32 [N, D].

    Colours: square roots of a histogram. Edges: directions in cells, weighted by contrast. Layout: the image
    at 9 x 16 px without its mean. Each part is a unit vector, and counts one third.

    Args:
        thumbnails: uint8 [N, H, W, 3].
    """
    values = thumbnails.astype(np.float32)
    low, high = values.min(axis=(1, 2), keepdims=True), values.max(axis=(1, 2), keepdims=True)
    graded = (values - low) / np.maximum(high - low, 1) * 255  # exposure and fades do not matter
    bins = np.minimum((graded * COLOR_BINS / 256).astype(int), COLOR_BINS - 1)
    code = (bins[..., 0] * COLOR_BINS + bins[..., 1]) * COLOR_BINS + bins[..., 2]
    colors = np.stack([np.bincount(c.ravel(), minlength=COLOR_BINS**3) for c in code]).astype(np.float32)
    parts = [np.sqrt(colors), _edges(graded.mean(axis=-1)), _layout(graded)]
    units = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-6) for part in parts]
    return np.concatenate(units, axis=1).astype(np.float32) / np.sqrt(np.float32(len(units)))


def _edges(gray: np.ndarray) -> np.ndarray:
    """Contrast of edges by cell and direction: float [N, CELLS * CELLS * DIRECTIONS]."""
    dy, dx = np.gradient(gray, axis=(1, 2))
    strength = np.hypot(dx, dy)
    direction = np.floor((np.arctan2(dy, dx) % np.pi) / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    rows = np.arange(gray.shape[1]) * CELLS // gray.shape[1]
    columns = np.arange(gray.shape[2]) * CELLS // gray.shape[2]
    bins = (rows[:, None] * CELLS + columns) * DIRECTIONS + direction
    count = CELLS * CELLS * DIRECTIONS
    made = [np.bincount(b.ravel(), s.ravel(), count) for b, s in zip(bins, strength, strict=True)]
    return np.sqrt(np.stack(made))


def _layout(values: np.ndarray) -> np.ndarray:
    """Images reduced to LAYOUT_PX without their means: float [N, D]."""
    count, height_px, width_px, channels = values.shape
    high, wide = LAYOUT_PX
    cells = values.reshape(count, high, height_px // high, wide, width_px // wide, channels).mean(axis=(2, 4))
    flat = cells.reshape(count, -1)
    return flat - flat.mean(axis=1, keepdims=True)
