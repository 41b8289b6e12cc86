"""`photos`: squares of one size; small and unreadable images."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.data_prep import TINY
from data_prep.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.records.dataset import Dataset
from data_prep.sources.photos import square_photo
from tests.data_prep.conftest import drawing, tree


@pytest.fixture
def photos(tmp_path, rng) -> Path:
    folder = tmp_path / "photos"
    for name, shape in {"1.png": (60, 90), "10.png": (70, 64), "sub/2.png": (64, 64)}.items():
        write_image(folder / name, drawing(rng, *shape, channels=3))
    return folder


@pytest.mark.parametrize("format", ["records", "png"])
def test_workers_and_reruns_do_not_change_a_byte(photos, tmp_path, format):
    command = ["photos", str(photos), "--size", "32", "--format", format, "--crop", "energy"]
    for workers in ("1", "2"):
        assert main([*command, "--out", str(tmp_path / workers), "--workers", workers]) == 0
    before = tree(tmp_path / "1")
    assert before == tree(tmp_path / "2")
    if format == "png":
        assert set(before) == {"1.png", "10.png", "sub/2.png", ".inkloop.json"}
        (tmp_path / "1" / "sub" / "2.png").unlink()
        assert main([*command, "--out", str(tmp_path / "1"), "--workers", "1"]) == 0
        assert tree(tmp_path / "1") == before
    else:
        dataset = Dataset(tmp_path / "1")
        assert [dataset[i].source for i in range(3)] == [
            {"page": n} for n in ("1.png", "10.png", "sub/2.png")
        ]
        config = dataclasses.replace(TINY["photos"], crop="energy")
        expected = square_photo(read_image(photos / "10.png", mode="rgb"), config)
        np.testing.assert_array_equal(dataset[1].image, expected)


@pytest.mark.parametrize(
    ("flags", "stored"), [([], 1), (["--min-px", "60"], 3), (["--crop", "letterbox"], 3)]
)
def test_small_images_are_left_out(photos, tmp_path, capsys, flags, stored):
    write_image(photos / "10.png", read_image(photos / "10.png")[:, :63])
    write_image(photos / "tiny.png", np.zeros((9, 9, 3), np.uint8))
    out = tmp_path / "d"
    assert main(["photos", str(photos), "--out", str(out), "--size", "64", "--workers", "1", *flags]) == 0
    assert len(Dataset(out)) == stored
    error = capsys.readouterr().err
    assert f"too small, left out: {4 - stored} image{'s' * (stored < 3)} (" in error
    assert "tiny.png" in error


def test_exif_orientation_is_applied_before_the_crop(tmp_path, rng):
    upright = drawing(rng, 60, 40, channels=3)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise
    Image.fromarray(np.rot90(upright)).save(tmp_path / "a.png", exif=exif)
    command = [
        "photos",
        str(tmp_path / "a.png"),
        "--out",
        str(tmp_path / "d"),
        "--size",
        "40",
        "--workers",
        "1",
    ]
    assert main(command) == 0
    np.testing.assert_array_equal(Dataset(tmp_path / "d")[0].image, upright[10:50])


def test_bad_images_are_named_and_the_others_processed(photos, tmp_path, capsys):
    (photos / "2.jpg").write_text("not an image")
    data = (photos / "10.png").read_bytes()
    (photos / "10.png").write_bytes(data[: len(data) // 2])
    command = ["photos", str(photos), "--out", str(tmp_path / "d"), "--size", "32", "--workers", "1"]
    assert main(command) == 1
    assert "2 images were left out: 2.jpg, 10.png" in capsys.readouterr().err
    assert len(Dataset(tmp_path / "d")) == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--size", "0"], "--size"),
        (["--min-px", "0"], "--min-px"),
        (["--max-megapixels", "0"], "--max-megapixels"),
        (["--bars", "256"], "--bars"),
        (["--out", "{photos}/d"], "{photos}/d lies in {photos}; choose a folder outside of it"),
        (["--size", "91"], "--min-px"),
    ],
)
def test_wrong_settings_are_one_line(photos, tmp_path, capsys, flags, message):
    flags = [flag.format(photos=photos) for flag in flags]
    assert main(["photos", str(photos), "--out", str(tmp_path / "d"), *flags]) == 2
    assert message.format(photos=photos) in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_files_of_the_same_name_are_refused(photos, tmp_path, capsys):
    write_image(photos / "1.bmp", np.zeros((40, 40, 3), np.uint8))
    command = ["photos", str(photos), "--out", str(tmp_path / "d"), "--size", "32", "--workers", "1"]
    assert main([*command, "--format", "png"]) == 2
    assert "2 images are named 1; rename them, or use --format records" in capsys.readouterr().err
    assert main(command) == 0
