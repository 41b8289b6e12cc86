"""`gan distance` at the door: the function's numbers, pair by pair, and what it refuses."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from data_prep.images import to_float
from gan.__main__ import main
from gan.devices.sharding import make_mesh
from gan.metrics.perceptual import distances, of_discriminator
from gan.projection.inputs import fit
from gan.runs.run_folder import load_state
from tests.gan.conftest import strokes


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two folders of three drawings each: 32 px, one of them 48 x 32; the second picture is in both."""
    root = tmp_path_factory.mktemp("pairs")
    drawn = strokes(6, 32, seed=1)[..., 0]
    drawn[4] = drawn[1]
    for i, image in enumerate(drawn):
        folder = root / "ab"[i // 3]
        folder.mkdir(exist_ok=True)
        wide = np.pad(image, ((0, 0), (8, 8)), constant_values=255)
        Image.fromarray(wide if i == 2 else image).save(folder / f"{i % 3}.png")
    return root / "a", root / "b"


def test_pairs_are_measured_as_the_function_does(untrained_run, folders, tmp_path, capsys):
    a, b = folders
    out = tmp_path / "told.json"
    words = ["distance", str(a), str(b), "--run", str(untrained_run), "--out", str(out)]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    told = json.loads(out.read_text())
    recipe, state = load_state(untrained_run, make_mesh())
    family = recipe.family
    perceptual = of_discriminator(family, state.discriminator)
    for pair, line, name in zip(told["pairs"], lines, ["0.png", "1.png", "2.png"], strict=False):
        images = [
            to_float(fit(np.asarray(Image.open(folder / name))[..., None], family.shape))
            for folder in folders
        ]
        expected = float(distances(perceptual, *(jnp.asarray(image[None]) for image in images))[0])
        assert pair["distance"] == pytest.approx(expected, rel=1e-6)
        assert line == f"{a / name}  {b / name}  {expected:.6f}"
    found = [pair["distance"] for pair in told["pairs"]]
    assert found[1] == 0
    assert min(found[0], found[2]) > 0
    assert lines[-1] == f"mean of 3  {np.mean(found):.6f}"
    assert told["network"] == perceptual.name

    assert main(["distance", str(b / "0.png"), str(a / "0.png"), "--run", str(untrained_run)]) == 0
    assert capsys.readouterr().out.split()[-1] == lines[0].split()[-1]  # either way round
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_refusals(untrained_run, folders, tmp_path, capsys):
    a, _ = folders
    one = str(a / "0.png")
    lonely = tmp_path / "lonely"
    lonely.mkdir()
    Image.open(one).save(lonely / "0.png")
    small = tmp_path / "small.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(small)
    weights = tmp_path / "vgg16.ckpt"
    weights.write_bytes(b"no pickle")
    run = ["--run", str(untrained_run)]
    for words, message in [
        ([one, one], "one of --run RUN and --lpips FILE"),
        ([one, one, *run, "--lpips", str(weights)], "one of --run RUN and --lpips FILE"),
        ([one, str(tmp_path / "none.png"), *run], "no file or folder"),
        ([one, str(a), *run], "two images, or two folders"),
        ([str(a), str(lonely), *run], "1.png has no counterpart in"),
        ([str(lonely), str(a), *run], "nor have 1 more"),
        ([one, one, "--run", str(tmp_path)], "is no run folder"),
        ([one, str(weights), *run], "vgg16.ckpt"),
        ([one, one, "--lpips", str(weights)], "does not hold LPIPS's VGG-16"),
        ([one, one, *run, "--out", str(tmp_path / "x.txt")], "must end in .json"),
    ]:
        assert main(["distance", *words]) == 2, words
        told = capsys.readouterr().err.strip()
        assert message in told
        assert len(told.splitlines()) == 1
