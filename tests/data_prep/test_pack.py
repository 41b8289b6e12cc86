"""Folders, zips and datasets become datasets, and images again."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep import pack as packing
from data_prep.__main__ import main
from data_prep.dataset import Dataset
from data_prep.errors import InputError
from data_prep.images import read_image, write_image
from data_prep.pack import PackConfig, plan_pack
from data_prep.records import Record
from data_prep.resize import center_square, resize
from data_prep.unpack import record_name


@pytest.fixture
def source(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Images of 24 x 24 px in two sub-folders."""
    for name in ("b/1.png", "a/10.png", "a/2.png", "a/x.tif"):
        write_image(tmp_path / "source" / name, rng.integers(0, 256, (24, 24, 1), np.uint8))
    (tmp_path / "source" / "notes.txt").write_text("no image")
    return tmp_path / "source"


def zipped(source: Path, method: int = zipfile.ZIP_STORED) -> Path:
    target = source.with_suffix(".zip")
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.writestr("__MACOSX/a.png", b"no image")
        for path in sorted(source.rglob("*")):
            archive.write(path, path.relative_to(source).as_posix())
    return target


def pack(source, out, *flags):
    return main(["pack", str(source), "--out", str(out), "--workers", "1", *flags])


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_images_are_packed_in_natural_order(source, tmp_path, kind):
    assert pack(source if kind == "folder" else zipped(source), tmp_path / "d") == 0
    dataset = Dataset(tmp_path / "d")
    names = ["a/2.png", "a/10.png", "a/x.tif", "b/1.png"]
    assert [dataset[i].source["page"] for i in range(len(dataset))] == names
    for i, name in enumerate(names):
        np.testing.assert_array_equal(dataset[i].image, read_image(source / name))


def test_size_makes_centre_squares_by_area(source, tmp_path, rng):
    write_image(source / "wide.png", rng.integers(0, 256, (30, 50, 1), np.uint8))
    assert pack(source, tmp_path / "d", "--size", "7") == 0
    dataset = Dataset(tmp_path / "d")
    assert dataset.image_shape == (7, 7, 1)
    wide = read_image(source / "wide.png")
    np.testing.assert_array_equal(dataset[4].image, resize(center_square(wide), 7, 7))


def test_several_sizes_are_told(source, tmp_path, rng, capsys):
    write_image(source / "wide.png", rng.integers(0, 256, (30, 50, 1), np.uint8))
    assert pack(source, tmp_path / "d") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "4 of 24 x 24 px (as a/2.png), 1 of 50 x 30 px (wide.png): give --size" in error
    assert not (tmp_path / "d").exists()


def test_channels_default_to_gray_if_all_are(source, tmp_path, rng):
    assert pack(source, tmp_path / "gray") == 0
    assert pack(source, tmp_path / "rgba", "--mode", "rgba") == 0
    write_image(source / "red.png", np.full((24, 24, 3), (255, 0, 0), np.uint8))
    assert pack(source, tmp_path / "rgb") == 0
    assert pack(source, tmp_path / "luma", "--mode", "gray") == 0
    assert [Dataset(tmp_path / name).channels for name in ("gray", "rgba", "rgb", "luma")] == [1, 4, 3, 1]


@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_overwrite_spares_what_is_read(source, tmp_path, capsys, command):
    pack(source, tmp_path / "d")
    given = ["--size", "12", "--workers", "1"] if command == "pack" else []
    assert main([command, str(tmp_path / "d"), "--out", str(tmp_path / "d"), "--overwrite", *given]) == 2
    assert "--overwrite would delete" in capsys.readouterr().err
    Dataset(tmp_path / "d").verify()


def test_datasets_are_resized(source, tmp_path):
    pack(source, tmp_path / "d")
    assert pack(tmp_path / "d", tmp_path / "small", "--size", "12") == 0
    large, small = Dataset(tmp_path / "d"), Dataset(tmp_path / "small")
    for i in range(len(large)):
        np.testing.assert_array_equal(small[i].image, resize(large[i].image, 12, 12))
        assert small[i].source == large[i].source


