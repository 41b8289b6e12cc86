import numpy as np

import inkloop
from data_prep.images import write_image
from tests.fill.strokes.drawn import draw, image_of


def test_a_folder_with_a_bad_file(tmp_path, capsys):
    write_image(tmp_path / "in" / "a.png", image_of(draw([[(8, 12), (56, 50)]], 3)), dpi=100)
    (tmp_path / "in" / "b.png").write_bytes(b"no image")
    words = ["vector", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--workers", "1"]
    assert inkloop.main(words) == 1
    out, err = capsys.readouterr()
    assert "1 SVG file  1 stroke " in out
    assert "b.png" in err
    assert "1 drawing was left out: b.png" in err
    assert (tmp_path / "out" / "a.svg").read_text().count("<path ") == 1
    (tmp_path / "in" / "b.png").unlink()
    assert inkloop.main(words) == 0
    assert "already done" in capsys.readouterr().out


def test_what_cannot_be_traced(tmp_path, capsys):
    write_image(tmp_path / "blank.png", np.full((40, 40, 1), 255, np.uint8))
    for words, message in (
        ([str(tmp_path / "blank.png")], "no lines found"),
        ([str(tmp_path / "missing")], "no such file"),
        ([str(tmp_path / "blank.png"), "--tolerance", "0"], "--tolerance 0"),
    ):
        assert inkloop.main(["vector", *words, "--out", str(tmp_path / "out")]) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
        assert not (tmp_path / "out").exists()
