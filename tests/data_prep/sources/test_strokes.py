"""Rendered strokes: equal to a distance taken segment by segment, fitted, and of the pen's width."""

import itertools

import numpy as np
import pytest

from data_prep.sources.strokes import render_strokes


def plain_search(strokes: list[np.ndarray], size_px: int, pen_px: float, margin_px: float) -> np.ndarray:
    """Distance of every pixel's centre to every segment, one by one."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    radius = max(pen_px, 1) / 2
    extent = (high - low).max()
    scale = (size_px - 2 * (margin_px + radius)) / extent if extent else 0
    y, x = np.mgrid[:size_px, :size_px] + 0.5
    nearest = np.full((size_px, size_px), np.inf)
    for stroke in strokes:
        placed = (stroke - (low + high) / 2) * scale + size_px / 2
        for a, b in itertools.pairwise(placed) if len(placed) > 1 else [(placed[0], placed[0])]:
            along = b - a
            length2 = along @ along
            t = np.clip(((x - a[0]) * along[0] + (y - a[1]) * along[1]) / length2, 0, 1) if length2 else 0
            nearest = np.minimum(nearest, np.hypot(x - a[0] - t * along[0], y - a[1] - t * along[1]))
    ink = np.clip(radius + 0.5 - nearest, 0, 1) * min(pen_px, 1)
    return 255 - 255 * ink


@pytest.mark.parametrize(("size_px", "pen_px"), [(28, 1.0), (64, 2.0), (50, 9.5), (33, 0.4), (200, 3.0)])
def test_equals_a_plain_implementation(rng, size_px, pen_px):
    for counts in ([2], [1], [5, 1, 40], [300, 3]):
        strokes = [np.cumsum(rng.normal(0, 9, (n, 2)), axis=0) for n in counts]
        tile = render_strokes(strokes, size_px=size_px, pen_px=pen_px, margin_px=2)
        assert tile.shape == (size_px, size_px, 1)
        assert np.abs(tile[..., 0] - plain_search(strokes, size_px, pen_px, 2)).max() <= 0.501


def test_fills_the_tile_up_to_its_margin():
    wide = [np.array([[0, 0], [100, 10]])]
    ink = render_strokes(wide, size_px=64, pen_px=2, margin_px=5)[..., 0] < 128
    rows, cols = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert (cols[0], cols[-1]) == (5, 58)
    assert rows[0] + rows[-1] == 63


def test_offset_and_scale_of_strokes_do_not_matter(rng):
    strokes = [rng.normal(0, 1, (9, 2)), rng.normal(0, 1, (2, 2))]
    tile = render_strokes(strokes, size_px=48, pen_px=3, margin_px=3).astype(int)
    moved = render_strokes([s * 40 + [7, -300] for s in strokes], size_px=48, pen_px=3, margin_px=3)
    assert np.abs(tile - moved).max() <= 1


def test_ink_is_length_times_width():
    line = [np.array([[0.0, 0.0], [1.0, 0.3]])]
    length = (200 - 2 * 10 - 6) * np.hypot(1, 0.3)
    ink = (255 - render_strokes(line, size_px=200, pen_px=6, margin_px=10).astype(float)).sum() / 255
    assert ink == pytest.approx(6 * length + np.pi * 9, rel=0.005)


def test_a_dot_is_round_and_in_the_middle():
    tile = render_strokes([np.array([[3.0, 4.0]])], size_px=20, pen_px=8, margin_px=2)[..., 0]
    assert (tile == tile.T).all()
    assert (tile == tile[::-1]).all()
    assert (255 - tile.astype(float)).sum() / 255 == pytest.approx(np.pi * 16, rel=0.02)
