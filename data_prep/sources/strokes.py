"""Pen strokes -> tiles: a round pen of a stated width, antialiased. Pure.

A stroke is float [N, 2], the (x, y) of its points, x right, y down, in any unit; one point is a dot.
"""

from collections.abc import Sequence

import numpy as np

PIECE_PX = 4.0  # segments are drawn in pieces of at most this length, each in a window of one size


def render_strokes(
    strokes: Sequence[np.ndarray], *, size_px: int, pen_px: float, margin_px: float
) -> np.ndarray:
    """Draw strokes dark on light, enlarged or reduced to fill the tile, in its middle.

    A pixel is as dark as its distance to the nearest stroke says: black within half the pen's width, paper
    beyond, and half a pixel of ramp on either side of the edge. Ends and corners are round. A pen below
    1 px draws a line of 1 px that is lighter in proportion.

    Args:
        strokes: at least one, none empty.
        size_px: side of the tile.
        pen_px: width of the pen on the tile, above 0.
        margin_px: paper left free on the side where the drawing comes nearest to the edge.

    Returns:
        uint8 [size_px, size_px, 1], 0 ink, 255 paper.
    """
    radius_px = max(pen_px, 1.0) / 2
    starts, ends = _pieces(_fit(strokes, size_px, size_px - 2 * (margin_px + radius_px)))
    squared = _squared_distances(starts, ends, size_px, reach_px=radius_px + 1)
    ink = np.clip(radius_px + 0.5 - np.sqrt(squared), 0, 1) * min(pen_px, 1.0)
    return np.floor(255.5 - 255 * ink).astype(np.uint8)[..., None]


def _fit(strokes: Sequence[np.ndarray], size_px: int, room_px: float) -> list[np.ndarray]:
    """Strokes in tile px, their bounding box centred and its longer side `room_px`; a dot stays a dot."""
    points = np.concatenate(strokes).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    scale = room_px / extent if extent > 0 else 0.0
    return [(stroke - (low + high) / 2) * scale + size_px / 2 for stroke in strokes]


def _pieces(strokes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Segments of all strokes, cut to PIECE_PX: starts and ends, float64 [M, 2]."""
    # A stroke of one point is a segment of no length.
    starts = np.concatenate([stroke[: max(1, len(stroke) - 1)] for stroke in strokes])
    ends = np.concatenate([stroke[min(1, len(stroke) - 1) :] for stroke in strokes])
    counts = np.maximum(1, np.ceil(np.hypot(*(ends - starts).T) / PIECE_PX)).astype(np.int64)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    step = np.repeat((ends - starts) / counts[:, None], counts, axis=0)
    first = np.repeat(starts, counts, axis=0) + number[:, None] * step
    return first, first + step


def _squared_distances(starts: np.ndarray, ends: np.ndarray, size_px: int, *, reach_px: float) -> np.ndarray:
    """Squared distance of each pixel's centre to the nearest piece; inf beyond `reach_px`. [S, S]."""
    side = int(np.ceil(PIECE_PX + 2 * reach_px)) + 2  # of the window that holds a piece and its reach
    corners = np.floor(np.minimum(starts, ends) - reach_px).astype(np.int64)
    padded = size_px + 2 * side
    nearest = np.full(padded * padded, np.inf)
    offsets = np.arange(side)
    for begin in range(0, len(starts), 512):
        part = slice(begin, begin + 512)
        a, b = starts[part], ends[part]
        x = corners[part, 0, None] + offsets + 0.5 - a[:, 0, None]  # [M, side], pixel centre from a
        y = corners[part, 1, None] + offsets + 0.5 - a[:, 1, None]
        along = b - a
        length2 = np.maximum((along**2).sum(axis=1), 1e-12)
        x, y = x[:, None, :], y[:, :, None]
        dx, dy = along[:, 0, None, None], along[:, 1, None, None]
        t = np.clip((x * dx + y * dy) / length2[:, None, None], 0, 1)  # [M, side, side]
        squared = (x - t * dx) ** 2 + (y - t * dy) ** 2
        rows = corners[part, 1, None] + offsets + side
        cols = corners[part, 0, None] + offsets + side
        index = rows[:, :, None] * padded + cols[:, None, :]
        np.minimum.at(nearest, index.ravel(), squared.ravel())
    return nearest.reshape(padded, padded)[side:-side, side:-side]
