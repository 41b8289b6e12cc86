"""Moving canvases: every style closes, cells move by themselves, parts keep still."""

import dataclasses

import numpy as np
import pytest

from animate.canvas import canvas_path
from animate.controls.config import ControlConfig
from animate.layout_config import LayoutConfig
from animate.paths import PATHS
from animate.render import render
from configs.animate import TINY
from data_prep.errors import InputError
from data_prep.images import write_image
from gan.canvas.mask_config import MaskConfig
from gan.canvas.plane import plane_cells, plane_key, plane_style
from gan.latents import normalize
from gan.runs.latent_files import write_directions
from gan.sample import Generator
from tests.gan.canvas.networks import network

LAYOUT = LayoutConfig(canvas="18x10")
G, CELLS, D = 3, 3 * 5, 4
PLAIN, NO_MASK = ControlConfig(), MaskConfig()


def make(style="bezier", layout=LAYOUT, *, notes=None, seed=5, controls=PLAIN, masked=NO_MASK, **fields):
    config = dataclasses.replace(TINY[style], **fields)
    generator = Generator(*network(), "small", nimg=0)
    note = (notes if notes is not None else []).append
    options = {"seed": seed, "controls": controls, "masked": masked, "note": note}
    return canvas_path(generator, style, config, layout, **options)


def frame(made, number, truncation=1.0):
    generator, path = made
    (images,) = render(generator, path.latents, frames=[number], truncation=truncation)
    return images[0].astype(int)


def unit(z):
    """Every vector of z [T, Z] with root mean square 1."""
    parts = z[:, None, :G], z[:, G:].reshape(len(z), -1, D)
    return np.concatenate([np.asarray(normalize(part)).reshape(len(z), -1) for part in parts], axis=1)


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


def test_paths_in_w_are_the_curves_without_the_mapping():
    """The same normal vectors, not normalised; keyframes in w are the mapped canvases of their seeds."""
    z, w = make()[1].latents[:], make(space="w")[1].latents[:]
    assert w.shape == (24, 1, G + CELLS * D)
    np.testing.assert_array_equal(w[:, 0], z)
    keys = {"keys": ("4", "7", "1")}
    z, w = (make("keyframes", space=space, **keys)[1].latents[:] for space in "zw")
    np.testing.assert_allclose(w[[0, 8], 0], unit(z[[0, 8]]), atol=1e-5)


def test_truncation_and_direction_move_along_the_path(tmp_path):
    """The direction: its part in the style of the whole image, at the length of the whole."""
    z, file, notes = make()[1].latents[:], tmp_path / "axes.npz", []
    size = network()[0].z_dim
    axes = np.zeros((2, 1, size), np.float32)
    axes[0, 0, :G], axes[0, 0, G] = (0, 0.6, 0), 0.8
    axes[1, 0, G] = 1
    write_directions(file, axes, np.array([2.0, 1.0]), header={})
    controls = ControlConfig(truncation=(0.5, 1.0), direction=f"{file}[0]", direction_strength=(-1.0, 3.0))
    made = make(controls=controls, notes=notes)
    assert made[1].truncation == 1
    expected = unit(z)[[0, 12]] * np.array([[0.5], [1.0]])
    expected[:, 1] += np.array([-1, 3]) * 2
    np.testing.assert_allclose(made[1].latents[:][[0, 12], 0], expected, atol=1e-5)
    assert "--direction: 60 % of it is in the style of the whole image" in notes[-1]
    with pytest.raises(InputError, match="moves single cells"):
        make(controls=ControlConfig(direction=f"{file}[1]"))
    write_directions(file, axes[..., 1:], np.array([2.0, 1.0]), header={})
    with pytest.raises(InputError, match="find directions of this generator"):
        make(controls=controls)


def test_constant_speed_moves_frames_along_the_same_curves(tmp_path):
    """A still canvas in two unequal steps: the frames between three keys are even, and end where they did."""
    layout, keys, notes = dataclasses.replace(LAYOUT, canvas="8x8"), {"keys": ("4", "7", "1")}, []
    plain, even = (make("keyframes", layout, notes=notes, constant_speed=on, **keys) for on in (False, True))
    assert "constant speed, measured on 8x8 px: largest step" in notes[-1]
    np.testing.assert_array_equal(even[1].latents[:1], plain[1].latents[:1])
    steps = []
    for made in (plain, even):
        frames = np.stack([frame(made, number % 24) for number in range(25)])
        steps.append(np.sqrt(np.square(np.diff(frames, axis=0)).mean((1, 2, 3))))
    assert steps[1].max() / np.median(steps[1]) < steps[0].max() / np.median(steps[0])
    moving = make(constant_speed=True, notes=notes)
    assert np.isfinite(moving[1].latents[:]).all()


def test_a_mask_mixes_in_the_moving_style_of_another_seed(tmp_path):
    """Black and white at any time: the canvases of both seeds, with the cells of the first."""
    file, layout = tmp_path / "mask.png", LayoutConfig(canvas="80x12")
    halves = np.repeat(np.array([[0, 255]], np.uint8), 40, axis=1).repeat(12, axis=0)[..., None]
    write_image(file, halves)
    made = make(layout=layout, masked=MaskConfig(mask=file, mask_seed=9))
    one, other = make(layout=layout), make(layout=layout, seed=9)
    mixed, z, second = made[1].latents[:], one[1].latents[:], other[1].latents[:]
    np.testing.assert_array_equal(mixed, np.concatenate([z[:, :G], second[:, :G], z[:, G:]], axis=1))
    swapped = one[0], dataclasses.replace(one[1], latents=np.concatenate([second[:, :G], z[:, G:]], axis=1))
    halo = network()[0].halo_cells * 4
    assert halo < 20
    for truncation in (1.0, 0.6):
        black, white, found = (frame(part, 7, truncation) for part in (one, swapped, made))
        assert np.abs(found - black)[:, halo : 40 - halo].max() <= 1
        assert np.abs(found - white)[:, 40 + halo : 80 - halo].max() <= 1
        assert np.abs(found - black)[:, 40 + halo : 80 - halo].max() > 10
    still = make("keyframes", layout, masked=MaskConfig(mask=file, mask_seed=9))[1].latents[:]
    np.testing.assert_array_equal(still[:, G : 2 * G], np.tile(plane_style(network()[0], 9), (24, 1)))
    assert made[1].config["mask_seed"] == 9


@pytest.mark.parametrize(
    ("fields", "controls", "message"),
    [
        ({}, {"coarse": "3"}, "--coarse: networks of family field have one style"),
        ({}, {"label": "cat"}, "--label cat: networks of family field have no classes"),
        ({"style": "random", "constant_speed": True}, {}, "--constant-speed: random is not a curve"),
        ({"style": "keyframes", "keys": ("a.npz",)}, {}, "keyframes of a canvas are seeds"),
    ],
)
def test_settings_that_canvases_do_not_have_are_named(fields, controls, message):
    with pytest.raises(InputError, match=message):
        make(controls=ControlConfig(**controls), **fields)
