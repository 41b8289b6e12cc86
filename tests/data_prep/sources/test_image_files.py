"""Image files in folders and zips: the same names, headers, checksums and pixels."""

import zipfile
import zlib

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.sources import image_files
from data_prep.sources.image_files import Inspection, describe_sizes


@pytest.fixture
def folder(tmp_path, rng):
    for name, shape in (("a/10.png", (4, 6, 1)), ("a/9.png", (5, 5, 3)), ("b.bmp", (3, 3, 1))):
        write_image(tmp_path / "images" / name, rng.integers(0, 256, shape, np.uint8))
    with zipfile.ZipFile(tmp_path / "images.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((tmp_path / "images").rglob("*.*")):
            archive.write(path, path.relative_to(tmp_path / "images").as_posix())
    return tmp_path / "images"


def test_folder_and_zip_agree(folder):
    archive = folder.with_suffix(".zip")
    names = image_files.list_names(folder)
    assert names == image_files.list_names(archive) == ["a/9.png", "a/10.png", "b.bmp"]
    for name in names:
        seen = image_files.inspect(folder, name, max_megapixels=1)
        assert seen == image_files.inspect(archive, name, max_megapixels=1)
        assert seen.crc == zlib.crc32((folder / name).read_bytes())
        pixels = [image_files.read(s, name, mode=None, max_megapixels=1) for s in (folder, archive)]
        np.testing.assert_array_equal(*pixels)
        assert pixels[0].shape[:2] == (seen.height_px, seen.width_px)


def test_members_are_read_up_to_a_size(folder):
    for source in (folder, folder.with_suffix(".zip")):
        assert image_files.read_member(source, "none.json", max_bytes=1) is None
        assert image_files.read_member(source, "b.bmp", max_bytes=1e6) == (folder / "b.bmp").read_bytes()
    with pytest.raises(InputError, match="max-megapixels"):
        image_files.read_member(folder.with_suffix(".zip"), "b.bmp", max_bytes=1)


@pytest.mark.parametrize(
    "name", ["../a.png", "/a.png", "c:/a.png", "c:\\a.png", "..\\a.png", "a\\..\\..\\b.png"]
)
def test_names_outside_of_a_zip_are_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"")
    with pytest.raises(InputError, match="outside of it"):
        image_files.list_names(tmp_path / "a.zip")


def test_sizes_are_described_most_frequent_first():
    seen = [Inspection(f"{i}.png", 0, 4, 6 if i else 7, "gray") for i in range(3)]
    assert describe_sizes(seen) == "2 of 6 x 4 px (as 1.png), 1 of 7 x 4 px (0.png)"


def test_names_of_other_systems_are_read(tmp_path, rng):
    """Backslashes, colons, UTF-8 without its flag."""
    write_image(tmp_path / "a.png", rng.integers(0, 256, (4, 4, 1), np.uint8))
    data = (tmp_path / "a.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("top\\b\\1.PNG", "12:30:00.png", "d/12:30.png", "./e.png"):
            info = zipfile.ZipInfo("x")
            info.filename = name  # the constructor may convert it
            archive.writestr(info, data)
        archive.writestr("top\\", b"")
    names = ["12:30:00.png", "d/12:30.png", "e.png", "top/b/1.PNG"]
    assert image_files.list_names(tmp_path / "a.zip") == names
    assert image_files.list_folders(tmp_path / "a.zip") == ["d", "top", "top/b"]
    for name in names:
        pixels = image_files.read(tmp_path / "a.zip", name, mode=None, max_megapixels=1)
        assert pixels.shape == (4, 4, 1)
        assert image_files.inspect(tmp_path / "a.zip", name, max_megapixels=1).name == name


def test_utf8_names_without_the_flag_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("\u00e4\u00df.png", b"x")
    data = (tmp_path / "a.zip").read_bytes()
    for header, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.index(header) + place
        data = data[:at] + b"\0\0" + data[at + 2 :]
    (tmp_path / "a.zip").write_bytes(data)
    assert image_files.list_names(tmp_path / "a.zip") == ["\u00e4\u00df.png"]


def test_files_with_other_suffixes_are_counted(folder):
    messages = []
    (folder / "notes.txt").touch()
    (folder / "a" / "scan.HEIC").touch()
    (folder / "dataset.json").touch()
    with zipfile.ZipFile(folder.with_suffix(".zip"), "a") as archive:
        archive.writestr("notes.txt", b"")
        archive.writestr("a/scan.HEIC", b"")
    for source in (folder, folder.with_suffix(".zip")):
        assert len(image_files.list_names(source, warn=messages.append)) == 3
    assert len(messages) == 2
    for message in messages:
        assert "2 files left out for their suffix" in message
        assert "notes.txt" in message
        assert "a/scan.HEIC" in message
