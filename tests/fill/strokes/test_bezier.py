import numpy as np
import pytest
from scipy.spatial import cKDTree

from fill.strokes.bezier import evaluate, fit_curves, flatten_cubics
from tests.fill.strokes.drawn import arc


def fit(points, tolerance, breaks=None, closed=False):
    breaks = np.array([0, len(points) - 1] if breaks is None else breaks)
    return fit_curves(points, [breaks], closed=[closed], tolerance_px=tolerance)[0]


@pytest.mark.parametrize("tolerance", [0.05, 0.3, 2.0])
def test_every_point_is_within_the_tolerance(tolerance):
    x = np.linspace(0, 60, 120)
    points = np.stack([x, 12 * np.sin(x / 5)], axis=1)
    cubics = fit(points, tolerance)
    assert cKDTree(flatten_cubics(cubics, step_px=0.02)).query(points)[0].max() <= tolerance + 0.02
    np.testing.assert_array_equal(cubics[1:, 0], cubics[:-1, 3])
    np.testing.assert_allclose(cubics[0, 0], points[0])
    np.testing.assert_allclose(cubics[-1, 3], points[-1])


def test_a_cubic_is_found_again():
    cubic = np.array([[[0, 0], [10, 30], [40, 30], [60, 5]]], float)
    points = flatten_cubics(cubic, step_px=1.0)
    cubics = fit(points, 0.05)
    assert len(cubics) <= 3
    assert cKDTree(flatten_cubics(cubics, step_px=0.02)).query(points)[0].max() < 0.06


def test_fewer_cubics_for_a_larger_tolerance():
    points = arc((0, 0), 40, 0, 300)
    assert len(fit(points, 1.0)) < len(fit(points, 0.01))


def test_pieces_meet_smoothly_except_at_breaks():
    points = np.concatenate([arc((0, 0), 30, 0, 180)[:-1], arc((-60, 0), 30, 0, -180)[:-1] + 0.0])
    cubics = fit(points, 0.1)
    out = cubics[1:, 1] - cubics[1:, 0]
    into = cubics[:-1, 3] - cubics[:-1, 2]
    turn = (out * into).sum(axis=1) / np.hypot(*out.T) / np.hypot(*into.T)
    assert (turn > 0.999).all()
    corner = np.array([(x, 0.0) for x in range(20)] + [(19.0, y) for y in range(1, 20)])
    cubics = fit(corner, 0.3, breaks=[0, 19, 38])
    assert len(cubics) == 2
    np.testing.assert_allclose(cubics[0, 3], [19, 0])


def test_a_closed_curve_is_smooth_at_its_seam():
    points = arc((0, 0), 20, 0, 360)
    cubics = fit(points, 0.1, closed=True)
    out, into = cubics[0, 1] - cubics[0, 0], cubics[-1, 3] - cubics[-1, 2]
    assert abs(out[0] * into[1] - out[1] * into[0]) < 1e-6 * np.hypot(*out) * np.hypot(*into)


def test_curves_do_not_depend_on_each_other():
    a, b = arc((0, 0), 20, 0, 90), arc((50, 5), 9, 0, 200)
    breaks = [np.array([0, 199]), np.array([200, 399])]
    both = fit_curves(np.concatenate([a, b]), breaks, closed=[False, False], tolerance_px=0.1)
    for cubics, points in zip(both, (a, b), strict=True):
        np.testing.assert_allclose(cubics, fit(points, 0.1))


def test_evaluate_ends_at_the_ends():
    cubic = np.random.default_rng(0).normal(size=(1, 4, 2))
    np.testing.assert_allclose(evaluate(cubic, np.array([0.0])), cubic[:, 0])
    np.testing.assert_allclose(evaluate(cubic, np.array([1.0])), cubic[:, 3])
    np.testing.assert_allclose(evaluate(cubic, np.array([0.5]))[0], cubic[0].T @ [1 / 8, 3 / 8, 3 / 8, 1 / 8])
