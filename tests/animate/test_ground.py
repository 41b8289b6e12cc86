"""The drawing below the camera: tiles that fit together, repeat, and move with the latents."""

import dataclasses
import functools

import jax.numpy as jnp
import numpy as np
import pytest

from animate import ground
from animate.ground import TAPS, Ground, interpolation, tile_cells
from data_prep.images import to_uint8
from gan.canvas.plane import plane_cells, plane_key, plane_style
from tests.animate.conftest import make_field_generator

CELL_PX = 4


@pytest.fixture(autouse=True)
def small_tiles(monkeypatch):
    monkeypatch.setattr(ground, "TILE_PX", 64)


@functools.cache
def whole(rows, columns):
    """The first tiles of seed 3 drawn as one: uint8."""
    generator = make_field_generator()
    family, halo = generator.family, generator.family.halo_cells
    part = -halo, -halo, 16 * rows + 2 * halo, 16 * columns + 2 * halo
    style, cells = family.normalized(plane_style(family, 3), plane_cells(plane_key(3), part, dim=3))
    return np.asarray(to_uint8(family.part(generator.params, style[None], cells[None])))[0]


def test_tiles_fit_together_without_seams(field_generator):
    found = Ground(field_generator, seed=3).window((0, 0), (2, 1))
    assert np.abs(found.astype(int) - whole(2, 1)).max() <= 1  # rounding


def test_tiles_do_not_depend_on_the_order_in_which_they_are_drawn(field_generator):
    one, other = (Ground(field_generator, seed=3, cached=1) for _ in range(2))
    places = [(0, 0), (-5, 7), (0, 1)]
    first = [one.tile(place) for place in places]
    again = [other.tile(place) for place in reversed(places)][::-1]
    np.testing.assert_array_equal(first, again)
    assert len({image.tobytes() for image in first}) == 3
    assert (Ground(field_generator, seed=4).tile((0, 0)) != first[0]).any()


@pytest.mark.parametrize("loop", [(0, 3), (2, -1)])
def test_a_looped_drawing_repeats_along_its_line_only(field_generator, loop):
    plane = Ground(field_generator, seed=3, loop=loop)
    here = plane.tile((1, 1))
    for times in (-2, 1, 5):
        np.testing.assert_array_equal(plane.tile((1 + times * loop[0], 1 + times * loop[1])), here)
    assert (plane.tile((1 + loop[1], 1 + loop[0])) != here).any()


def test_seams_of_a_loop_are_drawn_with_the_neighbours_over_it(field_generator):
    """Three copies in a row look alike on both sides of the joint: no break in the gradient."""
    image = Ground(field_generator, seed=3, loop=(0, 1)).window((0, 0), (1, 2))[..., 0].astype(float)
    across = np.abs(np.diff(image, axis=1)).mean(axis=0)
    assert across[63] < 2 * across.mean()


def test_latents_moved_by_a_whole_cell_are_those_of_the_next_cell():
    assert interpolation((0.0, 0.0))[0].tolist() == [0, 0, 1, 0, 0, 0]


def test_tiles_hold_what_their_neighbours_need_of_them(field_generator):
    family = field_generator.family
    assert tile_cells(family) == 16
    deep = dataclasses.replace(family, config=dataclasses.replace(family.config, trunk_layers=30))
    assert tile_cells(deep) == deep.halo_cells + TAPS // 2 > 30


@pytest.mark.parametrize("part", [0.1, 0.5, 0.75])
def test_interpolated_latents_keep_the_norm_of_the_prior(part):
    weights = interpolation((part, 0.0))[0].astype(float)
    assert np.square(weights).sum() == pytest.approx(1, abs=1e-6)
    for n in range(TAPS):  # the plain formula, up to the scale
        d = part - (n - 2)
        expected = np.sin(np.pi * d) * np.sin(np.pi * d / 3) / (np.pi**2 * d**2 / 3)
        assert weights[n] / weights[2] == pytest.approx(
            expected / (np.sin(np.pi * part) * np.sin(np.pi * part / 3) / (np.pi**2 * part**2 / 3)), abs=1e-5
        )


@pytest.mark.slow
def test_tiles_between_cells_have_the_interpolated_latents(field_generator):
    """Against the plain sum over neighbours of each cell."""
    family, halo = field_generator.family, field_generator.family.halo_cells
    phase, reach = (0.25, 0.5), halo + 3
    raw = np.asarray(plane_cells(plane_key(3), (-reach, -reach, 16 + 2 * reach, 16 + 2 * reach), dim=3))
    weights = interpolation(phase)
    size = 16 + 2 * halo
    moved = np.zeros((size, size, 3), np.float32)
    for y, x in np.ndindex(size, size):
        moved[y, x] = np.einsum("i,j,ijd->d", weights[0], weights[1], raw[y + 1 : y + 7, x + 1 : x + 7])
    style, cells = family.normalized(plane_style(family, 3), jnp.asarray(moved))
    expected = np.asarray(to_uint8(family.part(field_generator.params, style[None], cells[None])))[0]
    found = Ground(field_generator, seed=3).tile((0, 0), phase=phase)
    assert np.abs(found.astype(int) - expected).max() <= 1
