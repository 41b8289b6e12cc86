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
