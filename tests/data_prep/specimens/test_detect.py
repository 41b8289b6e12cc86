"""Drawn specimens are found, also among specks, scratches and text."""

import numpy as np
import pytest

from data_prep.images import list_images, read_image
from data_prep.pages.sheet import find_sheet
from data_prep.specimens.detect import SpecimenGridConfig, find_paper, find_specimens, tight_boxes
from data_prep.specimens.ink_components import reference_size
from tests.data_prep.drawn_specimens import DrawnPage, draw_specimens, random_page
from tests.slow_cases import slow


def hits(page: DrawnPage, centers_px: np.ndarray) -> int:
    """How many drawn specimens have a centre of their own within 2 px."""
    off = np.abs(centers_px[:, None] - page.centers_px[None]).max(axis=2, initial=0)  # [found, drawn]
    return int(min((off <= 2).any(axis=0).sum(), (off <= 2).any(axis=1).sum()))


@pytest.mark.parametrize(
    "dirt",
    [
        {},
        {"empty": 0.4},
        {"rows": 2, "cols": 7},
        {"skew_deg": 4, "cols": 5},
        {"skew_deg": -3, "bed": True},
        {"specks": 60},
        *slow({"scratches": 2}, {"captions": True, "skew_deg": 1}, {"rows": 1, "cols": 6, "empty": 0}),
    ],
    ids=str,
)
def test_drawn_specimens_are_found_in_their_order(dirt):
    page = draw_specimens(np.random.default_rng(1), **dirt)
    found = find_specimens(page.image)
    assert len(found) == len(page.boxes_px)
    np.testing.assert_allclose(found.centers_px, page.centers_px, atol=2)  # row by row, as drawn
    assert not found.touching.any()
    assert found.sheet.has_bed == dirt.get("bed", False)


def test_boxes_are_tight_without_neighbours():
    page = draw_specimens(np.random.default_rng(2), specks=0)
    np.testing.assert_array_equal(find_specimens(page.image).boxes_px, page.boxes_px)


def test_rgb_and_faint_ink_make_no_difference():
    page = draw_specimens(np.random.default_rng(3))
    gray = find_specimens(page.image)
    rgb = find_specimens(np.repeat(page.image, 3, axis=2))
    np.testing.assert_array_equal(rgb.boxes_px, gray.boxes_px)
    paper = np.median(page.image)
    faint = (paper - (paper - page.image) * 0.4).clip(0, 255).astype(np.uint8)
    np.testing.assert_allclose(find_specimens(faint).centers_px, page.centers_px, atol=2)


def test_a_specimen_by_the_edge_of_the_page_is_found():
    page = draw_specimens(np.random.default_rng(4), empty=0)
    x0, y0, *_ = page.boxes_px.min(axis=0) - 3
    cut = page.image[y0:, x0:]
    np.testing.assert_allclose(find_specimens(cut).centers_px, page.centers_px - (x0, y0), atol=2)


def test_touching_neighbours_are_reported_and_split():
    page = draw_specimens(np.random.default_rng(5), empty=0)
    image = page.image.copy()
    (x0, y), (x1, _) = page.centers_px[5].astype(int), page.centers_px[6].astype(int)
    image[y : y + 4, x0:x1] = 20  # a bridge from the sixth to the seventh
    found = find_specimens(image)
    assert np.flatnonzero(found.touching).tolist() == [5, 6]
    assert hits(page, found.centers_px) >= len(page.boxes_px) - 2
    assert len(found) == len(page.boxes_px)


def test_bodies_that_touch_off_the_grid_are_parted():
    y, x = np.mgrid[:900, :700]
    circles = [(150, 150, 90), (330, 170, 100), (520, 420, 150), (250, 600, 160), (560, 760, 60)]
    image = np.full((900, 700, 1), 240, np.uint8)
    for cx, cy, r in circles:
        image[(x - cx) ** 2 + (y - cy) ** 2 < r**2] = 30
    found = find_specimens(image)
    assert len(found) == 5
    for cx, cy, _ in circles:
        assert np.abs(found.centers_px - (cx, cy)).max(axis=1).min() < 12
    assert found.touching.sum() >= 2


def test_known_centers_are_used_and_get_boxes():
    page = draw_specimens(np.random.default_rng(6), empty=0)
    found = find_specimens(page.image)
    given = np.concatenate([found.centers_px[[3, 1]] + (4, -2.5), [[2, 3]]])
    moved = find_specimens(page.image, centers_px=given)
    np.testing.assert_array_equal(moved.centers_px, given)
    np.testing.assert_array_equal(moved.boxes_px[:2], found.boxes_px[[3, 1]])
    assert (moved.boxes_px[2, :2] == moved.boxes_px[2, 2:]).all()  # nothing is drawn there
    again = find_specimens(page.image, centers_px=found.centers_px)
    np.testing.assert_array_equal(again.boxes_px, found.boxes_px)
    assert len(find_specimens(page.image, centers_px=np.zeros((0, 2)))) == 0


def test_empty_pages_hold_none(rng):
    assert len(find_specimens(np.full((300, 200, 1), 250, np.uint8))) == 0
    grain = rng.normal(230, 4, (400, 300, 1)).clip(0, 255).astype(np.uint8)
    assert len(find_specimens(grain)) == 0
    assert len(find_specimens(np.zeros((1, 1, 3), np.uint8))) == 0


