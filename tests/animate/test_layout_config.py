"""Flags of canvases and mosaics."""

import pytest

from animate.layout_config import LayoutConfig
from data_prep.errors import InputError


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"still": True}, "--still requires --canvas"),
        ({"global_still": True}, "--global-still requires --canvas"),
        ({"canvas": "8x8", "still": True, "global_still": True}, "nothing would move"),
        ({"canvas": "8x8", "mosaic": "3x2"}, "--canvas 8x8 and --mosaic 3x2: pass one"),
        ({"canvas": "8"}, "--canvas 8: must be WIDTHxHEIGHT"),
        ({"mosaic": "3"}, "--mosaic 3: must be COLUMNSxROWS"),
        ({"mosaic": "9x9"}, "--mosaic 9x9: .* at most 64 paths"),
        ({"mosaic": "0x2"}, "--mosaic 0x2"),
    ],
)
def test_flags_that_do_not_agree_are_named(fields, message):
    with pytest.raises(InputError, match=message):
        LayoutConfig(**fields).check()


def test_mosaics_are_columns_by_rows():
    layout = LayoutConfig(mosaic="3x2")
    layout.check()
    assert layout.mosaic_grid == (2, 3)
    LayoutConfig(canvas="30x20", still=True).check()
