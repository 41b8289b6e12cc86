"""Styles and paths become videos by functions that report instead of printing."""

import dataclasses

import numpy as np
import pytest

from animate.config import VideoConfig
from animate.controls.config import ControlConfig
from animate.paths.path_file import read_path
from animate.pipeline import prepare_path, render_path, render_style, style_path
from configs.animate import TINY
from data_prep.errors import InputError
from gan.config.draw import DrawNetworkConfig
from gan.draw.family import DrawFamily
from gan.sample import Generator


def test_a_style_is_rendered_with_its_path_file_and_plot(tmp_path, generator):
    out, file = tmp_path / "a.gif", tmp_path / "a.npz"
    made = render_style(generator, "phase", TINY["phase"], VideoConfig(out, save_path=file), seed=2)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a-path.png", "a.gif", "a.npz"]
    assert str(made).splitlines()[0].startswith(str(file))
    again = render_path(generator, read_path(file), VideoConfig(tmp_path / "b.gif"))
    assert again.frames == made.frames
    assert (tmp_path / "b.gif").read_bytes() == out.read_bytes()


def test_messages_go_to_the_callback(generator, capsys):
    messages = []
    config = dataclasses.replace(TINY["circle"], constant_speed=True)
    style_path(generator, "circle", config, report=messages.append)
    assert [message.split(":")[0] for message in messages] == ["constant speed"]
    assert capsys.readouterr().err == ""


def test_a_constant_truncation_is_left_to_the_mapping(generator, curve):
    path = prepare_path(generator, curve, controls=ControlConfig(truncation=(0.5,)))
    assert (path.space, path.truncation) == ("z", 0.5)
    np.testing.assert_array_equal(path.latents, curve.latents)


def test_latents_of_draw_have_the_norm_of_normal_ones(generator):
    """Other families scale z themselves. Keyframes and samples stay what they are."""
    family = DrawFamily(DrawNetworkConfig(glimpses=3, glimpse_z=2), (8, 8, 1))
    draw = Generator(family, {}, "draw", 0, ())
    for style in ("phase", "bezier", "noise-loop"):
        path = style_path(draw, style, TINY[style], seed=3)
        norms = np.linalg.norm(path.latents[:], axis=1)
        np.testing.assert_allclose(norms, np.sqrt(6), rtol=1e-5)
        plain = style_path(generator, style, TINY[style], seed=3)
        assert np.ptp(np.linalg.norm(plain.latents[:], axis=1)) > 0.01
        scaled = prepare_path(draw, dataclasses.replace(plain, latents=plain.latents[:]))
        np.testing.assert_array_equal(scaled.latents[:], path.latents[:])
    for style in ("random", "keyframes"):
        path, plain = (style_path(one, style, TINY[style], seed=3) for one in (draw, generator))
        np.testing.assert_array_equal(path.latents[:], plain.latents[:])


def test_an_invalid_seed_writes_nothing(tmp_path, generator):
    with pytest.raises(InputError, match="--seed -1"):
        render_style(generator, "phase", TINY["phase"], VideoConfig(tmp_path / "a.gif"), seed=-1)
    assert list(tmp_path.iterdir()) == []
