"""Profiles of lines: the ink across them gives their centres and widths to fractions of a pixel. Pure."""

import dataclasses

import cv2
import numpy as np

HALF_SAMPLES = 12  # on each side of the centre
GAP, VALLEY = (
    0.06,
    0.5,
)  # coverage at which a line ends; below VALLEY, it also ends where coverage rises again
RISE = 0.03


@dataclasses.dataclass(frozen=True)
class Runs:
    """Rows of points of several curves, one after the other."""

    starts: np.ndarray  # int64 [B + 1]
    closed: np.ndarray  # bool [B]

    @property
    def of(self) -> np.ndarray:
        """Curve of each point, int64 [N]."""
        return np.repeat(np.arange(len(self.closed)), np.diff(self.starts))

    def smooth(self, points: np.ndarray, *, sigma_px: float) -> np.ndarray:
        """Gaussian mean along each curve, float64 [N, C]; ends of open curves stay where they are.

        Args:
            points: float64 [N, C], about 1 px apart.
            sigma_px: standard deviation in points.
        """
        reach = int(np.ceil(3 * sigma_px))
        counts = np.diff(self.starts)
        padded = counts + 2 * reach
        begin = np.cumsum(padded) - padded
        curve = np.repeat(np.arange(len(counts)), padded)
        local = np.arange(padded.sum()) - begin[curve] - reach
        last = counts[curve] - 1
        mirrored = np.clip(
            np.where(local < 0, -local, np.where(local > last, 2 * last - local, local)), 0, last
        )
        local_at = np.where(self.closed[curve], local % np.maximum(counts[curve], 1), mirrored)
        values = points[self.starts[curve] + local_at]
        outside = ((local < 0) | (local > last)) & ~self.closed[curve]
        anchors = points[self.starts[curve] + np.where(local < 0, 0, last)]
        values = np.where(outside[:, None], 2 * anchors - values, values)
        kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
        kernel /= kernel.sum()
        inner = np.arange(len(points)) + np.repeat((2 * np.arange(len(counts)) + 1) * reach, counts)
        return np.stack(
            [np.convolve(values[:, c], kernel, mode="same")[inner] for c in range(points.shape[1])], axis=1
        )

    def tangents(self, points: np.ndarray) -> np.ndarray:
        """Unit tangents by central differences, float64 [N, 2]."""
        index = np.arange(len(points))
        first, last = self.starts[:-1][self.of], self.starts[1:][self.of] - 1
        closed = self.closed[self.of]
        before = np.where(index > first, index - 1, np.where(closed, last, first))
        after = np.where(index < last, index + 1, np.where(closed, first, last))
        along = points[after] - points[before]
        length = np.hypot(along[:, 0], along[:, 1])[:, None]
        return np.where(length > 0, along / np.maximum(length, 1e-9), [1.0, 0.0])


def measure(
    coverage: np.ndarray, points: np.ndarray, tangents: np.ndarray, reach_px: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure lines across their tangents.

    Args:
        coverage: float32 [H, W], fraction of each pixel that is ink.
        points: float64 [N, 2], (x, y), the centre of the first pixel being (0.5, 0.5).
        tangents: float64 [N, 2], unit.
        reach_px: float64 [N], how far from the point the ink may extend.

    Returns:
        Distance of the centre of the ink from the point, along (-tangent y, tangent x), float64 [N]; and the
        width of the line in px, float64 [N].
    """
    step = reach_px / HALF_SAMPLES
    at = np.arange(-HALF_SAMPLES, HALF_SAMPLES + 1) * step[:, None]  # [N, S]
    x = points[:, :1] - 0.5 - at * tangents[:, 1:]
    y = points[:, 1:] - 0.5 + at * tangents[:, :1]
    ink = sample(coverage, x, y)
    middle = ink[:, HALF_SAMPLES : HALF_SAMPLES + 1]
    right = inside_line(ink[:, HALF_SAMPLES:])[:, 1:]
    left = inside_line(ink[:, HALF_SAMPLES::-1])[:, :0:-1]
    own = np.concatenate([left, middle, right], axis=1).astype(np.float64)
    total = own.sum(axis=1)
    return (own * at).sum(axis=1) / np.maximum(total, 1e-6), total * step


def sample(coverage: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear samples of float32 [H, W] at float [N, S], 0 outside; x and y in px from the first centre."""
    parts = [
        cv2.remap(
            coverage,
            x[i : i + 16384].astype(np.float32),
            y[i : i + 16384].astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        for i in range(0, len(x), 16384)  # OpenCV's sizes are 16 bits
    ]
    return np.concatenate(parts) if parts else np.zeros(x.shape, np.float32)


def inside_line(ink: np.ndarray) -> np.ndarray:
    """Ink of outward samples, float32 [N, S], without what lies behind a gap or a valley."""
    before, now = ink[:, :-1], ink[:, 1:]
    highest = np.maximum.accumulate(before, axis=1)
    stop = (before < GAP) | ((now > before + RISE) & (before < VALLEY * highest))
    open_ = ~np.logical_or.accumulate(stop, axis=1)
    return np.concatenate([ink[:, :1], now * open_], axis=1)
