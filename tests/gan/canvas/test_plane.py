"""Vectors of cells belong to coordinates, whatever window they are asked for in."""

import jax
import numpy as np
import pytest

from gan import latents
from gan.canvas.plane import cell_keys, plane_cells, plane_key, plane_style
from gan.random_streams import Stream
from tests.gan.canvas.networks import network


@pytest.mark.parametrize("origin", [(0, 0), (-5, 3), (2**31, -(2**20))], ids=str)
def test_windows_of_a_plane_overlap_in_the_same_vectors(origin):
    y, x = origin
    key = plane_key(7)
    whole = np.asarray(plane_cells(key, (y, x, 6, 5), dim=4))
    np.testing.assert_array_equal(plane_cells(key, (y + 2, x + 1, 3, 4), dim=4), whole[2:5, 1:5])
    assert len(np.unique(whole)) == whole.size


def test_a_vector_is_drawn_from_the_seed_row_and_column():
    key = jax.random.fold_in(jax.random.key(7), Stream.CANVAS_CELLS)
    own = jax.random.fold_in(jax.random.fold_in(key, 2), np.uint32(2**32 - 3))
    (found,) = plane_cells(plane_key(7), (2, -3, 1, 1), dim=4)[0]
    np.testing.assert_array_equal(found, jax.random.normal(own, (4,)))
    keys = jax.random.key_data(cell_keys(plane_key(7), (0, -4, 3, 2)))
    np.testing.assert_array_equal(keys[2, 1], jax.random.key_data(own))


def test_a_periodic_plane_repeats_and_is_the_endless_one_in_its_first_period():
    found = np.asarray(plane_cells(plane_key(1), (-2, -3, 6, 7), dim=2, period=(2, 4)))
    first = np.asarray(plane_cells(plane_key(1), (0, 0, 2, 4), dim=2))
    y, x = np.mgrid[-2:4, -3:4]
    np.testing.assert_array_equal(found, first[y % 2, x % 4])


def test_vectors_are_standard_normal():
    cells = np.asarray(plane_cells(plane_key(3), (0, 0, 40, 40), dim=8))
    assert abs(cells.mean()) < 0.03
    assert abs(cells.std() - 1) < 0.03
    neighbours = (cells[:, 1:] * cells[:, :-1]).mean(), (cells[1:] * cells[:-1]).mean()
    assert np.abs(neighbours).max() < 0.03


def test_the_style_of_a_seed_is_that_of_its_image():
    family = network()[0]
    np.testing.assert_array_equal(plane_style(family, 5), latents.from_seeds([5], z_dim=family.z_dim)[0, :3])