def test_min_size_is_relative_to_the_page():
    image = np.full((1000, 1000, 1), 245, np.uint8)
    for i, side in enumerate((200, 190, 210, 180, 90, 40)):
        x, y = 60 + 320 * (i % 3), 100 + 437 * (i // 3)
        image[y : y + side, x : x + side] = 20
    found = [
        len(find_specimens(image, config=SpecimenGridConfig(min_size=fraction, lattice=False)))
        for fraction in (0, 0.3, 0.6)
    ]
    assert found == [6, 5, 4]


def test_reference_is_reached_at_half_the_area():
    assert reference_size(np.array([])) == 0
    assert reference_size(np.array([10.0, 1, 1, 1])) == 10
    assert reference_size(np.array([3.0, 1, 4, 2])) == 4  # 16 of 30
    assert reference_size(np.full(500, 2.0)) == 2


@pytest.mark.parametrize("factor", [1, 3, 4])
def test_tight_boxes_equal_those_of_every_pixel(rng, factor):
    dark = rng.random((61, 83)) < 0.02
    cells = np.zeros((-(-61 // factor), -(-83 // factor)), np.int32)
    cells[rng.random(cells.shape) < 0.5] = 1
    cells[: len(cells) // 2][cells[: len(cells) // 2] == 1] = 2
    inked = np.add.reduceat(np.add.reduceat(dark, np.arange(0, 61, factor), 0), np.arange(0, 83, factor), 1)
    cells[inked == 0] = 0
    pixels = np.repeat(np.repeat(cells, factor, 0), factor, 1)[:61, :83]
    for label, box in enumerate(tight_boxes(dark, cells, factor), start=1):
        y, x = np.nonzero(dark & (pixels == label))
        assert box.tolist() == [x.min(), y.min(), x.max() + 1, y.max() + 1]


def test_find_paper_is_at_hand():
    page = draw_specimens(np.random.default_rng(7), bed=True)
    x0, y0, x1, y1 = find_paper(page.image)
    assert 0 < x0 < x1 < page.image.shape[1]
    assert 0 < y0 < y1 < page.image.shape[0]


def test_real_pages_in_rows_and_columns(real_data):
    counts = {"sheet03.png": 20, "sheet09.png": 20}
    for path in list_images(real_data / "pages" / "spec-chiriqui"):
        if path.name in counts:
            found = find_specimens(read_image(path))
            assert len(found) == counts[path.name]
            cells = np.stack(np.meshgrid(295 + 470 * np.arange(4), 295 + 470 * np.arange(5)), -1).reshape(
                -1, 2
            )
            np.testing.assert_allclose(found.centers_px, cells, atol=2)


@pytest.mark.slow
def test_two_hundred_random_pages():
    right = drawn = found = 0
    for seed in range(200):
        page = random_page(seed)
        specimens = find_specimens(page.image)
        right += hits(page, specimens.centers_px)
        drawn += len(page.boxes_px)
        found += len(specimens)
    assert right / drawn >= 0.98, f"recall {right / drawn:.4f}"
    assert right / found >= 0.98, f"precision {right / found:.4f}"


LIGHTS = {
    "lamp": lambda x, y: 0.55 + 0.45 * np.exp(-((x - 0.2) ** 2 + (y - 0.2) ** 2) / 0.18),
    "fall-off": lambda x, y: 1 - 0.25 * x,
    "vignette": lambda x, y: 1 - 0.8 * ((x - 0.5) ** 2 + (y - 0.5) ** 2),
    "gutter": lambda x, y: 1 - 0.45 * np.exp(-x / 0.05),
    "phone": lambda x, y: 1 - 0.4 / (1 + np.exp(-(x + y - 1.3) / 0.03)),
}


def in_light(page: np.ndarray, light: str) -> np.ndarray:
    height, width = page.shape[:2]
    y, x = (np.mgrid[:height, :width] + 0.5) / np.array([height, width])[:, None, None]
    return np.rint(page * LIGHTS[light](x, y)[..., None]).astype(np.uint8)


@pytest.mark.parametrize("light", ["lamp", "phone", *slow("fall-off", "vignette", "gutter")])
@pytest.mark.parametrize("faint", [True, *slow(False)])
def test_light_makes_no_difference(light, faint):
    drawn = draw_specimens(np.random.default_rng(5), rows=3, cols=4, pitch_px=170, empty=0)
    page = (190 + drawn.image / 255 * 38).astype(np.uint8) if faint else drawn.image
    found = find_specimens(in_light(page, light))
    assert hits(drawn, found.centers_px) == len(found) == len(drawn.boxes_px)
    assert found.kept.variation > 0.1
    assert find_specimens(page).kept.variation == 0


@pytest.mark.parametrize("light", [None, *LIGHTS])
def test_light_on_dark_is_found_on_the_negative(light):
    drawn = draw_specimens(np.random.default_rng(6), rows=3, cols=4, pitch_px=170, empty=0)
    board = (12 + (255 - drawn.image) * 0.85).astype(np.uint8)
    found = find_specimens(board if light is None else in_light(board, light))
    assert hits(drawn, found.centers_px) == len(found) == len(drawn.boxes_px)
    assert found.kept.light_on_dark
    assert not find_specimens(drawn.image).kept.light_on_dark


@pytest.mark.parametrize("name", ["uneven-light-s_lamp", "uneven-light-s_phone", "chalk-page"])
def test_cases_of_light(cases, name):
    page = read_image(cases / name / "page.jpg")
    found = find_specimens(page)
    expected = [((i + 0.5) * 190, (j + 0.5) * 186.7) for j in range(3) for i in range(4)]
    np.testing.assert_allclose(found.centers_px, expected, atol=8)
    assert not find_sheet(page).has_bed
