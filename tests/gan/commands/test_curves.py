"""`gan curves`: a plot of the log, and errors."""

import json

from PIL import Image

from gan.__main__ import main


def test_a_log_becomes_a_plot(tmp_path, capsys):
    lines = [{"kind": "tick", "nimg": 8 * i, "loss_g": 1.0 / i, "loss_d": 0.5} for i in range(1, 5)]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    for _ in range(2):  # the default file is replaced
        assert main(["curves", str(tmp_path)]) == 0
    assert Image.open(tmp_path / "curves.png").size[0] > 100
    capsys.readouterr()
    assert main(["curves", str(tmp_path), "--out", str(tmp_path / "curves.png")]) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert main(["curves", str(tmp_path), "--out", str(tmp_path / "curves.jpg")]) == 2
    assert "must end in .png" in capsys.readouterr().err


def test_a_folder_without_a_log(tmp_path, capsys):
    assert main(["curves", str(tmp_path)]) == 2
    assert "log.jsonl" in capsys.readouterr().err
