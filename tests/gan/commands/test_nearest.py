"""Training tiles most like given pictures: found as by comparing all with all; the command's sheet."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from data_prep.images import to_float
from data_prep.records.dataset import Dataset
from gan.__main__ import main
from gan.data.batches import read_images
from gan.devices.sharding import make_mesh
from gan.metrics.perceptual import distances, of_discriminator
from gan.runs.run_folder import load_state


@pytest.fixture(scope="module")
def perceptual(untrained_run):
    recipe, state = load_state(untrained_run, make_mesh(devices=jax.devices()[:1]))
    family = recipe.family
    return of_discriminator(family, state.discriminator)


def as_float(images):
    return jnp.asarray(to_float(images))


@pytest.mark.slow
def test_the_sheet(untrained_run, tiles, perceptual, tmp_path, capsys):
    out = tmp_path / "near.png"
    words = ["nearest", str(untrained_run), "3,5", "--data", str(tiles), "--out", str(out), "--k", "2"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:2]] == [["seed", "3"], ["seed", "5"]]
    assert Image.open(out).size == ((16 * 6 + 2) * 3 + 8, (16 * 6 + 2) * 2)
    picture = np.asarray(Image.open(out)).astype(int)
    side = 16 * 6 + 2
    dataset = Dataset(tiles)
    every = read_images(dataset, np.arange(len(dataset)))
    for row in range(2):
        top = picture[row * side : (row + 1) * side][1:-1:6]
        cells = [top[:, 1 : side - 1 : 6], *(top[:, side + 9 + i * side :: 6][:, :16] for i in range(2))]
        drawn, *found = [np.uint8(cell)[None, :, :, None] for cell in cells]
        assert all((tile == every).all((1, 2, 3)).any() for tile in found)
        told = [float(value) for value in lines[row].split()[2:]]
        apart = distances(perceptual, as_float(drawn), as_float(every))
        np.testing.assert_allclose(told, np.sort(np.asarray(apart))[:2], atol=6e-5)
    before = out.read_bytes()
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0
    assert out.read_bytes() == before


def imported(untrained_run, folder, source):
    """The run as an import of `source` leaves it."""
    folder.mkdir()
    (folder / "generator").symlink_to(untrained_run / "generator")
    config = json.loads((untrained_run / "config.json").read_text())
    config["data"]["folder"] = str(source)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_refusals(untrained_run, tiles, tmp_path, capsys):
    snapshot = tmp_path / "snapshot.pkl"
    snapshot.write_bytes(b"")
    run = str(imported(untrained_run, tmp_path / "run", snapshot))
    out, own, data = ["--out", str(tmp_path / "near.png")], str(untrained_run), ["--data", str(tiles)]
    for words, message in [
        ([own, "x", *data, *out], "SEEDS x: must be distinct numbers"),
        ([own, "0", *data, "--out", str(tmp_path / "near.gif")], "must end in .png"),
        ([own, "0", *data, *out, "--k", "0"], "--k 0"),
        ([own, "0", *data, *out, "--label", "leaf"], "has no classes"),
        ([own, "0", *data, *out, "--k", "9", "--reals", "8"], "--k 9: must be at most 8"),
        ([own, "0", *data, *out, "--lpips", str(snapshot)], "does not hold LPIPS's VGG-16"),
        ([own, "0", *out], "was trained on nowhere, which is no dataset folder; name one: --data"),
        ([run, "0", *out], "snapshot.pkl, which is no dataset folder; name one: --data"),
        ([run, "0", *data, *out], "has no checkpoint yet"),
    ]:
        assert main(["nearest", *words]) == 2, words
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
    assert main(["metrics", run, "--images", "9"]) == 2
    told = capsys.readouterr().err.strip()
    assert "was imported from" in told
    assert "name one: --data" in told
    assert not (tmp_path / "near.png").exists()
