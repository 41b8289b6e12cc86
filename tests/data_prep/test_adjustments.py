"""Corrections by hand: what is written is read, the older form too, and mistakes are named."""

import json

import pytest

from data_prep.adjustments import Adjustment, read_adjustments, write_adjustments
from data_prep.errors import InputError

NAMES = ["1.png", "2.png", "10.png"]


def test_written_is_read(tmp_path):
    written = {
        "1.png": Adjustment((0.25, -0.5)),
        "2.png": Adjustment(),
        "10.png": Adjustment((1, 2), ((3.5, 4), (5, 6))),
    }
    write_adjustments(tmp_path / "a.json", written)
    assert read_adjustments(tmp_path / "a.json", NAMES) == written
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == 1


def test_missing_pages_start_at_the_corner(tmp_path):
    write_adjustments(tmp_path / "a.json", {"2.png": Adjustment((1, 1))})
    assert read_adjustments(tmp_path / "a.json", NAMES)["10.png"] == Adjustment((0, 0))


def test_older_form_counts_pages_in_their_order(tmp_path):
    (tmp_path / "a.json").write_text('[{"index": 2, "x": 0.5, "y": 1}, {"index": 0, "x": 0, "y": 0.25}]')
    read = read_adjustments(tmp_path / "a.json", NAMES)
    assert [read[name].offset_cell for name in NAMES] == [(0, 0.25), (0, 0), (0.5, 1)]


def test_pages_that_are_not_there_are_told(tmp_path):
    write_adjustments(tmp_path / "a.json", {"7.png": Adjustment((1, 1))})
    told = []
    assert set(read_adjustments(tmp_path / "a.json", NAMES, warn=told.append)) == set(NAMES)
    assert len(told) == 1
    assert "7.png" in told[0]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "3",
        '{"pages": {}}',
        '{"schema": 2, "pages": {}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cel": [0, 0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": [0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": ["a", 0]}}}',
        '{"schema": 1, "pages": {"1.png": {"offset_cell": [NaN, 0]}}}',
        '[{"index": 3, "x": 0, "y": 0}]',
        '[{"x": 0, "y": 0}]',
    ],
)
def test_mistakes_name_the_file(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(InputError, match=r"a\.json") as caught:
        read_adjustments(tmp_path / "a.json", NAMES)
    assert "\n" not in str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"b\.json"):
        read_adjustments(tmp_path / "b.json", NAMES)
