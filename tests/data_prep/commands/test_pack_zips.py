"""`pack` of zip files: damaged, locked and unsafe ones."""

import warnings
import zipfile

import numpy as np
import pytest

from data_prep.images import write_image
from data_prep.records.dataset import Dataset
from tests.data_prep.commands.test_pack import pack, zipped

METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_images_with_flipped_bytes_in_a_zip_are_left_out(source, tmp_path, capsys, method):
    path = zipped(source, method)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("a/2.png")
    start = entry.header_offset + 30 + len(entry.filename)
    data[start + 20 : start + entry.compress_size] = b"\xff" * (entry.compress_size - 20)
    path.write_bytes(data)
    assert pack(path, tmp_path / "d") == 1
    assert "1 image was left out: a/2.png" in capsys.readouterr().err
    assert len(Dataset(tmp_path / "d")) == 3


def test_a_zip_with_a_damaged_directory_is_refused(source, tmp_path, capsys):
    path = zipped(source)
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02")] ^= 1
    path.write_bytes(data)
    assert zipfile.is_zipfile(path)
    assert pack(path, tmp_path / "d") == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("inkloop")]
    assert len(lines) == 1
    assert "source.zip is a damaged .zip" in lines[0]


def test_a_truncated_zip_is_called_so(source, tmp_path, capsys):
    path = zipped(source)
    path.write_bytes(path.read_bytes()[:-30])
    assert pack(path, tmp_path / "d") == 2
    assert "source.zip is a truncated or damaged .zip" in capsys.readouterr().err


def test_locked_images_in_a_zip_are_left_out(source, tmp_path, capsys):
    path = zipped(source)
    data = bytearray(path.read_bytes())
    data[data.rindex(b"a/2.png") - 46 + 8] |= 1  # flags of its entry of the directory: encrypted
    path.write_bytes(data)
    assert pack(path, tmp_path / "d") == 1
    assert "a/2.png is locked with a password" in capsys.readouterr().err


def test_a_zip_may_hold_its_own_folder(source, tmp_path):
    with zipfile.ZipFile(zipped(source), "a") as archive:
        archive.writestr("./", b"")
    assert pack(source.with_suffix(".zip"), tmp_path / "d") == 0
    assert len(Dataset(tmp_path / "d")) == 4


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:/a.png", "x\\..\\a.png"])
def test_zips_with_names_outside_of_them_are_refused(tmp_path, capsys, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"")
    assert pack(tmp_path / "a.zip", tmp_path / "d") == 2
    assert "outside of it" in capsys.readouterr().err


def test_zips_with_repeated_names_or_too_much_data_are_refused(source, tmp_path, capsys):
    path = zipped(source)
    assert pack(path, tmp_path / "d", "--max-megapixels", "0.0001") == 2
    assert "megapixels" in capsys.readouterr().err
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("a/2.png", b"")
    assert pack(path, tmp_path / "d") == 2
    assert "a/2.png several times" in capsys.readouterr().err


def test_a_bomb_is_not_unpacked(tmp_path, capsys):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.bmp", bytes(20_000_000))
    assert pack(tmp_path / "bomb.zip", tmp_path / "d", "--max-megapixels", "1") == 2
    assert "a.bmp unpacks to 20000000 bytes" in capsys.readouterr().err


def test_headers_that_come_late_in_a_zip_are_read(tmp_path, rng):
    """A TIFF's directory may stand at its end, beyond what is read at first."""
    write_image(tmp_path / "s" / "a.tif", rng.integers(0, 256, (300, 300, 1), np.uint8))
    assert pack(zipped(tmp_path / "s", zipfile.ZIP_DEFLATED), tmp_path / "d") == 0
    assert Dataset(tmp_path / "d").image_shape == (300, 300, 1)
