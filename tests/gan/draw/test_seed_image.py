"""Seed images of either polarity, in colour, of any size; images without ink."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from gan.draw.seed_image import fit_ink, most_typical, read_seed_image

SHAPE = (28, 28)


def ring(side, *, width):
    """Ink of a ring, bool [side, side], with an empty margin."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    return np.abs(np.hypot(x, y) - 0.3 * side) < width / 2


def save(path, ink, *, light, color=None):
    gray = np.where(ink, 250, 5) if light else np.where(ink, 5, 250)
    image = gray.astype(np.uint8)
    if color:
        image = np.where(ink[..., None], np.array(color), 255).astype(np.uint8)
    Image.fromarray(image).save(path)
    return path


@pytest.mark.parametrize("light", [True, False])
def test_the_polarity_is_detected_and_reported(tmp_path, light):
    ink = ring(28, width=2.5)
    seed = read_seed_image(save(tmp_path / "a.png", ink, light=light), shape=SHAPE)
    assert seed.polarity == ("light" if light else "dark")
    assert ("light on dark" if light else "dark on light") in str(seed)
    np.testing.assert_allclose(seed.ink, ink, atol=0.05)
    assert seed.ink.dtype == np.float32


def test_the_flag_overrides_what_is_detected(tmp_path):
    path = save(tmp_path / "a.png", ring(28, width=2.5), light=True)
    forced = read_seed_image(path, shape=SHAPE, ink="dark")
    assert forced.polarity == "dark"
    assert forced.ink.mean() > 0.7


def test_a_colour_image_becomes_gray_and_says_so(tmp_path):
    ink = ring(28, width=2.5)
    seed = read_seed_image(save(tmp_path / "a.png", ink, light=False, color=(200, 30, 30)), shape=SHAPE)
    assert seed.was_color
    assert "colours as grey" in str(seed)
    np.testing.assert_allclose(seed.ink, ink, atol=0.05)
    assert not read_seed_image(save(tmp_path / "b.png", ink, light=False), shape=SHAPE).was_color


@pytest.mark.parametrize(("height", "width"), [(400, 400), (300, 500), (11, 15)])
def test_another_size_is_cut_to_its_ink_and_resized(tmp_path, height, width):
    canvas = np.zeros((height, width), bool)
    side = min(height, width)
    canvas[:side, -side:] = ring(side, width=max(1.5, side / 100))  # a thin line in a corner
    seed = read_seed_image(save(tmp_path / "a.png", canvas, light=False), shape=SHAPE)
    assert seed.size_px == (height, width)
    assert "resized" in str(seed)
    drawn = seed.ink > 0.5  # a thin line survives the threshold
    rows, columns = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    for found in (rows, columns):
        assert 1 <= found[0] <= 5  # centred, with a margin
        assert 22 <= found[-1] <= 26
    assert not drawn[14, 14]


def test_thin_lines_survive_beside_solid_areas(tmp_path):
    canvas = ring(600, width=4)
    alone = read_seed_image(save(tmp_path / "a.png", canvas, light=False), shape=SHAPE).ink > 0.5
    canvas[300:350, 270:330] = True  # inside of the ring
    both = read_seed_image(save(tmp_path / "b.png", canvas, light=False), shape=SHAPE).ink > 0.5
    assert both.sum() >= alone.sum() > 40
    assert both[14, 14]


def test_a_frame_around_the_drawing_is_ink(tmp_path):
    canvas = ring(200, width=8)
    canvas[[0, 1, -2, -1]] = canvas[:, [0, 1, -2, -1]] = True
    assert read_seed_image(save(tmp_path / "a.png", canvas, light=False), shape=SHAPE).ink.mean() < 0.5


def test_ink_of_the_right_size_is_scaled_alone():
    levels = np.zeros(SHAPE, np.uint8)
    levels[3, 4] = 100
    found = fit_ink(levels, shape=SHAPE)
    assert found[3, 4] == 1
    assert found.sum() == 1


def test_images_without_ink_and_files_without_images(tmp_path):
    Image.fromarray(np.full((9, 9), 200, np.uint8)).save(tmp_path / "blank.png")
    with pytest.raises(InputError, match="has no ink"):
        read_seed_image(tmp_path / "blank.png", shape=SHAPE)
    with pytest.raises(InputError, match=r"missing\.png"):
        read_seed_image(tmp_path / "missing.png", shape=SHAPE)


def test_the_most_typical_image_is_like_the_others():
    rings = [ring(28, width=width) for width in (2, 3, 4)]
    odd = np.zeros(SHAPE, bool)
    odd[:3] = odd[:, :3] = True
    images = np.uint8(255) * np.stack([odd, rings[0], rings[2], rings[1], odd.T[::-1]])[..., None]
    assert most_typical(images) == 3
    assert most_typical(images[:1]) == 0
