"""Solid shapes of a drawing: ink too wide, or of too uneven width, to be a line. Pure, on the host."""

import dataclasses

import cv2
import numpy as np

from fill.strokes.regions import outlines

WIDER = 2.5  # than the lines of a drawing: ink that may be solid
LEAST_PX = 3.0  # half a width, below which all ink is lines
LONG = 3.0  # length over width from which wide ink of even width is a line
UNEVEN = 0.2  # standard deviation of half the width over its mean
INSIDE_POINTS = 64


@dataclasses.dataclass(frozen=True)
class Solid:
    """A filled shape, in px; the centre of the first pixel is (0.5, 0.5)."""

    parts: tuple[np.ndarray, ...]  # float64 [K, 4, 2] each: closed outlines of the shape and of its holes
    inside: np.ndarray  # float64 [M, 2], points far from its edge


def find_solids(ink: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Find the solid shapes of a drawing, int32 [H, W]: 0 is paper or line.

    Where a disc much wider than the lines fits into the ink, this ink is opened by the disc; corners that
    the disc misses are added. Long ink of even width is a line, however wide.

    Args:
        ink: bool [H, W].
        radius: float32 [H, W], distance to the paper.
    """
    ridge = ink & (radius >= cv2.dilate(radius, np.ones((3, 3), np.uint8)))
    labels = np.zeros(ink.shape, np.int32)
    if not ridge.any():
        return labels
    half = float(np.median(radius[ridge]))
    limit = max(WIDER * half, LEAST_PX)
    seeds = radius > limit
    if not seeds.any():
        return labels
    opened = (_distance_to(seeds) <= limit) & ink
    count, found, stats, _ = cv2.connectedComponentsWithStats(opened.astype(np.uint8), connectivity=8)
    solid = np.zeros(count, bool)
    for part in range(1, count):
        own = radius[ridge & seeds & (found == part)].astype(np.float64)
        length = float(stats[part, cv2.CC_STAT_AREA]) / (2 * own.max()) ** 2
        solid[part] = length < LONG or own.std() > UNEVEN * own.mean()
    if not solid.any():
        return labels
    shapes = solid[found]
    away = _distance_to(shapes)
    count, rest, _, _ = cv2.connectedComponentsWithStats((ink & ~shapes).astype(np.uint8), connectivity=8)
    reach, wide = np.zeros(count), np.zeros(count)
    places = rest.reshape(-1).astype(np.int64)
    np.maximum.at(reach, places, away.reshape(-1))
    np.maximum.at(wide, places, np.where(away <= limit, radius, 0).reshape(-1))
    is_corner = (reach <= limit) | ((reach <= 3 * limit) & (wide > 1.5 * half))
    is_corner[0] = False
    _, labels = cv2.connectedComponents((shapes | is_corner[rest]).astype(np.uint8), connectivity=8)
    return labels.astype(np.int32)


def without_solids(ink: np.ndarray, solids: np.ndarray, *, overlap_px: float) -> np.ndarray:
    """The ink of the lines, bool [H, W], which reach into the solid shapes by `overlap_px`."""
    lines = ink & (solids == 0)
    return ink & (_distance_to(lines) <= overlap_px) if lines.any() else lines


def solid_shapes(solids: np.ndarray, radius: np.ndarray, *, tolerance_px: float) -> tuple[Solid, ...]:
    """Outlines of solid shapes, int32 [H, W], as curves within a tolerance."""
    shapes = []
    for label, parts in outlines(solids, tolerance_px=tolerance_px):
        y, x = np.nonzero(solids == label)
        deepest = np.argsort(-radius[y, x], kind="stable")[:INSIDE_POINTS]
        shapes.append(Solid(parts, np.stack([x[deepest], y[deepest]], axis=1) + 0.5))
    return tuple(shapes)


def _distance_to(shapes: np.ndarray) -> np.ndarray:
    """Distance of each pixel to a shape, float32 [H, W]; 0 in it."""
    return cv2.distanceTransform((~shapes).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
