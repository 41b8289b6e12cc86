"""Path files as rows of a page."""

import numpy as np
import pytest

from animate.page import path_rows as module
from animate.page.path_rows import path_rows
from animate.paths.path import LatentPath
from data_prep.errors import InputError


def path_of(latents, *, generator=None, closed=True, truncation=1.0):
    return LatentPath(latents.astype(np.float32), "bezier", {}, 0, 30.0, closed, truncation, generator)


def latents_of(generator, frames):
    return np.random.default_rng(0).normal(size=(frames, generator.z_dim))


def test_rounding_is_small_and_known(generators):
    _, generator = generators["progan"]
    latents = latents_of(generator, 30)
    found = path_rows(generator, path_of(latents, generator=generator.identity), name="p")
    assert found.rows.dtype == np.dtype("<i2")
    assert np.abs(found.rows * found.scale - latents).max() <= np.abs(latents).max() / 65_534 * 1.001
    described = found.described("path.bin")
    assert (described["space"], described["frames"], described["seconds"]) == ("z", 30, 1.0)


def test_equal_layers_are_stored_once(generators):
    _, generator = generators["stylegan2"]
    layers, size = generator.family.num_ws, generator.family.w_dim
    w = np.random.default_rng(0).normal(size=(4, 1, size)).repeat(layers, axis=1)
    assert path_rows(generator, path_of(w), name="p").rows.shape == (4, size)
    w[2, 1] += 1
    assert path_rows(generator, path_of(w), name="p").rows.shape == (4, layers * size)


@pytest.mark.parametrize("closed", [False, True])
def test_long_paths_are_resampled(generators, monkeypatch, closed):
    _, generator = generators["progan"]
    turns = np.arange(1000) / (1000 if closed else 999)
    latents = np.repeat(np.sin(2 * np.pi * turns)[:, None], generator.z_dim, axis=1)
    monkeypatch.setattr(module, "MAX_BYTES", 2 * generator.z_dim * 100)
    found = path_rows(generator, path_of(latents, closed=closed), name="p")
    at = np.arange(100) / (100 if closed else 99)
    assert found.rows.shape[0] == 100
    assert found.described("")["frames"] == 1000
    np.testing.assert_allclose(found.rows[:, 0] * found.scale, np.sin(2 * np.pi * at), atol=1e-3)


def test_paths_of_other_networks_are_refused(generators):
    _, generator = generators["progan"]
    with pytest.raises(InputError, match=r"p\.npz was made for another generator"):
        path_rows(generator, path_of(latents_of(generator, 4), generator="another"), name="p.npz")
    with pytest.raises(InputError, match=r"p\.npz: .*size 13"):
        path_rows(generator, path_of(np.zeros((4, 13))), name="p.npz")
