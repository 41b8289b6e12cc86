"""Rasterise pen strokes with an antialiased round pen. Pure.

A stroke is float [N, 2], the (x, y) of its points, x right, y down, in any unit; one point is a dot.
"""

from collections.abc import Sequence

import numpy as np

PIECE_PX = 4.0  # maximum length of a piece of a segment; each is drawn in a window of the same size


def render_strokes(
    strokes: Sequence[np.ndarray], *, size_px: int, pen_px: float, margin_px: float
) -> np.ndarray:
    """Draw strokes dark on light, scaled to fill the tile and centred.

    Darkness depends on the distance to the nearest stroke: black within half the pen width, paper outside,
    with a linear ramp of 1 px at the edge. Ends and corners are round. A pen below 1 px draws a line of
    1 px that is lighter in proportion.

    Args:
        strokes: at least one, none empty; float [N, 2].
        size_px: side of the tile in px.
        pen_px: pen width in px of the tile, above 0.
        margin_px: margin in px at the longer side of the drawing.

    Returns:
        uint8 [size_px, size_px, 1], 0 ink, 255 paper.
    """
    radius_px = max(pen_px, 1.0) / 2
    starts, ends = _pieces(_fit(strokes, size_px, size_px - 2 * (margin_px + radius_px)))
    squared = _squared_distances(starts, ends, size_px, reach_px=radius_px + 1)
    ink = np.clip(radius_px + 0.5 - np.sqrt(squared), 0, 1) * min(pen_px, 1.0)
    return np.floor(255.5 - 255 * ink).astype(np.uint8)[..., None]


def _fit(strokes: Sequence[np.ndarray], size_px: int, extent_px: float) -> list[np.ndarray]:
    """Scale strokes to tile px: bounding box centred, its longer side `extent_px`; a dot stays a dot."""
    points = np.concatenate(strokes).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    extent = float((high - low).max())
    scale = extent_px / extent if extent > 0 else 0.0
    return [(stroke - (low + high) / 2) * scale + size_px / 2 for stroke in strokes]


def _pieces(strokes: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Segments of all strokes, split at PIECE_PX: starts and ends, float64 [M, 2]."""
    # A stroke of one point is a segment of length 0.
    starts = np.concatenate([stroke[: max(1, len(stroke) - 1)] for stroke in strokes])
    ends = np.concatenate([stroke[min(1, len(stroke) - 1) :] for stroke in strokes])
    counts = np.maximum(1, np.ceil(np.hypot(*(ends - starts).T) / PIECE_PX)).astype(np.int64)
    number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    step = np.repeat((ends - starts) / counts[:, None], counts, axis=0)
    first = np.repeat(starts, counts, axis=0) + number[:, None] * step
    return first, first + step


def _squared_distances(starts: np.ndarray, ends: np.ndarray, size_px: int, *, reach_px: float) -> np.ndarray:
    """Squared distance of each pixel centre to the nearest piece, [S, S]; inf beyond `reach_px`."""
    side = int(np.ceil(PIECE_PX + 2 * reach_px)) + 2  # of the window around a piece and its reach
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
