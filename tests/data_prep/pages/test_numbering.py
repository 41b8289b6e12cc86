"""Page numbers: stable for scans that are renamed, replaced or added."""

import pytest

from data_prep.errors import InputError
from data_prep.pages.numbering import Scan, gone, number_scans, read_mapping, write_mapping


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "scans").mkdir()
    for name in "abc":
        (tmp_path / "scans" / f"{name}.jpg").write_text(f"scan {name}")
    return tmp_path / "scans"


def scans_of(folder):
    return [Scan(path) for path in sorted(folder.iterdir())]


def pages_of(folder, mapping):
    pages, of_pages = number_scans(scans_of(folder), mapping)
    return pages, {scan.path.name: page for page, scan in of_pages.items()}


def test_scans_are_numbered_in_order(folder):
    read = []
    pages, _ = number_scans(scans_of(folder), {}, on_file=read.append)
    assert list(pages) == ["01.png", "02.png", "03.png"]
    assert [page["scan"] for page in pages.values()] == ["a.jpg", "b.jpg", "c.jpg"]
    assert sum(read) == 3


def test_renamed_and_replaced_scans_have_stable_pages(folder):
    mapping, _ = pages_of(folder, {})
    mapping["02.png"]["size_px"] = [3, 4]
    mapping["03.png"]["size_px"] = [5, 6]
    (folder / "b.jpg").rename(folder / "z.jpg")
    (folder / "c.jpg").write_text("another scan")
    (folder / "a0.jpg").write_text("a new scan")
    pages, after = pages_of(folder, mapping)
    assert after == {"a.jpg": "01.png", "z.jpg": "02.png", "c.jpg": "03.png", "a0.jpg": "04.png"}
    assert pages["02.png"]["size_px"] == [3, 4]  # the same bytes
    assert "size_px" not in pages["03.png"]


def test_missing_scans_have_stable_numbers_and_are_listed(folder, tmp_path):
    mapping, _ = pages_of(folder, {})
    out = tmp_path / "pages"
    out.mkdir()
    (out / "02.png").touch()
    (folder / "b.jpg").unlink()
    pages, of_pages = number_scans(scans_of(folder), mapping)
    assert set(pages) == set(mapping)
    assert gone(out, pages, of_pages) == ["02.png (b.jpg)"]
    (folder / "d.jpg").write_text("scan d")
    assert pages_of(folder, pages)[1]["d.jpg"] == "04.png"


def test_frames_of_a_file_have_pages_of_their_own(folder):
    several = [Scan(folder / "a.jpg", frame) for frame in (1, 2)]
    pages, of_pages = number_scans(several, {})
    assert [page["frame"] for page in pages.values()] == [1, 2]
    assert [scan.name for scan in of_pages.values()] == ["a.jpg frame 1", "a.jpg frame 2"]


def test_the_mapping_is_read_back_and_damage_refused(folder, tmp_path):
    assert read_mapping(tmp_path) == {}
    mapping, _ = pages_of(folder, {})
    write_mapping(tmp_path, mapping)
    assert read_mapping(tmp_path) == mapping
    for text in ("[", "{}", '{"pages": {"x.png": {"scan": "a"}}}', '{"pages": {"01.png": {}}}'):
        (tmp_path / "scans.json").write_text(text)
        with pytest.raises(InputError, match=r"scans\.json is damaged"):
            read_mapping(tmp_path)
