"""Strokes drawn with an antialiased round pen, as known centre lines."""

import itertools

import numpy as np
from scipy.spatial import cKDTree

from fill.strokes.bezier import flatten_cubics


def dense(points, step=0.25):
    """Points along a polyline, about `step` apart."""
    points = np.asarray(points, float)
    parts = [
        a + (b - a) * np.linspace(0, 1, max(2, round(np.hypot(*(b - a)) / step)))[:, None]
        for a, b in itertools.pairwise(points)
    ]
    return np.concatenate(parts) if parts else points


def draw(strokes, width_px, size=64):
    """Coverage of a round pen, float32 [size, size]; the centre of the first pixel is (0.5, 0.5)."""
    at = np.moveaxis(np.indices((size, size))[::-1], 0, -1).reshape(-1, 2) + 0.5
    distance = cKDTree(np.concatenate([dense(stroke, 0.05) for stroke in strokes])).query(at)[0]
    return np.clip(width_px / 2 + 0.5 - distance, 0, 1).reshape(size, size).astype(np.float32)


def image_of(coverage):
    """Dark ink on white paper, uint8 [H, W, 1]."""
    return np.rint(255 * (1 - coverage)).astype(np.uint8)[..., None]


def arc(center, radius, begin_deg, end_deg):
    """Points of an arc."""
    turn = np.radians(np.linspace(begin_deg, end_deg, 200))
    return np.stack([center[0] + radius * np.cos(turn), center[1] + radius * np.sin(turn)], axis=1)


def farthest(strokes, truth):
    """Largest distances of the true lines from the traced ones, and back."""
    traced = np.concatenate([flatten_cubics(stroke.cubics, step_px=0.1) for stroke in strokes])
    true = np.concatenate([dense(stroke) for stroke in truth])
    return cKDTree(traced).query(true)[0].max(), cKDTree(true).query(traced)[0].max()
