"""Projection of several inputs: results as they are written, progress, existing results."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.gan.project import CONFIG
from data_prep.errors import InputError
from data_prep.images import to_uint8
from gan import latents
from gan.metrics.perceptual import distance_of
from gan.projection.project import open_inputs, project_inputs
from gan.sample import load_generator
from tests.data_prep.conftest import bars


def test_results_are_passed_on_and_found_again(untrained_run, tmp_path, capsys):
    generator = load_generator(untrained_run)
    z = latents.from_seeds([1], z_dim=generator.z_dim)
    image = np.asarray(to_uint8(generator.synthesize(generator.map(z))))[0, ..., 0]
    Image.fromarray(image).save(tmp_path / "a.png")
    config = dataclasses.replace(CONFIG, steps=2, candidates=4, batch=1)
    perceptual, steps, results = distance_of(untrained_run, None, shape=generator.shape), [], []
    arguments = (generator, perceptual, open_inputs([tmp_path / "a.png"]), tmp_path / "out", config)
    made = project_inputs(*arguments, progress=bars(steps), on_result=results.append)
    assert not made.existed
    assert results == [made.images]
    assert made.images.files == (tmp_path / "out" / "a.npz",)
    assert sum(count for _, count in steps) == 2
    lines = str(made.images).splitlines()
    assert lines[-2].startswith(f"{tmp_path / 'out' / 'a.npz'}  PSNR ")
    assert "1 latents, PSNR mean" in lines[-1]
    assert project_inputs(*arguments).existed
    assert capsys.readouterr().out == ""


def test_nothing_to_project_is_refused(tmp_path):
    with pytest.raises(InputError, match="no images and no clips"):
        open_inputs([])
    with pytest.raises(InputError, match="no file or folder"):
        open_inputs([Path(tmp_path / "none.png")])
