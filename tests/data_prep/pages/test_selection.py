"""Selection of pages by name, stem or pattern, and the labels of files made from them."""

import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.pages.selection import find_pages, fingerprint
from tests.data_prep.conftest import drawing


def test_pages_are_selected_by_name_stem_or_pattern(pages):
    def names(*chosen):
        return [path.name for path in find_pages(pages, chosen=chosen).paths]

    assert names() == ["1.png", "2.png", "10.png"]
    assert names("10", "1.png") == ["1.png", "10.png"]
    assert names("1*") == ["1.png", "10.png"]
    with pytest.raises(InputError, match="--page 7"):
        find_pages(pages, chosen=["7"])
    with pytest.raises(InputError, match="--page 2"):
        find_pages(pages / "2.png", chosen=["2"])


def test_a_single_page_uses_the_adjustments_of_its_folder(pages):
    found = find_pages(pages / "2.png")
    assert [path.name for path in found.paths] == ["2.png"]
    assert found.adjustments_file == pages / "adjustments.json"
    assert set(found.adjustments) == {"1.png", "2.png", "10.png"}


def test_labels_are_stems_unless_two_pages_share_one(pages, rng):
    write_image(pages / "2.tif", drawing(rng, 300, 220))
    found = find_pages(pages)
    assert [found.label(path) for path in found.paths] == ["1", "2.png", "2.tif", "10"]


def test_missing_adjustments_are_refused_unless_they_are_created_later(pages, tmp_path):
    missing = tmp_path / "none.json"
    with pytest.raises(InputError, match=r"none\.json"):
        find_pages(pages, adjustments=missing)
    assert find_pages(pages, adjustments=missing, may_be_missing=True).adjustments_file == missing


def test_fingerprints_change_with_a_byte(pages):
    paths = find_pages(pages).paths
    before = fingerprint(paths)
    assert before == fingerprint(paths)
    paths[0].write_bytes(paths[0].read_bytes() + b"x")
    assert fingerprint(paths) != before


@pytest.mark.parametrize(
    ("names", "number", "page"),
    [
        (["page-001.png", "page-002.png"], "01", "page-001.png"),
        (["scan_1.tif", "scan_2.tif", "scan_10.tif"], "10", "scan_10.tif"),
        (["IMG_2041.png", "IMG_2042.png"], "02", "IMG_2042.png"),
        (["cover.png", "inside.png"], "1", "cover.png"),
        (["1.png", "01.png"], "01", "01.png"),
        (["a1.png", "b1.png", "c2.png"], "3", "c2.png"),
    ],
)
def test_a_number_finds_a_page_whatever_its_stem(tmp_path, rng, names, number, page):
    for name in names:
        write_image(tmp_path / name, drawing(rng, 30, 20))
    said = []
    assert [path.name for path in find_pages(tmp_path, chosen=[number], warn=said.append).paths] == [page]
    assert not said or page in said[0]
    with pytest.raises(InputError, match="--page 4711"):
        find_pages(tmp_path, chosen=["4711"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("adjustment.json", '[{"index": 0, "x": 0.25, "y": 0.5}, {"index": 2, "x": 1, "y": 0}]'),
        ("adj_xy.json", '{"01": {"adj_x": 0.25, "adj_y": 0.5}, "10": {"adj_x": 1, "adj_y": 0}}'),
    ],
)
def test_adjustments_of_older_tools_are_read(pages, name, text):
    (pages / name).write_text(text)
    said = []
    found = find_pages(pages, warn=said.append)
    assert [found.adjustments[page].offset_cell for page in ("1.png", "2.png", "10.png")] == [
        (0.25, 0.5),
        (0, 0),
        (1, 0),
    ]
    assert len(said) == 1
    assert name in said[0]
    assert found.adjustments_file == pages / "adjustments.json"
    assert find_pages(pages, adjustments=pages / name).adjustments == found.adjustments


@pytest.mark.parametrize(
    "text", ["[{}]", "{", "3", '{"01": {"adj_x": 1}}', '[{"index": 9, "x": 1, "y": 2}]', "[1]"]
)
def test_older_files_without_adjustments_are_named_and_ignored(pages, text):
    (pages / "adjustment.json").write_text(text)
    said = []
    assert find_pages(pages, warn=said.append).adjustments["1.png"].offset_cell == (0, 0)
    assert "ignored" in said[0]
    assert "adjustment.json" in said[0]
    assert "KeyError" not in said[0]
