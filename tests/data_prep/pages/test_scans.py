"""Conversion of scans: results, levels."""

from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.images import write_image
from data_prep.pages.scans import ScansConfig, convert_scans, make_page
from tests.data_prep.conftest import bars, drawing


@pytest.fixture
def scans(tmp_path, rng) -> Path:
    folder = tmp_path / "scans"
    write_image(folder / "s10.tif", drawing(rng, 40, 30), dpi=600)
    write_image(folder / "s2.bmp", drawing(rng, 44, 30, channels=3))
    write_image(folder / "s1.webp", drawing(rng, 40, 36, channels=3))
    write_image(folder / "s3.jpg", drawing(rng, 20, 30, channels=3), dpi=300)
    return folder


def test_levels_of_a_page():
    page = np.full((60, 60, 3), (220, 210, 190), np.uint8)
    page[20:30] = 60
    clean, _ = make_page(page, ScansConfig(white="auto", black="auto"))
    assert (clean[:20] == 255).all()
    assert (clean[20:30] == 0).all()
    fixed, _ = make_page(page, ScansConfig(white=200, black=60))
    assert fixed[0, 0].tolist() == [255, 255, round(130 / 140 * 255)]
    assert (fixed[25] == 0).all()
    plain, _ = make_page(page, TINY["scans"])
    assert plain is page


def test_uneven_light_is_divided_out_where_configured():
    light = 1 - 0.4 * np.linspace(0, 1, 300)
    even = np.full((200, 300, 1), 230, np.uint8)
    even[60:64, 20:280] = 30
    shaded = np.rint(even * light[None, :, None]).astype(np.uint8)
    for flatten, page in (("off", shaded), ("auto", even), ("off", even)):
        same, found = make_page(page, ScansConfig(flatten=flatten))
        assert same is page
        assert ("light_varies" in found) == (page is shaded)
        assert "flattened" not in found
    flat, found = make_page(shaded, ScansConfig())  # auto
    assert found["flattened"]
    assert abs(found["light_varies"] - 0.4) < 0.05
    bare = even[..., 0] == 230
    assert np.ptp(flat[..., 0][bare]) < 20
    clean, _ = make_page(shaded, ScansConfig(flatten="on", white="auto", black="auto"))
    assert (clean[..., 0][bare] > 250).mean() > 0.97
    assert make_page(even, ScansConfig(flatten="on"))[1]["flattened"]


def test_light_on_dark_is_reported_and_inverted():
    board = np.full((200, 300, 1), 20, np.uint8)
    board[60:64, 20:280] = 230
    same, found = make_page(board, ScansConfig(flatten="auto"))
    assert same is board
    assert found["light_on_dark"]
    page, found = make_page(board, ScansConfig(invert=True))
    np.testing.assert_array_equal(page, 255 - board)
    assert "light_on_dark" not in found


def test_a_result_lists_the_pages_that_were_made(scans, tmp_path, capsys):
    (scans / "s4.png").write_text("no image")
    (scans / "s5.pdf").write_text("a PDF")
    steps, warnings, out = [], [], tmp_path / "p"
    made = convert_scans(scans, out, TINY["scans"], progress=bars(steps), warn=warnings.append)
    assert [path.name for path, _ in made.made] == ["01.png", "02.png", "03.png", "05.png"]
    assert (made.pages, set(made.failures)) == (4, {"s4.png"})
    assert len(warnings) == 1
    assert "s5.pdf" in warnings[0]
    assert {label for label, _ in steps} == {"inspect", "scans"}
    again = convert_scans(scans, out, TINY["scans"])
    assert (again.pages, again.made) == (4, ())
    assert str(again) == f"{out}  4 pages; scans.json lists their scans"
    assert capsys.readouterr() == ("", "")
