"""`gan reconstruct`, and the commands for generators, on a run of DRAW."""

import json

import numpy as np
import pytest
from PIL import Image

from gan.__main__ import main
from gan.runs.latent_files import read_latents
from tests.gan.draw.doodle_runs import doodle_images, trained


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory)[1]


@pytest.mark.slow
def test_images_of_either_polarity_are_reconstructed(run, tmp_path, capsys):
    image = doodle_images(1)[0, ..., 0]
    Image.fromarray(image).save(tmp_path / "light.png")
    Image.fromarray(255 - image).save(tmp_path / "dark.png")
    names = [str(tmp_path / name) for name in ("light.png", "dark.png")]
    words = ["reconstruct", str(run), *names, "--out", str(tmp_path / "sheet.png"), "--scale", "2"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "light on dark" in said.err
    assert "dark on light" in said.err
    assert said.out.count(" nats: reconstruction ") == 2
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (32, 32)
    np.testing.assert_array_equal(sheet[:16:2, :16:2], sheet[16::2, :16:2])  # the same drawing
    z, header = read_latents(tmp_path / "sheet.npz")
    assert z.shape == (2, 6)
    assert header["space"] == "z"
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_samples_are_of_the_prior(run, tmp_path):
    assert main(["sample", str(run), "--out", str(tmp_path / "samples"), "--seeds", "0-3"]) == 0
    assert len(list((tmp_path / "samples").glob("seed*.png"))) == 4


def test_nearest_doodles_with_distances_between_doodles(run, tmp_path, capsys):
    assert main(["nearest", str(run), "0-2", "--out", str(tmp_path / "sheet.png"), "--k", "2"]) == 0
    said = capsys.readouterr().out
    assert said.count("(the nearest to its nearest other: ") == 3
    assert "by pixels" in said
    assert "of real images to their nearest" in said


def test_the_bound_is_a_metric(run, short_run, tmp_path, capsys):
    out = tmp_path / "metrics.jsonl"
    words = ["metrics", str(run), "--metrics", "bound", "--images", "8", "--out", str(out)]
    assert main(words) == 0
    values = json.loads(out.read_text())["values"]
    assert values["nats"] == pytest.approx(values["nats_reconstruction"] + values["nats_kl"], rel=1e-5)
    assert values["held_out"] == 4
    assert values["nats_error"] > 0
    assert main(["curves", str(run)]) == 0
    gan, _ = short_run
    assert (
        main(["metrics", str(gan), "--metrics", "bound", "--images", "8", "--out", str(tmp_path / "g")]) == 2
    )
    assert "--metrics bound: is measured on runs of DRAW" in capsys.readouterr().err


def test_a_gan_cannot_reconstruct(short_run, tmp_path, capsys):
    gan, _ = short_run
    assert main(["reconstruct", str(gan), "a.png", "--out", str(tmp_path / "sheet.png")]) == 2
    assert "is the run of a GAN; this needs a run of DRAW" in capsys.readouterr().err
