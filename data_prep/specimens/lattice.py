"""Fit a regular lattice of rows and columns, rotated by a few degrees, to points. Pure.

Pitch and phase along an axis are those of the strongest wave through the points (periodogram, Schuster
1898), so empty cells do not matter and several points may lie in one cell.
"""

import dataclasses
import math

import numpy as np

ANGLES_DEG = np.arange(-6, 6.01, 1)
FINE_DEG = np.arange(-0.8, 0.81, 0.2)  # around the best of them
MIN_POINTS = 6
MIN_STRENGTH = 0.55  # of the wave; 1 = every point at the centre of its cell


@dataclasses.dataclass(frozen=True)
class Lattice:
    """Cells of `pitch` (u, v) along axes rotated by `angle_deg`, visually counter-clockwise (y down)."""

    angle_deg: float
    pitch: tuple[float, float]  # of columns and of rows
    origin: tuple[float, float]  # (u, v) of the centre of a cell

    def cells(self, points: np.ndarray) -> np.ndarray:
        """Cell (column, row) of each point (x, y): int64 [N, 2], any sign."""
        places = rotate(points, self.angle_deg)
        return np.floor((places - self.origin) / self.pitch + 0.5).astype(np.int64)

    def offsets(self, points: np.ndarray) -> np.ndarray:
        """Offsets of points from the centre of their cell, in cells: float64 [N, 2] in [-0.5, 0.5]."""
        places = (rotate(points, self.angle_deg) - self.origin) / self.pitch
        return places - np.floor(places + 0.5)


def rotate(points: np.ndarray, angle_deg: float) -> np.ndarray:
    """Coordinates (u, v) [N, 2] of points (x, y) along axes rotated visually counter-clockwise (y down)."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    return points @ np.array([[c, s], [-s, c]])


def fit_lattice(
    points: np.ndarray, weights: np.ndarray, *, min_pitch: float, angle_deg: float | None = None
) -> Lattice | None:
    """Fit a lattice to points (x, y), float [N, 2]; None if they are not on one.

    Args:
        points: e.g. centres of drawings.
        weights: float [N], weight of each point.
        min_pitch: minimum side of a cell.
        angle_deg: angle of the lattice, if known; None: the best within 6 degrees.
    """
    if len(points) < MIN_POINTS:
        return None
    if angle_deg is not None:
        return _fit(points, weights, min_pitch, angle_deg)[1]
    coarse = [_fit(points, weights, min_pitch, float(angle)) for angle in ANGLES_DEG]
    near = float(ANGLES_DEG[int(np.argmax([strength for strength, _ in coarse]))])
    fine = [_fit(points, weights, min_pitch, near + float(step)) for step in FINE_DEG]
    return max(fine, key=lambda fit: fit[0])[1]


def _fit(
    points: np.ndarray, weights: np.ndarray, min_pitch: float, angle_deg: float
) -> tuple[float, Lattice | None]:
    """Strength and best lattice at an angle; None if an axis has no strong wave."""
    places = rotate(points, angle_deg)
    u = _fit_axis(places[:, 0], weights, min_pitch)
    v = _fit_axis(places[:, 1], weights, min_pitch)
    strong = min(u[0], v[0]) >= MIN_STRENGTH
    return u[0] * v[0], Lattice(angle_deg, (u[1], v[1]), (u[2], v[2])) if strong else None


def _fit_axis(places: np.ndarray, weights: np.ndarray, min_pitch: float) -> tuple[float, float, float]:
    """(strength, pitch, centre of a cell) of the strongest wave through `places`, float [N]."""
    start = float(places.min())
    extent = float(places.max()) - start
    if extent < min_pitch:  # one row
        pitch = max(2 * extent, min_pitch)
        return 1.0, 2 * pitch, float(np.average(places, weights=weights))
    # Uniform frequencies; the phase at the far end changes by a sixth of a turn per step.
    frequencies = np.arange(1 / (1.15 * extent), 1 / min_pitch, 1 / (6 * extent))
    if not len(frequencies):
        return 0.0, extent, start
    turns = 2j * np.pi * frequencies[:, None] * (places - start)  # [frequencies, N]
    waves = (np.exp(turns) * weights).sum(axis=1) / weights.sum()
    strengths = np.abs(waves)
    # Fractions of the pitch also fit, and better if neighbours touch: take the largest good pitch.
    peak = int(np.flatnonzero(strengths >= 0.8 * strengths.max())[0])
    while peak + 1 < len(strengths) and strengths[peak + 1] > strengths[peak]:
        peak += 1
    pitch = 1 / frequencies[peak]
    return float(strengths[peak]), float(pitch), start + float(np.angle(waves[peak])) / (2 * np.pi) * pitch
