"""A sheet pasted askew onto a bed comes back as it was."""

import math

import numpy as np
import pytest
from PIL import Image

from data_prep.paper import Sheet, find_sheet
from data_prep.straighten import straighten
from tests.data_prep.conftest import drawing

WIDTH, HEIGHT = 300, 400


def laid_askew(sheet: np.ndarray, angle_deg: float) -> tuple[np.ndarray, Sheet]:
    """A sheet turned counter-clockwise about the middle of a bed, and where it lies."""
    height_px, width_px = 560, 480
    a = math.radians(angle_deg)
    c, s = math.cos(a), math.sin(a)
    out = np.array([[c, s], [-s, c]])  # a point right and down of the sheet's middle -> of the bed's middle
    corners = np.array([[-WIDTH, -HEIGHT], [WIDTH, -HEIGHT], [WIDTH, HEIGHT], [-WIDTH, HEIGHT]]) / 2
    y, x = np.mgrid[:height_px, :width_px] + 0.5
    u = c * (x - width_px / 2) - s * (y - height_px / 2) + WIDTH / 2
    v = s * (x - width_px / 2) + c * (y - height_px / 2) + HEIGHT / 2
    i, j = np.clip(v, 0, HEIGHT - 1).astype(int), np.clip(u, 0, WIDTH - 1).astype(int)
    on = (u >= 0) & (u < WIDTH) & (v >= 0) & (v < HEIGHT)
    scan = np.where(on[..., None], sheet[i, j], 40).astype(np.uint8)
    return scan, Sheet(corners @ out.T + [width_px / 2, height_px / 2], angle_deg, has_bed=True)


@pytest.mark.parametrize("angle_deg", [-9.5, -4, -0.4, 0, 1.3, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_sheet_comes_back(rng, angle_deg, channels):
    sheet = drawing(rng, HEIGHT, WIDTH, channels) // 2 + 100
    scan, lies = laid_askew(sheet, angle_deg)
    page = straighten(scan, lies, trim_px=5)
    assert page.shape == (HEIGHT - 10, WIDTH - 10, channels)
    assert np.abs(page.astype(int) - sheet[5:-5, 5:-5]).mean() < 2.5
    assert page.min() >= 90


def test_level_sheets_keep_their_pixels(rng):
    sheet = rng.integers(100, 256, (HEIGHT, WIDTH, 1), np.uint8)
    scan, lies = laid_askew(sheet, 0)
    np.testing.assert_array_equal(straighten(scan, lies, trim_px=3), sheet[3:-3, 3:-3])


@pytest.mark.parametrize("angle_deg", [-8, 3])
def test_together_with_the_finder(rng, angle_deg):
    sheet = np.full((HEIGHT, WIDTH, 1), 240, np.uint8)
    picture = drawing(rng, 200, 150)
    sheet[100:300, 70:220] = np.minimum(picture, 200)
    scan, _ = laid_askew(sheet, angle_deg)
    found = find_sheet(scan)
    assert found.angle_deg == pytest.approx(angle_deg, abs=0.25)
    page = straighten(scan, found, trim_px=4)
    assert np.abs(np.array(page.shape[:2]) - [HEIGHT - 8, WIDTH - 8]).max() <= 3
    assert page.min() >= np.minimum(picture, 200).min() - 30
    assert (page[:60] > 200).all()


def test_what_the_scan_cuts_off_is_paper(rng):
    sheet = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    scan, lies = laid_askew(sheet, 5)
    cut = Sheet(lies.corners_px - [120, 0], 5, has_bed=True)
    page = straighten(np.ascontiguousarray(scan[:, 120:]), cut, trim_px=8)
    assert page.shape == (HEIGHT - 16, WIDTH - 16, 3)
    assert np.abs(page.astype(int) - 230).max() <= 3
    assert Image.fromarray(page).size == (WIDTH - 16, HEIGHT - 16)
