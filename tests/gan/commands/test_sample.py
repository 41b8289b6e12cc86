"""`gan sample`: named seeds, results that exist, errors."""

import jax
import pytest
from PIL import Image

from configs.gan.field_tiny import CONFIG as FIELD
from gan.__main__ import main
from gan.families import build
from gan.sample import save_generator


def test_seeds_and_grid(untrained_run, tmp_path, capsys):
    out = tmp_path / "a"
    assert main(["sample", str(untrained_run), "--out", str(out), "--seeds", "3,10-12", "--scale", "2"]) == 0
    names = sorted(path.name for path in out.glob("*.png"))
    assert names == ["grid.png", "seed00003.png", "seed00010.png", "seed00011.png", "seed00012.png"]
    assert Image.open(out / "grid.png").size == (64, 64)
    words = ["sample", str(untrained_run), "--out", str(tmp_path / "b"), "--seeds", "12", "--no-grid"]
    assert main([*words, "--scale", "2"]) == 0
    assert [path.name for path in (tmp_path / "b").glob("*.png")] == ["seed00012.png"]
    assert (tmp_path / "b" / "seed00012.png").read_bytes() == (out / "seed00012.png").read_bytes()
    capsys.readouterr()
    assert main([*words, "--scale", "2"]) == 0
    assert "already done" in capsys.readouterr().out
    assert main(words) == 2
    assert "--overwrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--seeds", "5-"], "--seeds 5-"),
        (["--scale", "0"], "--scale 0: must be from 1 to 16"),
        (["--label", "leaf"], "--label leaf"),
    ],
)
def test_errors(untrained_run, tmp_path, capsys, flags, message):
    assert main(["sample", str(untrained_run), "--out", str(tmp_path / "out"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def field_run(tmp_path):
    """A run of family field, untrained: cells of 4 px."""
    family = build(FIELD, (16, 16, 1))
    params = family.init_generator(jax.random.key(0))
    save_generator(tmp_path / "field", params, config=FIELD, shape=(16, 16, 1), nimg=0)
    return tmp_path / "field"


@pytest.mark.slow
def test_canvases_of_any_size_and_tiles(field_run, tmp_path, capsys):
    out = tmp_path / "a"
    words = ["sample", str(field_run), "--seeds", "3,5", "--canvas", "21x10"]
    assert main([*words, "--out", str(out)]) == 0
    assert "--canvas 21x10: drawn as 24x12, whole cells of 4 px, and cropped" in capsys.readouterr().err
    assert sorted(path.name for path in out.glob("*.*g")) == ["grid.png", "seed00003.png", "seed00005.png"]
    assert Image.open(out / "seed00005.png").size == (21, 10)
    assert main([*words, "--out", str(out)]) == 0
    assert "already done" in capsys.readouterr().out
    tiles = ["--tileable", "--format", "tif", "--no-grid", "--out", str(tmp_path / "b")]
    assert main([*words, *tiles]) == 0
    assert "made 24x12" in capsys.readouterr().err
    assert Image.open(tmp_path / "b" / "seed00003.tif").size == (24, 12)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--canvas", "10"], "--canvas 10: must be WIDTHxHEIGHT"),
        (["--tileable"], "--tileable requires --canvas"),
        (["--canvas", "20x20", "--scale", "2"], "--scale 2: --canvas 20x20 sets the size"),
        (["--canvas", "20000x9", "--format", "webp"], "use --format png or tif"),
        (["--canvas", "20x20", "--truncation", "nan"], "--truncation nan: must be finite"),
        (["--canvas", "20x20", "--mask-seed", "3"], "--mask-seed 3: requires --mask IMAGE"),
        (["--mask", "m.png", "--mask-seed", "3"], "--mask m.png requires --canvas"),
        (["--canvas", "20x20", "--mask", "none.png", "--mask-seed", "3"], "none.png"),
    ],
)
def test_errors_of_canvases(field_run, tmp_path, capsys, flags, message):
    assert main(["sample", str(field_run), "--out", str(tmp_path / "out"), *flags]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_mask_mixes_in_another_style_and_is_part_of_the_settings(field_run, tmp_path, capsys):
    mask = tmp_path / "mask.png"
    Image.new("L", (20, 12), 255).save(mask)
    words = ["sample", str(field_run), "--seeds", "3", "--canvas", "20x12", "--out", str(tmp_path / "a")]
    assert main([*words, "--mask", str(mask), "--mask-seed", "9"]) == 0
    inside = ["--mask", str(tmp_path / "a" / "seed00003.png"), "--mask-seed", "9", "--overwrite"]
    assert main([*words, *inside]) == 2
    assert "which --overwrite would delete" in capsys.readouterr().err
    Image.new("L", (20, 12), 254).save(mask)
    assert main([*words, "--mask", str(mask), "--mask-seed", "9"]) == 2
    assert "--overwrite" in capsys.readouterr().err


def test_networks_with_a_frame_have_no_canvas(untrained_run, tmp_path, capsys):
    assert main(["sample", str(untrained_run), "--out", str(tmp_path / "out"), "--canvas", "20x20"]) == 2
    assert "fixed frame of 16x16 px" in capsys.readouterr().err
