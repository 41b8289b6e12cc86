"""Commands of the styles: flags are the fields of the config; the same seed gives the same bytes."""

import numpy as np
import pytest

from animate.__main__ import main
from data_prep.images import read_image
from data_prep.video.codec import read_video
from gan.sample import Generator
from tests.gan.canvas.networks import network


@pytest.fixture(autouse=True)
def run(monkeypatch, new_generator):
    """Folder run stands for a trained generator."""
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: new_generator())


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path):
    videos = []
    for name, seed in (("a.gif", "3"), ("b.gif", "3"), ("c.gif", "4")):
        words = ["bezier", "run", "--out", str(tmp_path / name), "--frames", "8", "--seed", seed]
        assert main(words) == 0
        videos.append((tmp_path / name).read_bytes())
    assert videos[0] == videos[1] != videos[2]


def test_a_style_has_the_flags_of_its_config_only(tmp_path, capsys):
    out = tmp_path / "a.gif"
    assert main(["bezier", "run", "--segments", "3", "--frames", "6", "--out", str(out)]) == 0
    assert len(list(read_video(out))) == 6
    assert main(["circle", "run", "--segments", "3", "--out", str(tmp_path / "b.gif")]) == 2
    assert "--segments" in capsys.readouterr().err
    assert not (tmp_path / "b.gif").exists()


def test_a_negative_seed_is_refused_before_anything_is_loaded(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: pytest.fail("loaded"))
    assert main(["bezier", "run", "--seed", "-1", "--out", str(tmp_path / "a.gif")]) == 2
    assert "--seed -1" in capsys.readouterr().err


def test_a_mosaic_has_the_paths_of_seeds_side_by_side(tmp_path):
    words = ["bezier", "run", "--frames", "6", "--seed", "3"]
    assert main([*words, "--mosaic", "2x1", "--out", str(tmp_path / "mosaic")]) == 0
    for seed in ("3", "4"):
        own = ["bezier", "run", "--frames", "6", "--seed", seed, "--out", str(tmp_path / seed)]
        assert main(own) == 0
    for frame in sorted((tmp_path / "mosaic").glob("*.png")):
        parts = [read_image(tmp_path / seed / frame.name) for seed in ("3", "4")]
        np.testing.assert_array_equal(read_image(frame), np.concatenate(parts, axis=1))


@pytest.mark.slow
def test_a_canvas_moves_and_the_same_command_finds_it_done(tmp_path, monkeypatch, capsys):
    field = Generator(*network(), "small", nimg=0)
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: field)
    words = ["phase", "run", "--canvas", "21x12", "--frames", "6", "--out", str(tmp_path / "a.gif")]
    assert main(words) == 0
    captured = capsys.readouterr()
    assert "--canvas 21x12: drawn as 24x12" in captured.err
    assert "21x12 px" in captured.out
    frames = list(read_video(tmp_path / "a.gif"))
    assert frames[0].shape[:2] == (12, 21)
    assert not np.array_equal(frames[0], frames[3])
    assert main(words) == 0
    assert main([*words, "--still"]) == 2
    assert "--overwrite" in capsys.readouterr().err
    for size, message in (("100000x100000", "at most 67 megapixels"), ("21x12", "use --canvas 24x12")):
        words = ["phase", "run", "--canvas", size, "--frames", "6", "--fill", "ink", "--torus"]
        assert main([*words, "--out", str(tmp_path / "b.gif")]) == 2
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--canvas", "64x64"], "fixed frame of 24x16 px; only family field draws any size"),
        (["--mosaic", "2x2", "--save-path", "p.npz"], "--save-path: paths of canvases and mosaics"),
        (["--still"], "--still requires --canvas"),
        (["--mosaic", "2x2", "--fill", "ink", "--torus"], "--torus: opposite edges of a mosaic"),
    ],
)
def test_canvases_that_cannot_be_are_refused(tmp_path, capsys, flags, message):
    assert main(["bezier", "run", *flags, "--out", str(tmp_path / "a.gif")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "a.gif").exists()


def test_mosaics_of_keyframes_are_refused(tmp_path, capsys):
    assert main(["keyframes", "run", "--mosaic", "2x2", "--out", str(tmp_path / "a.gif")]) == 2
    assert "keyframes have no seed" in capsys.readouterr().err
