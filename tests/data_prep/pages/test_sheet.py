"""The sheet of a scan: found where there is a bed, the whole scan where there is none; straightened."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from data_prep.images import list_images, read_image
from data_prep.pages.sheet import Sheet, find_paper, find_sheet, luma, sheet_mask, straighten
from tests.data_prep.conftest import drawing


def scan(
    corners: np.ndarray, height_px: int, width_px: int, *, bed: int = 40, paper: int = 235, ink: int = 400
) -> np.ndarray:
    """A sheet with ink on it, on a bed with grain and dust: uint8 [H, W, 1]."""
    rng = np.random.default_rng(0)
    image = Image.new("L", (width_px, height_px), bed)
    draw = ImageDraw.Draw(image)
    draw.polygon([tuple(c) for c in corners], fill=paper)
    middle = corners.mean(axis=0)
    for _ in range(ink):
        x, y = middle + (corners[rng.integers(4)] - middle) * rng.uniform(0, 0.95)
        r = rng.uniform(2, 20)
        draw.ellipse([x - r, y - r, x + r, y + r], outline=20, width=3)
    noisy = np.asarray(image) + rng.normal(0, 4, (height_px, width_px))
    return np.clip(noisy, 0, 255).astype(np.uint8)[..., None]


def turned_box(
    center: tuple[float, float], width_px: float, height_px: float, angle_deg: float
) -> np.ndarray:
    """Corners [4, 2] of a box turned counter-clockwise as seen (y down)."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    half = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (width_px / 2, height_px / 2)
    return np.array(center) + half @ np.array([[c, -s], [s, c]])


@pytest.mark.parametrize("angle_deg", [-10, -3.3, 0, 0.4, 7, 10])
@pytest.mark.parametrize("bed", [15, 150])
def test_corners_and_skew(angle_deg, bed):
    corners = turned_box((800, 1050), 1100, 1500, angle_deg)
    sheet = find_sheet(scan(corners, 2100, 1600, bed=bed))
    assert sheet.has_bed
    assert abs(sheet.angle_deg - angle_deg) < 0.1
    np.testing.assert_allclose(sheet.corners_px, corners, atol=6)  # two pixels of the copy looked at
    np.testing.assert_allclose(sheet.size_px, (1100, 1500), atol=6)


@pytest.mark.parametrize("sides", ["right", "right bottom", "top"])
def test_bed_on_some_sides_only(sides):
    x0, y0, x1, y1 = -5, 130 if "top" in sides else -5, 1200, 1605
    x1, y1 = 1050 if "right" in sides else x1, 1400 if "bottom" in sides else y1
    page = scan(np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], float), 1600, 1200)
    expected = (max(x0, 0), max(y0, 0), min(x1, 1200), min(y1, 1600))
    assert np.abs(np.subtract(find_paper(page), expected)).max() <= 4
    assert abs(find_sheet(page).angle_deg) < 0.1


def test_a_scan_without_a_bed_is_all_paper(rng):
    page = scan(np.array([[-9, -9], [1300, -9], [1300, 1700], [-9, 1700]], float), 1600, 1200)
    page[700:900, 1100:] = 10  # a drawing that runs over the edge
    assert find_paper(page) == (0, 0, 1200, 1600)
    assert not find_sheet(page).has_bed
    for level in (0, 128, 255):
        assert find_paper(np.full((50, 40, 1), level, np.uint8)) == (0, 0, 40, 50)
    assert find_paper(rng.integers(0, 255, (1, 1, 3)).astype(np.uint8)) == (0, 0, 1, 1)


LIGHTS = {
    "fall-off": lambda x, y: 1 - 0.25 * x,
    "dark half": lambda x, y: 1 - 0.5 * y,
    "lamp": lambda x, y: 0.5 + 0.5 * np.exp(-((x - 0.2) ** 2 + (y - 0.2) ** 2) / 0.18),
    "vignette": lambda x, y: 1 - 0.9 * ((x - 0.5) ** 2 + (y - 0.5) ** 2),
    "gutter": lambda x, y: 1 - 0.6 * np.exp(-x / 0.06),
    "gutter of two pages": lambda x, y: 1 - 0.5 * np.exp(-(((x - 0.5) / 0.03) ** 2)),
    "phone": lambda x, y: 1 - 0.4 / (1 + np.exp(-(x + y - 1.3) / 0.03)),
    "strip": lambda x, y: 1 - 0.4 / (1 + np.exp(-(0.3 - y) / 0.02)),
}


@pytest.mark.parametrize("light", LIGHTS)
def test_shade_is_no_bed(light):
    page = scan(np.array([[-9, -9], [910, -9], [910, 1210], [-9, 1210]], float), 1200, 900, ink=60)
    y, x = (np.mgrid[:1200, :900] + 0.5) / np.array([1200, 900])[:, None, None]
    shaded = np.rint(page * LIGHTS[light](x, y)[..., None]).astype(np.uint8)
    assert not find_sheet(shaded).has_bed


