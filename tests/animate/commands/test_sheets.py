"""Sheets: every seed under its number, frames at even distances."""

import numpy as np
import pytest

from animate.__main__ import main
from animate.render import render
from data_prep.images import read_image
from data_prep.video.codec import write_video
from gan import latents
from tests.slow_cases import slow_rows


@pytest.fixture(autouse=True)
def run(monkeypatch, new_generator):
    generator = new_generator(height=32, width=32)
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: generator)


def test_explore_shows_seeds_in_order(tmp_path, capsys):
    out = tmp_path / "sheet.png"
    words = ["explore", "run", "--out", str(out), "--columns", "4", "--tile-px", "32"]
    assert main([*words, "--seeds", "3,0-4"]) == 2  # 3 twice
    assert main([*words, "--seeds", "7,0-4"]) == 0
    assert capsys.readouterr().out.startswith(f"{out}  6 images")
    sheet = read_image(out)
    assert main([*words[:3], str(tmp_path / "b.png"), *words[4:], "--seeds", "0-4"]) == 0
    second = read_image(tmp_path / "b.png")
    np.testing.assert_array_equal(sheet[4:36, 40:72], second[4:36, 4:36])  # seed 0, one place further
    assert main([*words[:3], str(tmp_path / "c.txt")]) == 2
    assert "no image suffix" in capsys.readouterr().err


def test_summary_takes_frames_at_even_distances(tmp_path, capsys):
    clip, out = tmp_path / "clip.gif", tmp_path / "sheet.png"
    write_video((np.full((24, 24, 1), 10 * i, np.uint8) for i in range(24)), clip, fps=12)
    words = ["summary", str(clip), "--out", str(out), "--tile-px", "24"]
    assert main([*words, "--rows", "2", "--columns", "3"]) == 0
    assert capsys.readouterr().out == f"{out}  6 of 24 frames of {clip}\n"
    sheet = read_image(out, mode="gray")[..., 0]
    step = 24 + 4, 24 + 4 + 15
    middles = [int(sheet[16 + step[1] * (i // 3), 16 + step[0] * (i % 3)]) for i in range(6)]
    assert middles == [0, 40, 80, 120, 160, 200]
    assert main([*words, "--rows", "2", "--columns", "3"]) == 0  # the same sheet again
    capsys.readouterr()
    first = out.read_bytes()
    assert main([*words, "--rows", "9", "--columns", "9"]) == 2
    assert "other content" in capsys.readouterr().err
    assert out.read_bytes() == first
    assert main([*words, "--rows", "9", "--columns", "9", "--overwrite"]) == 0
    assert "24 of 24 frames" in capsys.readouterr().out
    assert main([*words, "--rows", "0"]) == 2
    assert main([*words[:-1], "0"]) == 2
    assert main(["summary", str(tmp_path / "none.mp4"), "--out", str(out)]) == 2


@pytest.mark.parametrize(("shape", "tile"), [((16, 48), (8, 24)), *slow_rows(((48, 16), (24, 8)))])
def test_summary_has_no_bands_next_to_wide_and_high_frames(tmp_path, shape, tile):
    clip, out = tmp_path / "clip.gif", tmp_path / "sheet.png"
    write_video((np.zeros((*shape, 1), np.uint8) for _ in range(4)), clip, fps=12)
    words = ["--out", str(out), "--tile-px", "24", "--rows", "2", "--columns", "2"]
    assert main(["summary", str(clip), *words]) == 0
    sheet, step = read_image(out, mode="gray")[..., 0], (tile[0] + 4 + 15, tile[1] + 4)
    assert sheet.shape == (2 * step[0] + 4, 2 * step[1] + 4)
    for y in (4, 4 + step[0]):
        for x in (4, 4 + step[1]):
            assert (sheet[y : y + tile[0], x : x + tile[1]] == 0).all()


@pytest.mark.slow
def test_explore_shows_the_class_that_keyframes_draw(tmp_path, monkeypatch, new_generator, capsys):
    """Without a word the first class for every seed; --label names another one."""
    generator = new_generator(height=32, width=32, classes=("a", "b"))
    monkeypatch.setattr("gan.sample.load_generator", lambda folder: generator)
    sheets = {}
    for label in ("", "a", "b", "1"):
        out = tmp_path / f"sheet{label}.png"
        words = ["explore", "run", "--out", str(out), "--seeds", "0-3", "--tile-px", "32", "--columns", "4"]
        assert main([*words, *(["--label", label] if label else [])]) == 0
        sheets[label] = read_image(out, mode="gray")
    z = np.asarray(latents.from_seeds(range(4), z_dim=6))
    drawn = np.concatenate(list(render(generator, z)))
    seen = [sheets[""][4:36, 4 + 36 * i : 36 + 36 * i] for i in range(4)]
    np.testing.assert_array_equal(np.stack(seen), drawn)
    np.testing.assert_array_equal(sheets[""], sheets["a"])
    np.testing.assert_array_equal(sheets["b"], sheets["1"])
    assert not np.array_equal(sheets["a"], sheets["b"])
    assert main(["explore", "run", "--out", str(tmp_path / "c.png"), "--label", "c"]) == 2
    assert "--label c: the generator has a, b" in capsys.readouterr().err


@pytest.mark.parametrize("seeds", ["3,49-40", "curve.npz", "x"])
def test_explore_takes_seeds_only(tmp_path, capsys, seeds):
    assert main(["explore", "run", "--out", str(tmp_path / "c.png"), "--seeds", seeds]) == 2
    assert f"--seeds {seeds}: " in capsys.readouterr().err
