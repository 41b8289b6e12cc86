"""Tiles of different pages never share a file."""

from pathlib import Path

import pytest

from data_prep.errors import InputError
from data_prep.tiles.names import check_stems, tile_path


def test_names():
    assert tile_path(Path("t"), "a.b.png", 7) == Path("t/a.b/a.b_t00007.png")


def test_two_pages_of_one_stem_are_refused():
    check_stems([Path("a/1.png"), Path("a/2.png")])
    with pytest.raises(InputError, match=r"^2 pages are named 1; rename them, or use --format records$"):
        check_stems([Path("1.png"), Path("2.png"), Path("1.tif")])
