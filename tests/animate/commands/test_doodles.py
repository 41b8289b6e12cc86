"""`animate doodles`, `animate drawing` and the styles on a run of DRAW."""

import numpy as np
import pytest
from PIL import Image

from animate.__main__ import main
from tests.gan.draw.doodle_runs import trained
from tests.slow_cases import slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory)[1]


@pytest.fixture(scope="module")
def drawing_file(tmp_path_factory):
    image = np.full((40, 50), 240, np.uint8)
    image[10:30, 20:23] = 10
    path = tmp_path_factory.mktemp("seed") / "seed.png"
    Image.fromarray(image).save(path)
    return path


@pytest.mark.slow
def test_a_seed_image_is_varied_and_its_polarity_reported(run, drawing_file, tmp_path, capsys):
    words = ["doodles", str(run), "--out", str(tmp_path / "a.gif"), "--seed-image", str(drawing_file)]
    words += ["--count", "3", "--jitter", "0.2", "--jitter-at", "anywhere", "--sharpen", "--scale", "1"]
    assert main(words) == 0
    said = capsys.readouterr()
    assert "50x40 px, dark on light; cut to its ink and resized to 8 px" in said.err
    assert "3 doodles, 3 frames, 0.36 s" in said.out
    assert main(words) == 0


@pytest.mark.parametrize("style", ["bezier", *slow("phase", "period", "keyframes")])
def test_styles_follow_z_of_all_glimpses(run, tmp_path, style):
    words = [style, str(run), "--out", str(tmp_path / "clip"), "--seconds", "1", "--fps", "8"]
    words += {"bezier": ["--segments", "2"], "keyframes": ["--keys", "0-2"]}.get(style, [])
    assert main(words) == 0
    assert len(list((tmp_path / "clip").glob("*.png"))) == 8


def test_bad_input_is_one_line(run, drawing_file, tmp_path, capsys):
    for words, message in (
        ([str(tmp_path)], "holds no generator"),
        ([str(run), "--seed-image", "none.png"], "none.png"),
        ([str(run), "--label", "cat"], "--label cat: the generator has no classes"),
        ([str(run), "--jitter", "2"], "--jitter 2"),
    ):
        assert main(["doodles", *words, "--out", str(tmp_path / "b.gif")]) == 2
        said = capsys.readouterr().err
        assert message in said
        assert said.count("\n") == 1
    assert not (tmp_path / "b.gif").exists()
