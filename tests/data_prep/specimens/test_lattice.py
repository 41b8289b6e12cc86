"""Rows and columns through points that stand roughly on them."""

import numpy as np
import pytest

from data_prep.specimens.lattice import Lattice, fit_lattice, rotate


def grid_points(
    rng: np.random.Generator, angle_deg: float, jitter: float, empty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points [N, 2] about 7 x 5 cells of 100 x 130, turned, and their (column, row)."""
    cells = np.stack(np.meshgrid(np.arange(7), np.arange(5)), axis=-1).reshape(-1, 2)
    cells = cells[rng.random(len(cells)) >= empty]
    straight = (cells + rng.uniform(-jitter, jitter, cells.shape)) * (100, 130) + (70, 90)
    return rotate(straight, -angle_deg), cells


@pytest.mark.parametrize("angle_deg", [-5, -1.3, 0, 0.7, 4])
@pytest.mark.parametrize("empty", [0, 0.4])
def test_points_are_assigned_to_their_cells(rng, angle_deg, empty):
    points, cells = grid_points(rng, angle_deg, 0.12, empty)
    lattice = fit_lattice(points, np.ones(len(points)), min_pitch=40)
    assert lattice is not None
    assert abs(lattice.angle_deg - angle_deg) < 1
    np.testing.assert_allclose(lattice.pitch, (100, 130), rtol=0.05)
    found = lattice.cells(points)
    np.testing.assert_array_equal(found - found[0], cells - cells[0])
    assert np.abs(lattice.offsets(points)).max() < 0.3


def test_scattered_points_have_no_lattice(rng):
    for _ in range(20):
        points = rng.uniform(0, 1000, (60, 2))
        assert fit_lattice(points, np.ones(60), min_pitch=60) is None
    assert fit_lattice(points[:5], np.ones(5), min_pitch=60) is None


def test_turning_there_and_back(rng):
    points = rng.uniform(0, 100, (9, 2))
    np.testing.assert_allclose(rotate(rotate(points, 12), -12), points)
    np.testing.assert_allclose(rotate(np.array([[0.0, -1.0]]), 90), [[1, 0]], atol=1e-12)  # up becomes along


def test_cells_are_centred():
    lattice = Lattice(0, (10, 20), (5, 5))
    points = np.array([[5, 5], [9.9, 14.9], [10.1, 15.1], [-5.1, 5]])
    assert lattice.cells(points).tolist() == [[0, 0], [0, 0], [1, 1], [-2 + 1, 0]]
