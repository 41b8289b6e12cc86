"""`animate timeline`: parts of a JSON file in one video."""

import json

import pytest

from animate.__main__ import main
from data_prep.video.codec import read_video


@pytest.fixture(autouse=True)
def run(monkeypatch, new_generator):
    """Folder run stands for a trained generator."""
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: new_generator())


def written(tmp_path, *parts):
    file = tmp_path / "timeline.json"
    file.write_text(json.dumps({"fps": 10, "parts": list(parts)}))
    return str(file)


def test_parts_follow_one_another(tmp_path, capsys):
    part = {"style": "circle", "seconds": 0.8}
    file, out = written(tmp_path, part, part | {"seed": 5}), tmp_path / "a.gif"
    assert main(["timeline", file, "run", "--out", str(out)]) == 0
    assert "16 frames" in capsys.readouterr().out
    assert len(list(read_video(out))) == 16


def test_an_unknown_style_names_the_file_and_writes_nothing(tmp_path, capsys):
    file, out = written(tmp_path, {"style": "spiral", "seconds": 1}), tmp_path / "a.gif"
    assert main(["timeline", file, "run", "--out", str(out)]) == 2
    printed = capsys.readouterr().err
    assert "timeline.json" in printed
    assert "spiral" in printed
    assert not out.exists()