def test_a_bed_is_found_in_uneven_light():
    corners = turned_box((440, 600), 700, 950, 3)
    page = scan(corners, 1200, 900, bed=90, ink=60)
    shaded = np.rint(page * (1 - 0.2 * np.linspace(0, 1, 900))[None, :, None]).astype(np.uint8)
    sheet = find_sheet(shaded)
    assert sheet.has_bed
    np.testing.assert_allclose(sheet.corners_px, corners, atol=6)


def test_the_largest_light_region_is_the_sheet():
    corners = turned_box((520, 800), 800, 1300, 2)
    page = scan(corners, 1600, 1200)
    page[100:1500, 1100:1150] = 250  # a ruler next to it
    page[:30] = 240  # and a glint along the bed's rim
    sheet = find_sheet(page)
    np.testing.assert_allclose(sheet.corners_px, corners, atol=6)


def test_mask_is_the_sheet_without_its_margin():
    corners = turned_box((400, 500), 500, 700, 5)
    sheet = find_sheet(scan(corners, 1000, 800))
    mask = sheet_mask(sheet, 1000, 800)
    assert abs(mask.sum() / (500 * 700) - 1) < 0.01
    trimmed = sheet_mask(sheet, 500, 400, factor=2, trim_px=20)
    assert abs(trimmed.sum() * 4 / (460 * 660) - 1) < 0.01
    assert not (trimmed & ~mask[::2, ::2]).any()


def test_luma_is_that_of_read_image(tmp_path, rng):
    page = rng.integers(0, 256, (30, 20, 4)).astype(np.uint8)
    rgb = page[..., :3].astype(int)
    np.testing.assert_array_equal(luma(page[..., :3]), (rgb @ [19595, 38470, 7471] + 32768) >> 16)
    page[..., 3] = 0
    assert (luma(page) == 255).all()


def test_real_pages_fill_their_scans(real_data):
    for name in ("spec-radiolaria", "spec-lettering", "blob-counties"):
        path = list_images(real_data / "pages" / name)[0]
        page = read_image(path)
        assert find_paper(page) == (0, 0, page.shape[1], page.shape[0])


WIDTH, HEIGHT = 300, 400


def rotated_sheet(sheet: np.ndarray, angle_deg: float) -> tuple[np.ndarray, Sheet]:
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
def test_straighten_recovers_the_sheet(rng, angle_deg, channels):
    sheet = drawing(rng, HEIGHT, WIDTH, channels) // 2 + 100
    scan, lies = rotated_sheet(sheet, angle_deg)
    page = straighten(scan, lies, trim_px=5)
    assert page.shape == (HEIGHT - 10, WIDTH - 10, channels)
    assert np.abs(page.astype(int) - sheet[5:-5, 5:-5]).mean() < 2.5
    assert page.min() >= 90


def test_level_sheets_are_not_resampled(rng):
    sheet = rng.integers(100, 256, (HEIGHT, WIDTH, 1), np.uint8)
    scan, lies = rotated_sheet(sheet, 0)
    np.testing.assert_array_equal(straighten(scan, lies, trim_px=3), sheet[3:-3, 3:-3])


@pytest.mark.parametrize("angle_deg", [-8, 3])
def test_straighten_with_the_detected_sheet(rng, angle_deg):
    sheet = np.full((HEIGHT, WIDTH, 1), 240, np.uint8)
    image = drawing(rng, 200, 150)
    sheet[100:300, 70:220] = np.minimum(image, 200)
    scan, _ = rotated_sheet(sheet, angle_deg)
    found = find_sheet(scan)
    assert found.angle_deg == pytest.approx(angle_deg, abs=0.25)
    page = straighten(scan, found, trim_px=4)
    assert np.abs(np.array(page.shape[:2]) - [HEIGHT - 8, WIDTH - 8]).max() <= 3
    assert page.min() >= np.minimum(image, 200).min() - 30
    assert (page[:60] > 200).all()


def test_parts_outside_the_scan_are_paper(rng):
    sheet = np.full((HEIGHT, WIDTH, 3), 230, np.uint8)
    scan, lies = rotated_sheet(sheet, 5)
    cut = Sheet(lies.corners_px - [120, 0], 5, has_bed=True)
    page = straighten(np.ascontiguousarray(scan[:, 120:]), cut, trim_px=8)
    assert page.shape == (HEIGHT - 16, WIDTH - 16, 3)
    assert np.abs(page.astype(int) - 230).max() <= 3
    assert Image.fromarray(page).size == (WIDTH - 16, HEIGHT - 16)
