"""Moving canvases: every style closes, cells move by themselves, parts keep still."""

import dataclasses

import jax
import numpy as np
import pytest

from animate.canvas import PHASES, CellPaths, canvas_path
from animate.controls.config import ControlConfig
from animate.layout_config import LayoutConfig
from animate.paths import PATHS
from animate.render import render
from configs.animate import TINY
from data_prep.errors import InputError
from gan.canvas.plane import cell_keys, plane_cells, plane_key, plane_style
from gan.sample import Generator
from tests.gan.canvas.networks import network

LAYOUT = LayoutConfig(canvas="18x10")
G, CELLS, D = 3, 3 * 5, 4
PLAIN = ControlConfig()
CLOSED = [style for style in TINY if style not in ("random", "keyframes")]


def make(style="bezier", layout=LAYOUT, *, controls=PLAIN, notes=None, seed=5, **fields):
    config = dataclasses.replace(TINY[style], **fields)
    generator = Generator(*network(), "small", nimg=0)
    note = (notes if notes is not None else []).append
    return canvas_path(generator, style, config, layout, seed=seed, controls=controls, note=note)


@pytest.mark.parametrize("style", sorted(PATHS))
@pytest.mark.slow_cases("period", "circle", "zigzag", "bitloop", "noise-loop")
def test_every_style_moves_canvases(style):
    generator, path = make(style)
    z = path.latents[:]
    assert z.shape == (24, G + CELLS * D) == (24, generator.z_dim)
    assert z.dtype == np.float32
    assert np.ptp(z[:, :G], axis=0).any()
    np.testing.assert_array_equal(path.latents[5:9], z[5:9])
    np.testing.assert_array_equal(make(style)[1].latents[:], z)
    assert not np.array_equal(make(style, seed=6)[1].latents[:], z) or style == "keyframes"


@pytest.mark.parametrize("style", CLOSED)
@pytest.mark.slow_cases("period", "circle", "zigzag", "bitloop", "noise-loop")
def test_cells_are_curves_of_their_own_at_phases_of_their_own(style):
    """Against the style drawn cell by cell; the step across the seam is no longer than the others."""
    window, key = (-2, 7, 3, 5), plane_key(9)
    config = dataclasses.replace(TINY[style], latent_size=D)
    paths = CellPaths(style, config, key, window)
    u = np.arange(24) / 24
    found = paths.at(np.arange(24), u)
    for number, own in enumerate(cell_keys(key, window).reshape(-1)[:4]):
        phase = int(jax.random.randint(jax.random.fold_in(own, 1), (), 0, PHASES)) / PHASES
        expected = PATHS[style][1](jax.random.fold_in(own, 0), config, at=(u + phase) % 1)
        np.testing.assert_allclose(found[:, number], expected, atol=1e-5)
    first, closing = paths.at(np.array([0, 1]), np.array([0.0, 1.0]))
    np.testing.assert_array_equal(closing, first)
    np.testing.assert_allclose(first, found[0], atol=1e-6)
    inner = CellPaths(style, config, key, (-1, 8, 2, 3)).at(np.arange(24), u)
    np.testing.assert_allclose(inner.reshape(24, 2, 3, D), found.reshape(24, 3, 5, D)[:, 1:, 1:4], atol=1e-6)


def test_cells_of_an_open_path_move_together():
    _, path = make("zigzag", open=True)
    assert not path.closed
    z = path.latents[:][:, G:].reshape(24, CELLS, D)
    turns = np.abs(np.diff(z, n=2, axis=0)).max(2) > 1e-4
    assert (turns == turns[:, :1]).all()


def test_still_canvases_move_as_a_whole_or_in_their_cells_only():
    z = make()[1].latents[:]
    still = make(layout=dataclasses.replace(LAYOUT, still=True))[1].latents[:]
    np.testing.assert_array_equal(still[:, :G], z[:, :G])
    np.testing.assert_array_equal(still[:, G:], np.repeat(still[:1, G:], 24, 0))
    np.testing.assert_allclose(still[0, G:], z[0, G:], atol=1e-6)
    cells_only = make(layout=dataclasses.replace(LAYOUT, global_still=True))[1].latents[:]
    np.testing.assert_array_equal(cells_only[:, :G], np.repeat(z[:1, :G], 24, 0))
    np.testing.assert_array_equal(cells_only[:, G:], z[:, G:])


def test_keyframes_are_the_canvases_of_their_seeds():
    generator, path = make("keyframes", keys=("4", "7", "1"))
    family = network()[0]
    style, cells = plane_style(family, 7), plane_cells(plane_key(7), (0, 0, 3, 5), dim=D)
    np.testing.assert_allclose(path.latents[8:9][0], np.concatenate([style, cells.ravel()]), atol=1e-5)
    assert generator.shape == (10, 18, 1)


def test_frames_are_cropped_canvases_and_sizes_are_noted():
    notes = []
    generator, path = make(notes=notes)
    frames = np.concatenate(list(render(generator, path.latents, frames=[0, 3])))
    assert frames.shape == (2, 10, 18, 1)
    assert not np.array_equal(frames[0], frames[1])
    assert notes == ["--canvas 18x10: drawn as 20x12, whole cells of 4 px, and cropped"]


@pytest.mark.parametrize(
    ("fields", "controls", "message"),
    [
        ({"space": "w"}, {}, "--space w: paths of canvases are in z"),
        ({"constant_speed": True}, {}, "--constant-speed: cells of a canvas"),
        ({}, {"truncation": (0.5, 1.0)}, "--truncation: canvases take a constant"),
        ({}, {"direction": "a.npz[0]"}, "--direction: canvases"),
    ],
)
def test_settings_that_canvases_do_not_have_are_named(fields, controls, message):
    with pytest.raises(InputError, match=message):
        make(controls=ControlConfig(**controls), **fields)


@pytest.mark.slow
def test_keyframes_of_files_are_refused():
    with pytest.raises(InputError, match="keyframes of a canvas are seeds"):
        make("keyframes", keys=("a.npz",))
