"""`gan directions`: files, strips and error messages."""

import json

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from gan import latents
from gan.__main__ import main
from gan.explore import directions
from gan.runs.latent_files import read_direction
from gan.sample import load_generator, sample_images


@pytest.fixture(scope="module")
def found(untrained_run, tmp_path_factory):
    """What the command makes of an untrained run in layers 1 and 4."""
    out = tmp_path_factory.mktemp("directions") / "out"
    words = ["directions", str(untrained_run), "--out", str(out), "--count", "3", "--seeds", "5,6"]
    words += ["--layers", "1,4", "--steps", "5", "--samples", "500"]
    assert main(words) == 0
    return out, words


@pytest.mark.slow
def test_films_can_go_along_them(found, untrained_run):
    out, _ = found
    generator = load_generator(untrained_run)
    family = generator.family
    w = directions.sample_w(family, generator.params, count=500, seed=0)
    with np.load(out / "directions.npz", allow_pickle=False) as file:
        vectors, sigma = file["directions"], file["sigma"]
        header = json.loads(file["header"].tobytes())
    assert (vectors.dtype, vectors.shape) == (np.float32, (3, family.num_ws, family.w_dim))
    assert (header["kind"], header["generator"]) == ("directions", generator.identity)
    assert (header["method"], header["layers"]) == ("pca", [1, 4])
    for k in range(3):
        step = read_direction(out / "directions.npz", k)
        lengths = np.linalg.norm(step, axis=1)
        np.testing.assert_allclose(lengths, np.array([0, 1, 0, 0, 1, 0]) * sigma[k], rtol=1e-5)
        np.testing.assert_array_equal(step[1], step[4])
        np.testing.assert_allclose((w @ vectors[k, 1]).std(), sigma[k], rtol=1e-4)
    with pytest.raises(InputError, match="has directions 0 to 2"):
        read_direction(out / "directions.npz", 3)


def test_strips_have_the_seeds_own_pictures_in_the_middle(found, untrained_run):
    out, _ = found
    generator = load_generator(untrained_run)
    z = latents.from_seeds([5, 6], z_dim=generator.z_dim)
    own = np.concatenate(list(sample_images(generator.family, generator.params, z)))[..., 0].astype(int)
    for k in range(3):
        strip = np.asarray(Image.open(out / f"direction{k:02d}.png")).reshape(2, 16, 5, 16).swapaxes(1, 2)
        assert np.abs(strip[:, 2] - own).max() <= 1
        assert (strip[:, 0] != strip[:, 4]).any()
    assert Image.open(out / "directions.png").size == (5 * 16, 3 * 16)


def test_the_same_again(found, tmp_path, capsys):
    out, words = found
    other = tmp_path / "again"
    assert main([str(other) if word == str(out) else word for word in words]) == 0
    assert (other / "directions.npz").read_bytes() == (out / "directions.npz").read_bytes()
    capsys.readouterr()
    assert main(words) == 0
    assert "already done" in capsys.readouterr().out
    assert main([*words, "--method", "sefa"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_refusals(untrained_run, tmp_path, capsys):
    for flags, message in [
        (["--count", "0"], "--count 0: must be from 1 to"),
        (["--count", "9999"], "--count 9999: must be from 1 to"),
        (["--layers", "6"], "has layers 0 to 5"),
        (["--samples", "2"], "--samples 2"),
        (["--steps", "1"], "--steps 1"),
        (["--strength", "nan"], "--strength nan"),
        (["--label", "3"], "has no classes"),
    ]:
        assert main(["directions", str(untrained_run), "--out", str(tmp_path / "out"), *flags]) == 2
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert not (tmp_path / "out").exists()
