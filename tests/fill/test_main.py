"""The command line on folders of files: names, reruns, bad input."""

import shutil
import subprocess
import sys
import time

import numpy as np
import pytest

from configs.fill import PALETTES
from data_prep.images import read_image, write_image
from fill.__main__ import main


@pytest.fixture
def folder(tmp_path, drawing):
    """Five drawings of two sizes."""
    for i in range(3):
        write_image(tmp_path / "in" / f"web{i}.png", np.roll(drawing, 4 * i, axis=1))
    write_image(tmp_path / "in" / "wide.jpg", np.repeat(np.tile(drawing, (1, 2, 1)), 3, axis=-1))
    write_image(tmp_path / "in" / "web10.png", drawing[::-1].copy())
    return tmp_path


def pixels(out):
    return {path.name: read_image(path) for path in sorted(out.glob("*.png"))}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for name, image in a.items():
        np.testing.assert_array_equal(image, b[name])


def blob(source, out, *flags, batch=1):
    return main(["blob", str(source), "--out", str(out), "--batch", str(batch), *map(str, flags)])


@pytest.mark.slow
def test_results_do_not_depend_on_batch_or_other_files(folder, capsys):
    assert blob(folder / "in", folder / "a", batch=8) == 0
    assert capsys.readouterr().out == f"{folder / 'a'}  5 images, threshold 160\n"
    filled = pixels(folder / "a")
    assert set(filled) == {"web0.png", "web1.png", "web2.png", "web10.png", "wide.png"}
    assert filled["wide.png"].shape == (64, 160, 3)
    assert blob(folder / "in", folder / "b", batch=3) == 0  # the last batch is not full
    assert_same(filled, pixels(folder / "b"))
    assert blob(folder / "in" / "web1.png", folder / "c") == 0
    assert_same({"web1.png": filled["web1.png"]}, pixels(folder / "c"))
    assert blob(folder / "in", folder / "d", "--seed", 1) == 0
    assert np.any(pixels(folder / "d")["web1.png"] != filled["web1.png"])


def test_a_rerun_fills_missing_and_changed_files(folder, capsys):
    assert blob(folder / "in", folder / "out") == 0
    before = pixels(folder / "out")
    stamps = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.png")}
    (folder / "out" / "web2.png").unlink()
    time.sleep(0.01)
    (folder / "in" / "web0.png").touch()
    assert blob(folder / "in", folder / "out") == 0
    assert_same(before, pixels(folder / "out"))
    now = {path.name: path.stat().st_mtime_ns for path in (folder / "out").glob("*.png")}
    assert {name for name in now if now[name] != stamps[name]} == {"web0.png", "web2.png"}
    capsys.readouterr()
    assert blob(folder / "in", folder / "out") == 0
    assert "already done" in capsys.readouterr().out


def test_other_settings_need_overwrite(folder, capsys):
    source, out = folder / "in" / "web0.png", folder / "out"
    assert blob(source, out) == 0
    plain = pixels(out)
    assert blob(source, out, "--blend") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert_same(plain, pixels(out))
    assert blob(source, out, "--blend", "--overwrite") == 0
    assert np.any(pixels(out)["web0.png"] != plain["web0.png"])


def test_foreign_folders_are_not_overwritten(folder, capsys):
    assert blob(folder / "in", folder / "in") == 2
    assert "did not write" in capsys.readouterr().err
    assert len(list((folder / "in").iterdir())) == 5


@pytest.mark.slow
def test_palettes_of_every_kind(folder):
    source, dot = folder / "in" / "web0.png", folder / "dot.png"
    write_image(dot, np.full((1, 1, 3), 9, np.uint8))
    for name, flags in {"dot": [dot], "overlay": [dot, "--overlay"], "hex": ["#090909"]}.items():
        assert blob(source, folder / name, "--palette", *flags) == 0
        assert (pixels(folder / name)["web0.png"] == 9).all()
    assert blob(source, folder / "ink", "--palette", "ink") == 0
    gray = pixels(folder / "ink")["web0.png"]
    assert set(np.unique(gray)) <= {int(color[1:3], 16) for color in PALETTES["ink"]}
    many = ",".join(f"#{v:02x}{v:02x}{v:02x}" for v in range(60))  # no file may have so long a name
    assert blob(source, folder / "many", "--palette", many) == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--palette", "nowhere.png"], "--palette nowhere.png: no such image"),
        (["--palette", "#12"], "six hexadecimal digits"),
        (["--overlay"], "--palette IMAGE"),
        (["--batch", "0"], "--batch 0"),
        (["--seed", "-1"], "--seed -1"),
        (["--threshold", "255"], "--threshold 255"),
    ],
)
def test_invalid_settings_write_nothing(folder, capsys, flags, message):
    assert blob(folder / "in", folder / "out", *flags) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (folder / "out").exists()


def test_a_palette_that_is_no_image(folder, capsys):
    (folder / "words.png").write_text("green")
    assert blob(folder / "in", folder / "out", "--palette", folder / "words.png") == 2
    assert "words.png is not an image" in capsys.readouterr().err


def test_bad_files_are_reported_and_the_others_filled(folder, capsys):
    assert blob(folder / "in", folder / "good") == 0
    (folder / "in" / "words.png").write_text("not an image")
    whole = (folder / "in" / "web1.png").read_bytes()
    (folder / "in" / "cut.png").write_bytes(whole[: len(whole) // 2])
    capsys.readouterr()
    assert blob(folder / "in", folder / "out", batch=3) == 1
    error = capsys.readouterr().err
    assert "words.png is not an image" in error
    assert "2 images were left out: words.png, cut.png" in error
    assert_same(pixels(folder / "good"), pixels(folder / "out"))
    shutil.copy(folder / "in" / "web1.png", folder / "in" / "cut.png")
    (folder / "in" / "words.png").unlink()
    assert blob(folder / "in", folder / "out", batch=3) == 0
    assert len(pixels(folder / "out")) == 6


def test_images_without_paper_are_copied(folder, capsys):
    ink = np.full((64, 80, 3), (10, 20, 30), np.uint8)
    write_image(folder / "in" / "ink.png", ink)
    assert blob(folder / "in", folder / "out") == 0
    assert capsys.readouterr().err.count("ink.png: no ink found, its paper is about 18") == 1
    np.testing.assert_array_equal(pixels(folder / "out")["ink.png"], ink)


def test_sources_without_images_are_refused(tmp_path, drawing, capsys):
    assert blob(tmp_path / "nowhere", tmp_path / "out") == 2
    (tmp_path / "empty").mkdir()
    assert blob(tmp_path / "empty", tmp_path / "out") == 2
    (tmp_path / "words.png").write_text("not an image")
    assert blob(tmp_path / "words.png", tmp_path / "out") == 2
    write_image(tmp_path / "twins" / "a.png", drawing)
    write_image(tmp_path / "twins" / "a.jpg", drawing)
    assert blob(tmp_path / "twins", tmp_path / "out") == 2
    assert "have the same output a.png" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_too_large_for_the_limit(folder, capsys):
    assert blob(folder / "in", folder / "out", "--max-megapixels", 0.006) == 1
    assert "--max-megapixels" in capsys.readouterr().err
    assert len(pixels(folder / "out")) == 4


def test_help_imports_no_jax():
    code = (
        "import sys; from fill.__main__ import main\n"
        "try: main(['blob', '--help'])\n"
        "except SystemExit: sys.exit('jax' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
    )
