"""TFRecord shards become datasets: detected by content, with any layout of pixels; damage is reported."""

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.images.png import encode_png
from data_prep.records.dataset import Dataset
from data_prep.sources import pack as packing
from tests.data_prep.tfrecord_writer import example, image_example, write_tfrecord


def pack(source, out, *flags):
    return main(["pack", str(source), "--out", str(out), "--workers", "1", *flags])


@pytest.fixture
def drawn(rng):
    return [rng.integers(0, 256, (8, 6, 3), np.uint8) for _ in range(7)]


@pytest.fixture
def shards(tmp_path, drawn):
    """Two shards, named so that natural order counts, the second without a suffix."""
    folder = tmp_path / "shards"
    write_tfrecord(
        folder / "part-2.tfrecords", [image_example(image, i) for i, image in enumerate(drawn[:4])]
    )
    png = {"image_bytes": encode_png(drawn[6]), "image_shape": [8, 6, 3], "label": [6]}
    write_tfrecord(
        folder / "sub" / "part-10",
        [image_example(image.transpose(2, 0, 1).copy(), 4 + i) for i, image in enumerate(drawn[4:6])]
        + [example(png)],
    )
    return folder


def test_shards_are_packed_in_natural_order(shards, drawn, tmp_path):
    assert pack(shards, tmp_path / "d") == 0
    dataset = Dataset(tmp_path / "d")
    assert (len(dataset), dataset.image_shape) == (7, (8, 6, 3))
    assert dataset.label_names == tuple("0123456")
    for i, image in enumerate(drawn):
        np.testing.assert_array_equal(dataset[i].image, image)
        assert dataset[i].label == i
    assert dataset[5].source == {"page": "part-10", "index": 1}


def test_one_shard_and_no_labels(shards, drawn, tmp_path):
    assert pack(shards / "part-2.tfrecords", tmp_path / "d", "--labels", "none", "--mode", "gray") == 0
    dataset = Dataset(tmp_path / "d")
    assert (len(dataset), dataset.image_shape, dataset.label_names) == (4, (8, 6, 1), ())
    assert dataset[0].label is None


def test_damaged_examples_are_left_out(shards, drawn, tmp_path, capsys):
    path = shards / "part-2.tfrecords"
    data = bytearray(path.read_bytes())
    data[data.find(drawn[1].tobytes())] ^= 1
    path.write_bytes(data[:-30])
    assert pack(shards, tmp_path / "d") == 1
    error = capsys.readouterr().err
    assert "does not match its checksum" in error
    assert "part-2.tfrecords is cut short" in error
    assert "after 3 records" in error
    assert "2 images were left out: part-2.tfrecords/1, part-2.tfrecords" in error
    assert [Dataset(tmp_path / "d")[i].label for i in range(5)] == [0, 2, 4, 5, 6]


def test_an_edited_example_changes_the_fingerprint(shards, drawn, tmp_path, capsys):
    assert pack(shards, tmp_path / "d") == 0
    assert pack(shards, tmp_path / "d") == 0
    assert "already done: 7 records" in capsys.readouterr().out
    write_tfrecord(shards / "part-2.tfrecords", [image_example(image) for image in drawn[:4]])
    assert pack(shards, tmp_path / "d") == 2


def test_workers_do_not_change_a_byte(shards, tmp_path, monkeypatch):
    monkeypatch.setattr(packing, "CHUNK_IMAGES", 2)
    for workers in ("1", "2"):
        assert main(["pack", str(shards), "--out", str(tmp_path / workers), "--workers", workers]) == 0
    contents = [sorted(p.read_bytes() for p in (tmp_path / w).glob("shard*")) for w in ("1", "2")]
    assert contents[0] == contents[1]


@pytest.mark.parametrize(
    ("records", "flags", "reason"),
    [
        ([example({"label": [1]})], [], "no Example with image_bytes"),
        ([image_example(np.zeros((5, 5, 5), np.uint8))], [], "no 1, 3 or 4 channels"),
        ([b"\xff" * 9], [], "not an Example"),
        ([example({"image_bytes": b"no image"})], [], "is not an image"),
        ([image_example(np.zeros((5, 5, 1), np.uint8), 1 << 17)], [], "label 131072"),
        ([image_example(np.zeros((n, 5, 1), np.uint8)) for n in (5, 6)], [], r"1 of 5 x 6 px (one/1)"),
        ([image_example(np.zeros((5, 5, 1), np.uint8))], ["--labels", "subfolders"], "contain their own"),
    ],
)
def test_sources_that_cannot_be_packed_are_reported(tmp_path, capsys, records, flags, reason):
    write_tfrecord(tmp_path / "one", records)
    assert pack(tmp_path / "one", tmp_path / "d", *flags) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "d").exists()
