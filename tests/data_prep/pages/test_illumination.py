"""Uneven light: estimated behind ink, divided out; even pages, solid ink and shading are left as they are."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_prep.images import list_images, read_image
from data_prep.pages.illumination import find_background, flatten

HEIGHT, WIDTH = 480, 640
Y, X = (np.mgrid[:HEIGHT, :WIDTH] + 0.5) / np.array([HEIGHT, WIDTH])[:, None, None]
LIGHTS = {
    "fall-off": 1 - 0.2 * X,
    "diagonal": 1 - 0.25 * (X + Y) / 2,
    "lamp": 0.55 + 0.45 * np.exp(-((X - 0.2) ** 2 + (Y - 0.2) ** 2) / 0.18),
    "vignette": 1 - 0.35 * 2 * ((X - 0.5) ** 2 + (Y - 0.5) ** 2),
    "gutter": 1 - 0.5 * np.exp(-X / 0.06),
    "gutter of two pages": 1 - 0.5 * np.exp(-(((X - 0.5) / 0.04) ** 2)),
    "phone": 1 - 0.4 / (1 + np.exp(-(X + Y - 1.3) / 0.03)),
    "two shadows": (1 - 0.3 * np.exp(-((X - 0.9) ** 2 + (Y - 0.9) ** 2) / 0.06)) * (1 - 0.25 * Y),
}


def drawn(*, paper: int = 240, ink: int = 25, width_px: int = 3) -> np.ndarray:
    """Rings and lines, a solid black square and a shaded disc: uint8 [H, W, 1]."""
    image = Image.new("L", (WIDTH, HEIGHT), paper)
    draw = ImageDraw.Draw(image)
    for col in range(6):
        for row in range(4):
            x, y = 53 + 107 * col, 60 + 120 * row
            draw.ellipse([x - 35, y - 40, x + 35, y + 40], outline=ink, width=width_px)
            draw.line([(x - 30, y), (x + 30, y)], fill=ink, width=width_px)
    draw.rectangle([430, 240, 510, 320], fill=ink)
    for radius in range(40, 0, -1):
        draw.ellipse(
            [160 - radius, 300 - radius, 160 + radius, 300 + radius], fill=ink + (paper - ink) * radius // 50
        )
    return np.asarray(image)[..., None]


def lit(page: np.ndarray, light: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(1)
    noisy = page[..., 0] * light + rng.normal(0, 1.5, light.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)[..., None]


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize(("paper", "ink", "width_px"), [(240, 25, 3), (228, 190, 3), (150, 30, 6)])
def test_light_is_estimated_behind_ink(light, paper, ink, width_px):
    page = drawn(paper=paper, ink=ink, width_px=width_px)
    shaded = lit(page, LIGHTS[light])
    background = find_background(shaded)
    assert background.is_uneven
    flat = flatten(shaded, background)[..., 0].astype(float)
    bare = page[..., 0] == paper
    level = np.median(flat[bare])
    assert abs(level / (np.percentile(LIGHTS[light], 97) * paper) - 1) < 0.06  # its brightest part stays
    off = np.abs(flat[bare] / level - 1)
    assert np.percentile(off, 95) < 0.08
    assert np.percentile(off, 99.5) < 0.28
    lines = flat[page[..., 0] == ink] / level
    assert np.median(lines) < 1 - 0.75 * (1 - ink / paper)  # ink stays ink


@pytest.mark.parametrize("paper", [255, 240, 200, 115])
def test_even_pages_count_as_even(paper):
    page = lit(drawn(paper=paper), np.ones((HEIGHT, WIDTH)))
    assert not find_background(page).is_uneven
    assert find_background(page).variation < 0.04
    blank = np.full((70, 90, 3), paper, np.uint8)
    assert not find_background(blank).is_uneven


def test_a_slight_variation_matters_to_faint_ink_only():
    light = 1 - 0.08 * X
    assert not find_background(lit(drawn(), light)).is_uneven
    assert find_background(lit(drawn(paper=228, ink=195), light)).is_uneven


def test_flatten_divides_by_the_light():
    light = 1 - 0.4 * Y
    page = np.broadcast_to(np.rint(200 * light)[..., None], (HEIGHT, WIDTH, 3)).astype(np.uint8)
    flat = flatten(page, find_background(page))
    assert flat.shape == page.shape
    assert np.abs(flat.astype(int) - 200).max() <= 6
    assert flat.std() < 2


def test_any_size_and_tone_is_accepted(rng):
    for shape in [(1, 1, 1), (1, 400, 1), (3, 5, 3), (700, 2, 1), (33, 47, 4)]:
        for page in (np.zeros(shape, np.uint8), rng.integers(0, 256, shape, np.uint8)):
            flat = flatten(page, find_background(page))
            assert flat.shape == shape
            assert not find_background(page[:60]).is_uneven
            assert flat.dtype == np.uint8


def test_real_pages_have_even_light(real_data):
    for name in ("spec-radiolaria", "spec-lettering", "spec-chiriqui", "blob-membranes", "blob-woodcut"):
        for path in list_images(real_data / "pages" / name)[:2]:
            page = read_image(path)
            assert not find_background(page).is_uneven
