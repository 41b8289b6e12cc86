"""`--palette`: images, named palettes, colours; videos where colours are sampled frame by frame."""

import numpy as np
import pytest

from configs.fill import PALETTES
from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video.codec import write_video
from fill.commands.palettes import read_masked_palette, read_palette, read_video_palette
from fill.config import PaletteConfig, VideoConfig
from fill.masked_palette import MaskedPaletteConfig
from fill.palette import from_hex
from fill.palette_file import write_palette_file

PLAIN = PaletteConfig()


@pytest.fixture
def image(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    write_image(tmp_path / "p.png", pixels)
    return tmp_path / "p.png", pixels


def test_colours_names_and_images_are_read(image):
    path, pixels = image
    np.testing.assert_array_equal(read_palette(str(path), PLAIN, overlay=True), pixels)
    colors = read_palette("#1b4d5c,#f2c14e", PLAIN, overlay=False)
    assert {tuple(color) for color in colors.reshape(-1, 3).tolist()} == {(27, 77, 92), (242, 193, 78)}
    name = next(iter(PALETTES))
    np.testing.assert_array_equal(read_palette(name, PLAIN, overlay=False), from_hex(PALETTES[name]))
    write_palette_file(path.with_suffix(".json"), PALETTES[name])
    read = read_palette(str(path.with_suffix(".json")), PLAIN, overlay=False)
    np.testing.assert_array_equal(read, from_hex(PALETTES[name]))
    few = read_palette(str(path), PaletteConfig(palette_colors=2), overlay=False)
    assert len(np.unique(few.reshape(-1, 3), axis=0)) == 2


@pytest.mark.parametrize(
    ("name", "config", "overlay", "message"),
    [
        ("none.png", PLAIN, False, "--fill none.png: no such image"),
        ("#1b4d5c", PLAIN, True, "--overlay: needs an image"),
        ("#1b4d5c", PaletteConfig(palette_colors=2), False, "--palette-colors: needs an image"),
        ("#1b4d5c", PaletteConfig(palette_colors=-1), False, "--palette-colors -1"),
    ],
)
def test_errors_name_the_flag(name, config, overlay, message):
    with pytest.raises(InputError, match=message):
        read_palette(name, config, overlay=overlay, flag="--fill")


def test_a_video_is_a_palette_only_with_overlay(tmp_path, image):
    write_video((np.full((8, 8, 3), v, np.uint8) for v in (30, 200)), tmp_path / "v.gif", fps=5)
    name = str(tmp_path / "v.gif")
    assert read_video_palette(name, PLAIN, VideoConfig(overlay=True)).video == tmp_path / "v.gif"
    assert read_video_palette(str(image[0]), PLAIN, VideoConfig(overlay=True)).video is None
    with pytest.raises(InputError, match="--palette-colors: needs an image"):
        read_video_palette(name, PaletteConfig(palette_colors=2), VideoConfig(overlay=True))


def test_a_second_palette_is_read_with_its_mask(tmp_path):
    write_image(tmp_path / "mask.png", np.array([[[0], [255]]], np.uint8))
    masked = MaskedPaletteConfig(tmp_path / "mask.png", "#102030")
    found = read_masked_palette(masked, PLAIN, overlay=False)
    assert found.palette.tolist() == [[[16, 32, 48]]]
    assert found.mask.tolist() == [[[0] * 3, [255] * 3]]
    assert read_masked_palette(MaskedPaletteConfig(), PLAIN, overlay=False) is None
    with pytest.raises(InputError, match="--mask-palette nothing: no such image"):
        read_masked_palette(MaskedPaletteConfig(tmp_path / "mask.png", "nothing"), PLAIN, overlay=False)
