"""Light on dark is detected; dark on light is not, however dense; inverting twice is the identity."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_prep.images import list_images, read_image
from data_prep.pages.polarity import invert, is_light_on_dark, read_drawing


def web(*, ground: int, line: int, width_px: int = 3) -> np.ndarray:
    image = Image.new("L", (300, 200), ground)
    draw = ImageDraw.Draw(image)
    for x in range(20, 300, 50):
        draw.line([(x, 0), (x - 15, 200)], fill=line, width=width_px)
    for y in range(25, 200, 45):
        draw.line([(0, y), (300, y + 12)], fill=line, width=width_px)
    return np.asarray(image)[..., None]


@pytest.mark.parametrize(("dark", "light"), [(0, 255), (15, 200), (90, 240), (40, 110)])
@pytest.mark.parametrize("width_px", [1, 3, 6])
def test_light_lines_on_a_dark_ground(dark, light, width_px, rng):
    noise = rng.normal(0, 3, (200, 300, 1))
    board, page = web(ground=dark, line=light, width_px=width_px), web(ground=light, line=dark)
    assert is_light_on_dark(np.clip(board + noise, 0, 255).astype(np.uint8))
    assert not is_light_on_dark(np.clip(page + noise, 0, 255).astype(np.uint8))


def test_a_board_in_uneven_light():
    light = 1 - 0.5 * np.linspace(0, 1, 300)[None, :, None]
    assert is_light_on_dark((web(ground=50, line=230) * light).astype(np.uint8))
    assert not is_light_on_dark((web(ground=230, line=40) * light).astype(np.uint8))


def test_blank_pages_and_grain_are_not(rng):
    for level in (0, 128, 255):
        assert not is_light_on_dark(np.full((40, 60, 1), level, np.uint8))
    assert not is_light_on_dark(np.clip(rng.normal(60, 5, (200, 200, 1)), 0, 255).astype(np.uint8))
    assert not is_light_on_dark(np.zeros((1, 1, 3), np.uint8))


def test_invert_is_its_own_inverse(rng):
    for channels in (1, 3, 4):
        image = rng.integers(0, 256, (5, 7, channels), np.uint8)
        np.testing.assert_array_equal(invert(invert(image)), image)
        np.testing.assert_array_equal(invert(image)[..., :3], 255 - image[..., :3])
    np.testing.assert_array_equal(invert(image)[..., 3], image[..., 3])


@pytest.mark.parametrize(("ink", "light_on_dark"), [(250, True), (20, False)])
def test_ink_on_transparent_paper(tmp_path, ink, light_on_dark):
    alpha = web(ground=0, line=255)[..., 0]
    rgba = np.dstack([np.full((200, 300, 3), ink, np.uint8), alpha])
    Image.fromarray(rgba).save(tmp_path / "a.png")
    page = read_drawing(tmp_path / "a.png")
    assert page.shape == (200, 300, 3)
    assert np.ptp(page) > 200
    assert is_light_on_dark(page) is light_on_dark
    if not light_on_dark:
        np.testing.assert_array_equal(page, read_image(tmp_path / "a.png"))


def test_real_pages_are_dark_on_light(real_data):
    for name in ("spec-lettering", "blob-woodcut", "spec-radiolaria"):
        page = read_image(list_images(real_data / "pages" / name)[0])
        assert not is_light_on_dark(page)
