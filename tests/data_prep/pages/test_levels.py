"""Tones: paper becomes white, ink black, specks paper; lines stay."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_prep.images import read_image
from data_prep.pages.levels import despeckle, find_levels, stretch


@pytest.fixture
def page(rng) -> np.ndarray:
    """Yellowish noisy paper with soft dark lines, uint8 [400, 300, 3]."""
    image = Image.new("L", (1200, 1600), 255)
    draw = ImageDraw.Draw(image)
    for y in range(150, 1500, 200):
        draw.line([(150, y), (1000, y + 90)], fill=0, width=14)
    ink = 1 - np.asarray(image.reduce(4)) / 255
    paper, black = np.array([235.0, 228, 205]), np.array([52.0, 48, 60])
    values = paper + ink[..., None] * (black - paper) + rng.normal(0, 2, (400, 300, 1))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def test_paper_becomes_white_and_ink_black(page):
    black, white = find_levels(page)
    assert np.abs(white - np.array([231, 224, 201])).max() <= 2
    assert np.abs(black - np.array([52, 48, 60])).max() <= 5
    clean = stretch(page, black, white)
    lines = page[..., 0] < 80
    assert np.median(clean[~lines]) == 255
    assert (clean[~lines].min(axis=1) == 255).mean() > 0.9
    assert np.median(clean[lines]) <= 10


@pytest.mark.parametrize(
    ("paper", "ink"), [((228,) * 3, (190,) * 3), ((255, 255, 255), (140, 200, 255)), ((204,) * 3, (165,) * 3)]
)
@pytest.mark.parametrize("grain", [0, 2])
def test_faint_ink_becomes_dark(page, paper, ink, grain, rng):
    lines = page[..., 0] < 100
    faint = np.where(lines[..., None], np.array(ink), np.array(paper)) + rng.normal(0, grain, page.shape)
    faint = np.clip(np.rint(faint), 0, 255).astype(np.uint8)
    clean = stretch(faint, *find_levels(faint))
    for channel in range(3):
        if paper[channel] - ink[channel] > 20:
            assert np.median(clean[lines, channel]) <= 25
        assert np.median(clean[~lines, channel]) == 255


@pytest.mark.parametrize("paper", [60, 90, 115, 127])
def test_gray_paper_becomes_white(page, paper):
    lines = page[..., :1] < 100
    gray = np.where(lines, 20, paper).astype(np.uint8)
    clean = stretch(gray, *find_levels(gray))
    assert (clean[~lines] == 255).all()
    assert (clean[lines] == 0).all()


def test_grain_is_not_ink(rng):
    blank = np.clip(rng.normal(220, 3, (300, 200, 1)), 0, 255).astype(np.uint8)
    black, _ = find_levels(blank)
    assert black == [0]


def test_case_of_pencil(cases):
    page = read_image(cases / "levels-pencil" / "page.jpg")
    clean = stretch(page, *find_levels(page))
    assert np.percentile(clean, 1) <= 5
    assert np.median(clean) == 255


def test_stretch_is_a_ramp():
    values = np.arange(256, dtype=np.uint8).reshape(1, 256, 1)
    ramp = stretch(values, np.array([50.0]), np.array([200.0]))[0, :, 0].astype(int)
    assert (ramp[:51] == 0).all()
    assert (ramp[200:] == 255).all()
    np.testing.assert_array_equal(ramp[50:201], np.floor(np.arange(151) / 150 * 255 + 0.5))


def test_clean_paper_is_unchanged():
    blank = np.full((60, 50, 1), 255, np.uint8)
    black, white = find_levels(blank)
    assert (stretch(blank, black, white) == 255).all()
    assert despeckle(blank, 9) is blank


def test_despeckle_changes_only_specks(page, rng):
    dirty, changed = page.copy(), np.zeros(page.shape[:2], bool)
    lines = page[..., 0] < 200
    for y, x in rng.integers(10, 290, (60, 2)):
        if not lines[y - 8 : y + 10, x - 8 : x + 10].any():
            dirty[y : y + 2, x : x + 2] = (40, 42, 50)
            changed[y - 3 : y + 5, x - 3 : x + 5] = True
    assert changed.sum() > 500
    clean = despeckle(dirty, 4)
    np.testing.assert_array_equal(clean[~changed], page[~changed])
    assert np.abs(clean[changed].astype(int) - (235, 228, 205)).max() <= 10
    np.testing.assert_array_equal(despeckle(dirty, 3)[lines], dirty[lines])
    assert (despeckle(dirty, 3) == dirty).all()


def test_removing_a_speck_does_not_change_the_line_next_to_it(page):
    y, x = 200, 150
    column = np.flatnonzero(page[:, x, 0] < 100)
    y = int(column[column > 100][0]) - 3  # two pixels of paper between
    dirty = page.copy()
    dirty[y, x] = 40
    clean = despeckle(dirty, 2)
    assert clean[y, x].min() > 180
    lines = page[..., 0] < 140
    np.testing.assert_array_equal(clean[lines], page[lines])


def test_a_partly_faint_line_is_not_removed(page):
    faint = page.copy()
    for x in range(20, 280):
        faint[5, x] = 90 if x % 7 < 3 else 190  # alone, its dark parts would be specks
    np.testing.assert_array_equal(despeckle(faint, 9), faint)
