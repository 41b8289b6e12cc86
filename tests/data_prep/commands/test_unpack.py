"""`unpack`: files with the pixels, classes and places of the records."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data_prep.__main__ import main
from data_prep.pages.adjustments import Adjustment, write_adjustments
from data_prep.records import unpack as unpacking
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset


def make(folder: Path, rng, *, channels=1, labels=(None,) * 7, names=()) -> Dataset:
    images = rng.integers(0, 256, (len(labels), 12, 10, channels), np.uint8)
    records = [
        Record(image, {"page": f"{i}.png"}, label)
        for i, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
    write_dataset(records, folder, label_names=names)
    return Dataset(folder)


def unpack(source, out, *flags):
    return main(["unpack", str(source), "--out", str(out), "--workers", "1", *flags])


def content(dataset):
    """Every record's pixels and the name of its class; their order means nothing."""
    records = [dataset[i] for i in range(len(dataset))]
    names = [None if r.label is None else dataset.label_names[r.label] for r in records]
    return sorted((r.image.tobytes(), str(name)) for r, name in zip(records, names, strict=True))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_files_hold_the_records(tmp_path, rng, channels):
    dataset = make(tmp_path / "d", rng, channels=channels)
    for _ in range(2):
        assert unpack(tmp_path / "d", tmp_path / "u") == 0
    files = sorted((tmp_path / "u").glob("*"))
    assert [path.name for path in files] == [".inkloop.json", *(f"{i}_{i}.png" for i in range(7))]
    for i, path in enumerate(files[1:]):
        np.testing.assert_array_equal(
            np.asarray(Image.open(path)), dataset[i].image.squeeze(2 if channels == 1 else ())
        )


@pytest.mark.parametrize(("form", "flags"), [("auto", []), ("subfolders", ["--labels", "subfolders"])])
@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ((None,) * 7, ()),
        ((0, 1, 1, None, 2, 0, 2), ("ant", "bee", "cat")),
        ((0, 1, 1, None, 2, 0, 2), ("x/10", "..", "x/9")),
    ],
)
def test_repacked_files_are_the_same_records(tmp_path, rng, form, flags, labels, names):
    dataset = make(tmp_path / "d", rng, labels=labels, names=names)
    assert unpack(tmp_path / "d", tmp_path / "u", *flags) == 0
    again = ["pack", str(tmp_path / "u"), "--out", str(tmp_path / "again"), "--workers", "1"]
    assert main(again + (flags if names else [])) == 0
    packed = Dataset(tmp_path / "again")
    if form == "auto":
        assert packed.label_names == dataset.label_names
        assert content(packed) == content(dataset)
    order = np.argsort([dataset[i].image.tobytes() for i in range(7)])
    back = np.argsort([packed[i].image.tobytes() for i in range(7)])
    assert [packed[int(i)].label for i in back] == [dataset[int(i)].label for i in order]


def test_pages_of_any_size_are_unpacked(tmp_path, rng):
    sizes = [(9, 5), (4, 11), (9, 11)]
    pages = [Record(rng.integers(0, 256, (*size, 1), np.uint8), {"page": "p/1.tif"}) for size in sizes]
    write_dataset(pages, tmp_path / "d", image_shape=(9, 11, 1), kind="pages")
    assert unpack(tmp_path / "d", tmp_path / "u") == 0
    files = sorted((tmp_path / "u").glob("*.png"))
    assert [path.name for path in files] == ["0_p_1.png", "1_p_1.png", "2_p_1.png"]
    for page, path in zip(pages, files, strict=True):
        np.testing.assert_array_equal(np.asarray(Image.open(path)), page.image[..., 0])
    again = ["pack", str(tmp_path / "d"), "--out", str(tmp_path / "again"), "--workers", "1"]
    assert main(again) == 0
    packed = Dataset(tmp_path / "again")
    assert (packed.kind, packed.image_shape) == ("pages", (9, 11, 1))
    for page, i in zip(pages, range(3), strict=True):
        np.testing.assert_array_equal(packed[i].image, page.image)
    assert main([*again, "--size", "4", "--overwrite"]) == 2


def test_unpacked_pages_are_packed_with_their_grids_and_centres(pages, tmp_path):
    for kind, centers in (("blob", None), ("spec", ((50.5, 60), (70, 80)))):
        noted = {name: Adjustment((0.25, 0.5), centers) for name in ("1.png", "2.png", "10.png")}
        write_adjustments(pages / "adjustments.json", noted | {"2.png": Adjustment((0, 0.1), centers)})
        folders = [str(tmp_path / f"{kind}-{step}") for step in ("dataset", "files", "again")]
        flags = ["--pages", "--dpi", "75", "--rows", "2", "--workers", "1"]
        assert main(["pack", str(pages), "--out", folders[0], *flags]) == 0
        assert unpack(folders[0], folders[1]) == 0
        assert main(["pack", folders[1], "--out", folders[2], *flags]) == 0
        before, after = Dataset(folders[0]), Dataset(folders[2])
        assert len(before) == len(after) == 3
        for i, name in enumerate(("0_1.png", "1_2.png", "2_10.png")):
            np.testing.assert_array_equal(after[i].image, before[i].image)
            assert after[i].source == before[i].source | {"page": name}


def test_corrections_of_unpacked_pages_are_preserved(pages, tmp_path):
    assert main(["pack", str(pages), "--out", str(tmp_path / "d"), "--pages", "--dpi", "75"]) == 0
    path = tmp_path / "u" / "adjustments.json"
    assert unpack(tmp_path / "d", tmp_path / "u") == 0
    assert '"2_10.png": {"offset_cell": [0.0, 0.0]}' in path.read_text()
    path.write_text(path.read_text().replace("[0.0, 0.0]", "[0.5, 0.0]"))
    edited = path.read_text()
    assert unpack(tmp_path / "d", tmp_path / "u") == 0
    assert path.read_text() == edited
    path.unlink()
    assert unpack(tmp_path / "d", tmp_path / "u") == 0
    assert path.read_text() != edited


def test_workers_write_the_same(tmp_path, rng, monkeypatch):
    monkeypatch.setattr(unpacking, "CHUNK_RECORDS", 2)
    make(tmp_path / "d", rng, labels=(0, 1, 1, None, 2, 0, 2), names=("ant", "bee", "cat"))
    for workers in ("1", "2"):
        assert (
            main(["unpack", str(tmp_path / "d"), "--out", str(tmp_path / workers), "--workers", workers]) == 0
        )
    trees = [{p.name: p.read_bytes() for p in (tmp_path / workers).iterdir()} for workers in ("1", "2")]
    assert trees[0] == trees[1]
    assert "dataset.json" in trees[0]


def test_labels_may_be_left_out(tmp_path, rng):
    make(tmp_path / "d", rng, labels=(0, 1), names=("ant", "bee"))
    assert unpack(tmp_path / "d", tmp_path / "u", "--labels", "none") == 0
    assert not (tmp_path / "u" / "dataset.json").exists()
    assert unpack(tmp_path / "d", tmp_path / "u", "--labels", "json") == 2


def test_unpacked_files_are_no_dataset(tmp_path, rng, capsys):
    make(tmp_path / "d", rng, labels=(0, 1), names=("ant", "bee"))
    assert unpack(tmp_path / "d", tmp_path / "u") == 0
    assert unpack(tmp_path / "u", tmp_path / "again") == 2
    printed = capsys.readouterr().err
    assert "dataset.json lists classes of images" in printed
    assert "damaged" not in printed
