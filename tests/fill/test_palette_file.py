"""Palette files."""

import pytest

from data_prep.errors import InputError
from data_prep.outputs import write_json
from fill.palette_file import read_palette_file, write_palette_file


def test_the_file_is_read_as_it_was_written(tmp_path):
    write_palette_file(tmp_path / "p.json", ["#0F2A3D", "#f2c14e", "#f2c14e"])
    assert read_palette_file(tmp_path / "p.json") == ("#0f2a3d", "#f2c14e", "#f2c14e")


@pytest.mark.parametrize("colors", [[], "#ffffff", ["ffffff"], ["#fff"], ["#gggggg"], [1], ["#ffffff"] * 257])
def test_invalid_colours_are_named(tmp_path, colors):
    write_json(tmp_path / "p.json", {"schema": 1, "colors": colors})
    with pytest.raises(InputError, match=r"p\.json"):
        read_palette_file(tmp_path / "p.json")
