"""Rendering a saved path: warnings and refusals that depend on the generator."""

import numpy as np
import pytest

from animate.__main__ import main
from data_prep.video.codec import read_video

SHORT = ["--frames", "24", "--batch", "8"]


@pytest.fixture(autouse=True)
def runs(monkeypatch, new_generator):
    """Folders run, other and wide stand for three trained generators."""
    made = {"run": new_generator(), "other": new_generator(seed=1), "wide": new_generator(z_dim=8)}
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: made[str(folder)])


def frames_of(out):
    return np.stack(list(read_video(out)))


def test_a_path_drawn_with_another_generator_gives_a_warning(tmp_path, capsys):
    path = str(tmp_path / "path.npz")
    assert main(["bezier", "run", "--out", str(tmp_path / "a.mp4"), "--save-path", path, *SHORT]) == 0
    assert main(["render", path, "other", "--out", str(tmp_path / "b.mp4")]) == 0
    assert "another generator" in capsys.readouterr().err
    assert not np.array_equal(frames_of(tmp_path / "a.mp4"), frames_of(tmp_path / "b.mp4"))


def test_a_path_of_another_latent_size_is_refused(tmp_path, capsys):
    path = str(tmp_path / "path.npz")
    assert main(["path", "bezier", "--out", path, "--frames", "10", "--latent-size", "6"]) == 0
    assert main(["render", path, "wide", "--out", str(tmp_path / "b.mp4")]) == 2
    assert "size 6, the generator takes 8" in capsys.readouterr().err


def test_a_rendered_path_has_as_many_frames_as_latents_at_its_own_rate(tmp_path, capsys):
    path, out = str(tmp_path / "path.npz"), tmp_path / "a.mp4"
    words = ["path", "bezier", "--out", path, "--frames", "10", "--fps", "20", "--latent-size", "6"]
    assert main(words) == 0
    capsys.readouterr()
    assert main(["render", path, "run", "--out", str(out)]) == 0
    assert "10 frames  0.5 s" in capsys.readouterr().out
    assert len(frames_of(out)) == 10
