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


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "c:/a.png", "a\\b.png"])
def test_names_outside_of_a_zip_are_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"")
    if name == "a\\b.png":
        return  # zipfile itself may convert the separator
    with pytest.raises(InputError, match="outside of it"):
        image_files.list_names(tmp_path / "a.zip")


def test_sizes_are_described_most_frequent_first():
    seen = [Inspection(f"{i}.png", 0, 4, 6 if i else 7, "gray") for i in range(3)]
    assert describe_sizes(seen) == "2 of 6 x 4 px (as 1.png), 1 of 7 x 4 px (0.png)"
