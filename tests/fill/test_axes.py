"""Axes are found where they were drawn."""

import jax.numpy as jnp
import numpy as np
import pytest

from fill.axes import Axes, central_axes, fit_axes, mirrored_places
from tests.fill.conftest import draw_specimen
from tests.slow_cases import slow


@pytest.mark.parametrize("size", [200, *slow(600)])
@pytest.mark.parametrize(
    ("away", "turn_deg"), [((0.0, 0.0), 0.0), ((-0.02, 0.03), 2.3), ((0.02, -0.01), -4.1)]
)
def test_axes_of_drawn_specimens(size, away, turn_deg):
    center = [(0.5 + part) * size for part in away]
    axes = fit_axes(jnp.asarray(draw_specimen(size, center=tuple(center), turn_deg=turn_deg)))
    np.testing.assert_allclose(axes.center_px, center, atol=0.25)
    assert abs(float(axes.angle_deg) - turn_deg) < 0.1


@pytest.mark.slow
def test_a_batch_is_fitted_one_by_one():
    ink = np.stack([draw_specimen(120, turn_deg=turn, seed=seed) for seed, turn in enumerate((0.0, 3.0))])
    both = fit_axes(jnp.asarray(ink))
    for i, image in enumerate(ink):
        np.testing.assert_allclose(both.center_px[i], fit_axes(jnp.asarray(image)).center_px, atol=1e-4)
    assert both.angle_deg.shape == (2,)


@pytest.mark.slow
def test_ink_without_symmetry_still_has_axes():
    for ink in (
        np.zeros((40, 60), bool),
        np.ones((40, 60), bool),
        np.eye(33, dtype=bool),
        np.ones((1, 1), bool),
    ):
        axes = fit_axes(jnp.asarray(ink))
        assert np.isfinite(axes.center_px).all()
        assert abs(float(axes.angle_deg)) <= 5


@pytest.mark.parametrize("across", [False, True])
def test_mirroring_twice_is_the_identity(across):
    """Places inside come back to where they were, up to the rounding to pixels."""
    axes = Axes(jnp.array([22.3, 17.8]), jnp.float32(3.7))
    row, column = (np.asarray(part) for part in mirrored_places(axes, 40, 48, across=across))
    inside = (row >= 0) & (row < 40) & (column >= 0) & (column < 48)
    y, x = np.indices((40, 48))
    back_y, back_x = row[row[inside], column[inside]], column[row[inside], column[inside]]
    assert np.abs(back_y - y[inside]).max() <= 1
    assert np.abs(back_x - x[inside]).max() <= 1


def test_central_axes_are_plain_flips():
    height, width = 5, 8
    image = np.arange(height * width).reshape(height, width)
    for across, flipped in ((False, image[:, ::-1]), (True, image[::-1])):
        row, column = mirrored_places(central_axes(height, width), height, width, across=across)
        np.testing.assert_array_equal(image[np.asarray(row), np.asarray(column)], flipped)


@pytest.mark.parametrize(("turn_deg", "max_deg"), [(3.0, 0.0), (4.9, 5.0), (7.0, 5.0)])
@pytest.mark.slow_cases("3.0-0.0")
def test_rotation_is_limited_to_max_deg(turn_deg, max_deg):
    """And the centre belongs to the angle that is given."""
    axes = fit_axes(jnp.asarray(draw_specimen(200, turn_deg=turn_deg)), max_deg=max_deg)
    assert abs(float(axes.angle_deg) - min(turn_deg, max_deg)) < 0.15
    np.testing.assert_allclose(axes.center_px, 99.5, atol=(4 + 4 * max(turn_deg - max_deg, 0)) / 3)
