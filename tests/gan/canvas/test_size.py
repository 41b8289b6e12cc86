"""Sizes of canvases."""

import pytest

from data_prep.errors import InputError
from gan.canvas.size import CanvasSize, parse_size, rounding_note


def test_sizes_are_width_by_height():
    assert parse_size("1920x1080") == (1080, 1920)
    assert parse_size(" 1X7 ") == (7, 1)


@pytest.mark.parametrize(
    "text", ["", "1920", "0x10", "10x-3", "1e3x2", "1000001x1", "1920x1080x3", "9" * 12 + "x1"]
)
def test_other_texts_are_refused(text):
    with pytest.raises(InputError, match=r"--canvas .*: must be WIDTHxHEIGHT"):
        parse_size(text)


def test_sides_are_rounded_up_to_whole_cells():
    size = CanvasSize(9, 16, 8)
    assert size.cells == (2, 2)
    assert size.drawn_px == (16, 16)
    assert size.rounded_up() == CanvasSize(16, 16, 8)
    assert rounding_note(size, tileable=False) == (
        "--canvas 16x9: drawn as 16x16, whole cells of 8 px, and cropped"
    )
    assert rounding_note(size, tileable=True) == "--canvas 16x9: tiles are whole cells of 8 px; made 16x16"
    assert rounding_note(size.rounded_up(), tileable=True) == ""
