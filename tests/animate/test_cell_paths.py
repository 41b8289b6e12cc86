"""Cells move along curves of their own, at phases of their own."""

import dataclasses

import jax
import numpy as np
import pytest

from animate.cell_paths import PHASES, CellPaths
from animate.paths import PATHS
from configs.animate import TINY
from gan.canvas.plane import cell_keys, plane_key

D = 4
CLOSED = [style for style in TINY if style not in ("random", "keyframes")]


@pytest.mark.parametrize("style", CLOSED)
@pytest.mark.slow_cases("period", "circle", "zigzag", "bitloop", "noise-loop")
def test_cells_are_curves_of_their_own_at_phases_of_their_own(style):
    """Against the style drawn cell by cell; the step across the seam is no longer than the others."""
    window, key = (-2, 7, 3, 5), plane_key(9)
    config = dataclasses.replace(TINY[style], latent_size=D)
    paths = CellPaths(style, config, key, window)
    u = np.arange(24) / 24
    found = paths.at(u, np.arange(24))
    for number, own in enumerate(cell_keys(key, window).reshape(-1)[:4]):
        phase = int(jax.random.randint(jax.random.fold_in(own, 1), (), 0, PHASES)) / PHASES
        expected = PATHS[style][1](jax.random.fold_in(own, 0), config, at=(u + phase) % 1)
        np.testing.assert_allclose(found[:, number], expected, atol=1e-5)
    first, closing = paths.at(np.array([0.0, 1.0]), np.arange(2))
    np.testing.assert_array_equal(closing, first)
    np.testing.assert_allclose(first, found[0], atol=1e-6)
    inner = CellPaths(style, config, key, (-1, 8, 2, 3)).at(u, np.arange(24))
    np.testing.assert_allclose(inner.reshape(24, 2, 3, D), found.reshape(24, 3, 5, D)[:, 1:, 1:4], atol=1e-6)
