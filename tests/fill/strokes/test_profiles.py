import numpy as np
import pytest

from fill.strokes.profiles import Runs, inside_line, measure
from tests.fill.strokes.drawn import draw


@pytest.mark.parametrize("width", [1.0, 2.0, 3.5, 6.0])
def test_centre_and_width_of_a_line_are_found_to_a_tenth_of_a_pixel(width):
    coverage = draw([[(5, 20.3), (60, 24.7)]], width)
    along = np.array([55, 4.4]) / np.hypot(55, 4.4)
    middle = np.array([5, 20.3]) + np.linspace(10, 40, 20)[:, None] * along
    across = np.array([-along[1], along[0]])
    offset, found = measure(
        coverage, middle - 0.4 * across, np.tile(along, (20, 1)), np.full(20, width / 2 + 2)
    )
    assert np.abs(offset - 0.4).max() < 0.1
    assert np.abs(found - width).max() < 0.15


def test_a_neighbouring_line_is_not_measured():
    line, other = [(5, 20), (60, 20)], [(5, 25), (60, 25)]
    both = draw([line, other], 3)
    along, points = np.tile([1.0, 0.0], (5, 1)), np.array([[x, 20.0] for x in range(20, 25)])
    offset, width = measure(both, points, along, np.full(5, 6.0))
    assert np.abs(offset).max() < 0.1
    assert np.abs(width - 3).max() < 0.2


def test_ink_behind_a_valley_does_not_count():
    ink = np.array([[1, 0.8, 0.3, 0.6, 1.0]], np.float32)
    np.testing.assert_allclose(inside_line(ink), [[1, 0.8, 0.3, 0, 0]])


def test_smoothing_keeps_straight_lines_and_ends():
    points = np.stack([np.arange(10.0), 2 * np.arange(10.0)], axis=1)
    both = np.concatenate([points, points[::-1] + 50])
    runs = Runs(np.array([0, 10, 20]), np.array([False, False]))
    np.testing.assert_allclose(runs.smooth(both, sigma_px=1.5), both, atol=1e-9)


def test_closed_curves_are_smoothed_around():
    turn = np.arange(40) * 2 * np.pi / 40
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    runs = Runs(np.array([0, 40]), np.array([True]))
    radii = np.hypot(*runs.smooth(circle, sigma_px=2.0).T)
    assert np.ptp(radii) < 1e-9
    tangents = runs.tangents(circle)
    np.testing.assert_allclose((tangents * circle).sum(axis=1), 0, atol=1e-9)
