"""Configs take the generator's latent size; keyframes take its space."""

import dataclasses

import pytest

from animate.controls.config import ControlConfig
from animate.paths.path_file import write_path
from animate.style_fit import fit_style
from configs.animate import TINY
from data_prep.errors import InputError


def test_the_latent_size_is_the_generators(new_generator):
    fitted = fit_style(new_generator(z_dim=9), TINY["bezier"], ControlConfig())
    assert (fitted.config.latent_size, fitted.points, fitted.uses_z) == (9, {}, True)


def test_truncated_keyframes_are_mapped_to_w(new_generator, curve, tmp_path):
    file = tmp_path / "a.npz"
    write_path(file, dataclasses.replace(curve, truncation=0.5))
    config = dataclasses.replace(TINY["keyframes"], keys=(str(file),))
    fitted = fit_style(new_generator(layers=3), config, ControlConfig())
    assert (fitted.config.space, fitted.config.key_count, fitted.uses_z) == ("w", 24, True)
    assert fitted.points["points"].shape == (24, 3, 6)
    with pytest.raises(InputError, match=r"--truncation 0\.7"):
        fit_style(new_generator(layers=3), config, ControlConfig(truncation=(0.7,)))
