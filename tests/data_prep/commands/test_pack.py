"""`pack`: folders, zips and datasets to records; classes; damaged sources."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.images import read_image, write_image
from data_prep.images.resize import center_square, resize
from data_prep.records.dataset import Dataset
from data_prep.sources import pack as packing


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


def test_several_sizes_are_reported(source, tmp_path, rng, capsys):
    write_image(source / "wide.png", rng.integers(0, 256, (30, 50, 1), np.uint8))
    assert pack(source, tmp_path / "d") == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert "4 of 24 x 24 px (as a/2.png), 1 of 50 x 30 px (wide.png): pass --size" in error
    assert not (tmp_path / "d").exists()


def test_channels_default_to_gray_if_all_are(source, tmp_path, rng):
    assert pack(source, tmp_path / "gray") == 0
    assert pack(source, tmp_path / "rgba", "--mode", "rgba") == 0
    write_image(source / "red.png", np.full((24, 24, 3), (255, 0, 0), np.uint8))
    assert pack(source, tmp_path / "rgb") == 0
    assert pack(source, tmp_path / "luma", "--mode", "gray") == 0
    assert [Dataset(tmp_path / name).channels for name in ("gray", "rgba", "rgb", "luma")] == [1, 4, 3, 1]


@pytest.mark.parametrize(
    ("command", "printed"), [("pack", "choose a folder outside"), ("unpack", "--overwrite would delete")]
)
def test_overwrite_does_not_delete_the_source(source, tmp_path, capsys, command, printed):
    pack(source, tmp_path / "d")
    assert main([command, str(tmp_path / "d"), "--out", str(tmp_path / "d"), "--overwrite"]) == 2
    assert printed in capsys.readouterr().err
    Dataset(tmp_path / "d").verify()


def test_the_output_must_be_outside_of_the_source(source, tmp_path, capsys):
    for out in (source / "d", source / "a" / ".." / "a"):
        assert pack(source, out) == 2
        assert f"--out {out} lies in {source}" in capsys.readouterr().err
    assert not (source / "d").exists()
    assert pack(source, tmp_path / "d") == 0
    assert pack(tmp_path / "d", tmp_path / "d" / "again") == 2


def test_datasets_are_resized(source, tmp_path):
    pack(source, tmp_path / "d")
    assert pack(tmp_path / "d", tmp_path / "small", "--size", "12") == 0
    large, small = Dataset(tmp_path / "d"), Dataset(tmp_path / "small")
    for i in range(len(large)):
        np.testing.assert_array_equal(small[i].image, resize(large[i].image, 12, 12))
        assert small[i].source == large[i].source


def test_bad_images_are_named_and_the_others_packed(source, tmp_path, capsys):
    data = (source / "a" / "10.png").read_bytes()
    (source / "a" / "10.png").write_bytes(data[: len(data) // 2])
    (source / "a" / "3.png").write_text("no image")
    for kind in ("folder", "zip"):
        assert pack(source if kind == "folder" else zipped(source), tmp_path / kind) == 1
        assert "2 images were left out: a/3.png, a/10.png" in capsys.readouterr().err
        assert len(Dataset(tmp_path / kind)) == 3


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_an_image_edited_to_the_same_size_requires_overwrite(source, tmp_path, rng, capsys, kind):
    for again in (False, True):
        write_image(source / "a" / "y.bmp", rng.integers(0, 256, (24, 24, 1), np.uint8))
        given = source if kind == "folder" else zipped(source)
        assert pack(given, tmp_path / "d") == (2 if again else 0)
        assert pack(given, tmp_path / "d") == (2 if again else 0)
    assert "inputs: 5 files, crc32" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags",
    [
        ["--shard-mb", "0"],
        ["--shard-mb", "inf"],
        ["--workers", "0"],
        ["--size", "0"],
        ["--max-megapixels", "nan"],
        ["--max-megapixels", "-1"],
        ["--max-megapixels", "0"],
    ],
)
def test_refused_settings_leave_no_folder(source, tmp_path, capsys, flags):
    command = ["pack", str(source), "--out", str(tmp_path / "d")]
    assert main([*command, *flags]) == 2
    error = capsys.readouterr().err
    assert flags[0] in error
    assert "left out" not in error
    assert not (tmp_path / "d").exists()
    assert pack(source, tmp_path / "d") == 0


def test_workers_do_not_change_a_byte(source, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "CHUNK_IMAGES", 2)
    monkeypatch.setattr(packing, "SERIAL_FILES", 0)
    for workers in ("1", "2"):
        main(["pack", str(zipped(source)), "--out", str(tmp_path / workers), "--workers", workers])
    shards = [(tmp_path / w / "shard-00000-of-00001.array_record").read_bytes() for w in ("1", "2")]
    assert shards[0] == shards[1]
    assert len({(tmp_path / w / "dataset.json").read_text() for w in ("1", "2")}) == 1


@pytest.mark.parametrize("kind", ["missing", "text", "cut", "empty"])
def test_sources_without_images_are_refused(source, tmp_path, capsys, kind):
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


def test_verify_reports_damage(source, tmp_path, capsys):
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


@pytest.mark.slow
def test_real_letters_pack_to_32_px(real_data, tmp_path):
    letters = real_data / "omniglot" / "omniglot_images.zip"
    assert pack(letters, tmp_path / "d", "--size", "32") == 0
    dataset = Dataset(tmp_path / "d")
    assert (len(dataset), dataset.image_shape) == (3660, (32, 32, 1))
    image = dataset[100].image
    assert image.min() < 100
    assert image.max() == 255
    assert np.median(image) == 255


@pytest.mark.parametrize("kind", ["folder", "zip", "zip without a suffix"])
@pytest.mark.parametrize("labels", ["auto", "file", "subfolders", "none"])
def test_labels(source, tmp_path, kind, labels):
    listed = {"labels": [["a/2.png", 1], ["a/10.png", 0], ["a/x.tif", 1], ["b/1.png", 2]]}
    where = tmp_path / "mine.json" if labels == "file" else source / "dataset.json"
    where.write_text(json.dumps(listed))
    given = source if kind == "folder" else zipped(source)
    if "without" in kind:
        given = given.rename(tmp_path / "no suffix")
    assert pack(given, tmp_path / "d", "--labels", str(where) if labels == "file" else labels) == 0
    dataset = Dataset(tmp_path / "d")
    expected = {"subfolders": [0, 0, 0, 1], "none": [None] * 4}.get(labels, [1, 0, 1, 2])
    assert [dataset[i].label for i in range(4)] == expected
    assert dataset.label_names == {"subfolders": ("a", "b"), "none": ()}.get(labels, ("0", "1", "2"))


def test_changed_labels_require_overwrite(source, tmp_path, capsys):
    for label, code in ((0, 0), (1, 2)):
        (source / "dataset.json").write_text(json.dumps({"labels": {"a/2.png": label, "b/1.png": 0, "c": 0}}))
        assert pack(source, tmp_path / "d") == code
    error = capsys.readouterr().err
    assert "has no class for 2 of 4 images, e.g. a/10.png" in error
    assert "lists 1 image that does not exist" in error
    assert "classes: 1 classes, crc32" in error


@pytest.mark.parametrize(
    ("text", "flags", "printed"),
    [
        ("{", [], "damaged"),  # neither labels nor the description of a dataset
        ('{"labels": [["a/2.png", -1]]}', [], "class -1"),
        ('{"labels": [["2.png", 1]]}', [], "lists none of the images"),
        ('{"labels": [["a/2.png", 1]]}', ["--labels", "x.json"], "--labels x.json"),
    ],
)
def test_unusable_labels_are_reported(source, tmp_path, capsys, text, flags, printed):
    (source / "dataset.json").write_text(text)
    assert pack(source, tmp_path / "d", *flags) == 2
    assert printed in capsys.readouterr().err
    assert not (tmp_path / "d").exists()


def test_labels_of_a_dataset_are_copied_or_dropped(source, tmp_path, capsys):
    assert pack(source, tmp_path / "d", "--labels", "subfolders") == 0
    for labels, expected, names in (("auto", [0, 0, 0, 1], ("a", "b")), ("none", [None] * 4, ())):
        assert pack(tmp_path / "d", tmp_path / labels, "--labels", labels, "--mode", "rgb") == 0
        dataset = Dataset(tmp_path / labels)
        assert [dataset[i].label for i in range(4)] == expected
        assert (dataset.label_names, dataset.channels) == (names, 3)
    assert pack(tmp_path / "d", tmp_path / "x", "--labels", "subfolders") == 2
    assert "a dataset contains its own" in capsys.readouterr().err


def test_the_path_of_the_labels_file_does_not_matter(source, tmp_path, capsys, monkeypatch):
    (tmp_path / "mine.json").write_text(json.dumps({"labels": {"a/2.png": 0}}))
    monkeypatch.chdir(tmp_path)
    for where in ("mine.json", str(tmp_path / "mine.json")):
        assert pack(source, tmp_path / "d", "--labels", where) == 0
    assert "already done" in capsys.readouterr().out
    assert pack(source, tmp_path / "d", "--labels", "none") == 2


def damage(folder, *positions):
    """Change a byte of the pixels of some records of a dataset of one shard."""
    dataset = Dataset(folder)
    shard = folder / "shard-00000-of-00001.array_record"
    data = bytearray(shard.read_bytes())
    for position in positions:
        data[data.find(dataset[position].image.tobytes()[:16])] ^= 1
    shard.write_bytes(data)


@pytest.mark.parametrize("command", ["pack", "unpack"])
def test_sound_records_are_rescued_from_a_damaged_dataset(source, tmp_path, capsys, command):
    pack(source, tmp_path / "d", "--labels", "subfolders")
    whole = Dataset(tmp_path / "d")
    expected = [(whole[i].image.tobytes(), whole[i].label) for i in (0, 2)]
    damage(tmp_path / "d", 1, 3)
    capsys.readouterr()
    for _ in range(2):
        assert main([command, str(tmp_path / "d"), "--out", str(tmp_path / "o"), "--workers", "1"]) == 1
        printed = capsys.readouterr().err
        assert "2 images were left out: record 1, record 3" in printed.replace("records", "images")
        assert "record 1 of" in printed
        assert "is damaged" in printed
    if command == "unpack":
        assert len(list((tmp_path / "o").glob("*.png"))) == 2
        assert pack(tmp_path / "o", tmp_path / "again") == 0
    rescued = Dataset(tmp_path / ("o" if command == "pack" else "again"))
    assert [(rescued[i].image.tobytes(), rescued[i].label) for i in range(len(rescued))] == expected


def test_real_zips_and_labels(cases, tmp_path, capsys):
    def packed(name, *flags):
        out = tmp_path / Path(name).stem
        assert pack(cases / name, out, "--size", "16", *flags) == 0
        dataset = Dataset(out)
        return dataset, [dataset[i].label for i in range(len(dataset))]

    dataset, labels = packed("zip-windows/windows.zip", "--labels", "subfolders")
    assert (dataset.label_names, len(labels)) == (("a", "b"), 6)
    dataset, labels = packed("zip-colon/colon.zip")
    assert len(labels) == 6
    dataset, labels = packed("zip-labels-in-folder/inzipfolder_labels.zip")
    assert set(labels) == {0, 1}
    assert "warning" not in capsys.readouterr().err
    dataset, labels = packed("strays-beside-classes/classes.zip", "--labels", "subfolders")
    assert (labels.count(None), dataset.settings["unlabelled"]) == (3, 3)
    assert "3 of 25 images lie in no sub-folder" in capsys.readouterr().err


def test_the_count_of_images_without_a_class_is_passed_on(source, tmp_path, rng):
    write_image(source / "stray.png", rng.integers(0, 256, (24, 24, 1), np.uint8))
    assert pack(source, tmp_path / "d", "--labels", "subfolders") == 0
    assert pack(tmp_path / "d", tmp_path / "e") == 0
    assert pack(tmp_path / "d", tmp_path / "f", "--labels", "none") == 0
    counts = [Dataset(tmp_path / name).settings["unlabelled"] for name in "def"]
    assert counts == [1, 1, 0]
    info = tmp_path / "d" / "dataset.json"  # as written before records without a class were counted
    info.write_text(info.read_text().replace('"unlabelled"', '"other"'))
    assert pack(tmp_path / "d", tmp_path / "g") == 0
    assert Dataset(tmp_path / "g").settings["unlabelled"] == 1
    assert main(["symmetries", str(tmp_path / "e"), "--out", str(tmp_path / "s"), "--workers", "1"]) == 0
    assert Dataset(tmp_path / "s").settings["unlabelled"] == 8
