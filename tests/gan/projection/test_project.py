"""Projection of several inputs: results as they are written, progress, existing results."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.gan.project import CONFIG
from data_prep.errors import InputError
from data_prep.images import to_uint8
from data_prep.progress import Failures
from gan import latents
from gan.metrics.perceptual import distance_of
from gan.projection.project import open_inputs, project_inputs
from gan.sample import load_generator
from tests.data_prep.conftest import bars


@pytest.mark.slow
def test_results_are_passed_on_and_found_again(untrained_run, tmp_path, capsys):
    generator = load_generator(untrained_run)
    z = latents.from_seeds([1], z_dim=generator.z_dim)
    image = np.asarray(to_uint8(generator.synthesize(generator.map(z))))[0, ..., 0]
    Image.fromarray(image).save(tmp_path / "a.png")
    config = dataclasses.replace(CONFIG, steps=2, candidates=20, batch=1)
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


def test_inputs_that_cannot_be_read_are_named_and_the_others_projected(untrained_run, tmp_path):
    generator = load_generator(untrained_run)
    config = dataclasses.replace(CONFIG, steps=2, candidates=4, batch=1)
    perceptual = distance_of(untrained_run, None, shape=generator.shape)
    folder = tmp_path / "in"
    folder.mkdir()
    Image.fromarray(np.full((16, 16), 99, np.uint8)).save(folder / "good.png")
    (folder / "bad.png").write_bytes((folder / "good.png").read_bytes()[:40])
    (folder / "cut.gif").write_bytes(b"GIF89a")
    (folder / "link.png").symlink_to("nowhere.png")
    (tmp_path / "clip.mp4").write_bytes(b"")
    failures = Failures()
    inputs = open_inputs([folder, tmp_path / "clip.mp4"], report=failures)
    made = project_inputs(generator, perceptual, inputs, tmp_path / "out", config, failures=failures)
    assert set(failures) == {"bad.png", "cut.gif", "link.png", "clip.mp4"}
    assert made.images.files == (tmp_path / "out" / "good.npz",)
    only_bad = open_inputs([folder / "bad.png"])
    with pytest.raises(InputError, match=r"bad\.png"):
        project_inputs(generator, perceptual, only_bad, tmp_path / "other", config)
    assert not (tmp_path / "other").exists()
