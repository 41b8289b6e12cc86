"""Commands of the styles: flags are the fields of the config; the same seed gives the same bytes."""

import pytest

from animate.__main__ import main
from data_prep.video.codec import read_video


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