def test_bad_images_are_named_and_the_rest_goes_on(source, tmp_path, capsys):
    data = (source / "a" / "10.png").read_bytes()
    (source / "a" / "10.png").write_bytes(data[: len(data) // 2])
    (source / "a" / "3.png").write_text("no image")
    for kind in ("folder", "zip"):
        assert pack(source if kind == "folder" else zipped(source), tmp_path / kind) == 1
        assert "2 images were left out: a/3.png, a/10.png" in capsys.readouterr().err
        assert len(Dataset(tmp_path / kind)) == 3


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_flipped_bytes_in_a_zip_leave_out_their_image(source, tmp_path, capsys, method):
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


@pytest.mark.parametrize("method", METHODS)
def test_no_flipped_byte_breaks_the_reader_of_zips(source, tmp_path, rng, method):
    whole = zipped(source, method).read_bytes()
    told = []
    for trial in range(400):
        data = bytearray(whole)
        low = 0 if trial % 2 else len(data) - 400  # every other one hits the directory at the end
        for place in rng.integers(low, len(data), 3).tolist():
            data[place] ^= 1 << int(rng.integers(8))
        path = tmp_path / "flipped.zip"
        path.write_bytes(data)
        try:
            plan = plan_pack(path, PackConfig(size=8), workers=1, report=lambda name, why: told.append(why))
            list(plan[0 : len(plan)])
        except InputError as error:
            told.append(str(error))
    assert len(told) > 100
    assert [line for line in told if "flipped.zip" not in line] == []


def test_a_zip_whose_directory_is_damaged_is_refused_in_a_line(source, tmp_path, capsys):
    path = zipped(source)
    data = bytearray(path.read_bytes())
    data[data.find(b"PK\x01\x02")] ^= 1
    path.write_bytes(data)
    assert zipfile.is_zipfile(path)
    assert pack(path, tmp_path / "d") == 2
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("inkloop")]
    assert len(lines) == 1
    assert "source.zip is a damaged .zip" in lines[0]


def test_a_zip_may_hold_its_own_folder(source, tmp_path):
    with zipfile.ZipFile(zipped(source), "a") as archive:
        archive.writestr("./", b"")
    assert pack(source.with_suffix(".zip"), tmp_path / "d") == 0
    assert len(Dataset(tmp_path / "d")) == 4


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_an_image_edited_to_the_same_size_is_noticed(source, tmp_path, rng, capsys, kind):
    for again in (False, True):
        write_image(source / "a" / "y.bmp", rng.integers(0, 256, (24, 24, 1), np.uint8))
        given = source if kind == "folder" else zipped(source)
        assert pack(given, tmp_path / "d") == (2 if again else 0)
        assert pack(given, tmp_path / "d") == (2 if again else 0)
    assert "inputs: 5 files, crc32" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags", [["--shard-mb", "0"], ["--shard-mb", "inf"], ["--workers", "0"], ["--size", "0"]]
)
def test_refused_settings_leave_no_folder(source, tmp_path, capsys, flags):
    command = ["pack", str(source), "--out", str(tmp_path / "d")]
    assert main([*command, *flags]) == 2
    assert f"{flags[0]} is {flags[1]}" in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
    assert pack(source, tmp_path / "d") == 0


def test_workers_do_not_change_a_byte(source, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "CHUNK_IMAGES", 2)
    monkeypatch.setattr(packing, "LOOKS_ALONE", 0)
    for workers in ("1", "2"):
        main(["pack", str(zipped(source)), "--out", str(tmp_path / workers), "--workers", workers])
    shards = [(tmp_path / w / "shard-00000-of-00001.array_record").read_bytes() for w in ("1", "2")]
    assert shards[0] == shards[1]
    assert len({(tmp_path / w / "dataset.json").read_text() for w in ("1", "2")}) == 1


@pytest.mark.parametrize("name", ["../a.png", "/a.png", "C:/a.png", "x\\..\\a.png"])
def test_zips_with_names_that_lead_out_are_refused(tmp_path, capsys, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"")
    assert pack(tmp_path / "a.zip", tmp_path / "d") == 2
    assert "leads out of it" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["missing", "text", "cut", "empty"])
def test_what_holds_no_images_is_refused(source, tmp_path, capsys, kind):
    path = tmp_path / "x.zip"
    if kind == "text":
        path.write_text("no zip")
    elif kind == "cut":
        path.write_bytes(zipped(source).read_bytes()[:-60])
    elif kind == "empty":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("notes.txt", "")
    assert pack(path, tmp_path / "d") == 2
    assert "x.zip" in capsys.readouterr().err


def test_unpacked_is_what_was_packed(source, tmp_path, capsys):
    pack(source, tmp_path / "d")
    for _ in range(2):
        assert main(["unpack", str(tmp_path / "d"), "--out", str(tmp_path / "u")]) == 0
    files = sorted((tmp_path / "u").glob("*.png"))
    assert [path.name for path in files] == ["0_a_2.png", "1_a_10.png", "2_a_x.png", "3_b_1.png"]
    dataset = Dataset(tmp_path / "d")
    for i, path in enumerate(files):
        np.testing.assert_array_equal(np.asarray(Image.open(path)), dataset[i].image[..., 0])


def test_names_tell_where_tiles_come_from():
    source = {"page": "x/01.png", "center_px": [309, 181], "angle_deg": 271.333, "mirrored": True}
    record = Record(np.zeros((1, 1, 1), np.uint8), source)
    assert record_name(42, record, count=1000) == "042_x_01_x309_y181_m_a271.33.png"
    assert record_name(42, Record(record.image), count=1000) == "042.png"
    assert "/" not in record_name(0, Record(record.image, {"page": "../../etc/a.png"}), count=1)


def test_verify_tells_whole_from_damaged(source, tmp_path, capsys):
    pack(source, tmp_path / "d")
    assert main(["verify", str(tmp_path / "d")]) == 0
    assert "whole: 4 records of 24 x 24 x 1 in 1 shard" in capsys.readouterr().out
    shard = tmp_path / "d" / "shard-00000-of-00001.array_record"
    data = bytearray(shard.read_bytes())
    data[data.find(Dataset(tmp_path / "d")[1].image.tobytes()[:16])] ^= 1
    shard.write_bytes(data)
    assert main(["verify", str(tmp_path / "d")]) == 1
    assert "record 1 of" in capsys.readouterr().err
    shard.write_bytes(data[:-9])
    assert main(["verify", str(tmp_path / "d")]) == 2
    assert "cut short" in capsys.readouterr().err


def test_real_letters_pack_to_32_px(real_data, tmp_path):
    letters = real_data / "omniglot" / "omniglot_images.zip"
    assert pack(letters, tmp_path / "d", "--size", "32") == 0
    dataset = Dataset(tmp_path / "d")
    assert (len(dataset), dataset.image_shape) == (3660, (32, 32, 1))
    image = dataset[100].image
    assert image.min() < 100
    assert image.max() == 255
    assert np.median(image) == 255
