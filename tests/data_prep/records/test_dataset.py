"""Records that a dataset does not show: by a list, counted in its hash, taken back at will."""

import json
import pickle

import numpy as np
import pytest

from data_prep.__main__ import main
from data_prep.errors import InputError
from data_prep.records.dataset import Dataset, exclude, read_reasons
from data_prep.records.writer import Record, write_dataset


@pytest.fixture
def folder(tmp_path, rng):
    """12 records in three shards."""
    images = rng.integers(0, 256, (12, 10, 10, 1), np.uint8)
    records = [Record(image, {"page": str(i)}, i % 2) for i, image in enumerate(images)]
    write_dataset(records, tmp_path / "d", shard_mb=0.0004, label_names=("even", "odd"))
    return tmp_path / "d"


def pages(dataset):
    return [dataset[i].source["page"] for i in range(len(dataset))]


def test_excluded_records_are_not_shown(folder):
    shards = {path.name: path.read_bytes() for path in folder.glob("shard*")}
    assert len(shards) == 3
    assert exclude(folder, {"blank": [11, 0], "blurred": [0, 5]}) == 3
    dataset = Dataset(folder)
    assert pages(dataset) == [str(i) for i in range(12) if i not in (0, 5, 11)]
    assert pages(pickle.loads(pickle.dumps(dataset))) == pages(dataset)
    assert dataset[-1].source["page"] == "10"
    assert (len(dataset), dataset.stored, dataset.excluded.tolist()) == (9, 12, [0, 5, 11])
    for beyond in (9, -10):
        with pytest.raises(IndexError):
            dataset[beyond]
    everything = pickle.loads(pickle.dumps(Dataset(folder, everything=True)))
    assert pages(everything) == [str(i) for i in range(12)]
    assert shards == {path.name: path.read_bytes() for path in folder.glob("shard*")}
    dataset.verify()


def test_the_hash_covers_included_records(folder):
    before = Dataset(folder).content_hash
    hashes = {before}
    for positions in ([1], [2], [1, 2]):
        exclude(folder, {"blank": positions})
        hashes.add(Dataset(folder).content_hash)
        assert Dataset(folder, everything=True).content_hash == before
    assert len(hashes) == 4
    text = (folder / "dataset.json").read_text()
    assert exclude(folder, {}) == 0
    assert Dataset(folder).content_hash == before
    assert "excluded" not in (folder / "dataset.json").read_text() != text


def test_reasons_are_stored_separately(folder):
    exclude(folder, {"blank": [3, 1], "blurred": [1], "duplicate": []})
    assert read_reasons(folder) == {"blank": [1, 3], "blurred": [1]}
    info = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(info | {"excluded": [1, 7]}))  # 7 by hand, 3 taken back
    assert read_reasons(folder) == {"blank": [1], "blurred": [1], "other": [7]}
    assert Dataset(folder).excluded.tolist() == [1, 7]


def test_something_must_be_left(folder):
    before = (folder / "dataset.json").read_text()
    with pytest.raises(InputError, match="every record"):
        exclude(folder, {"blank": list(range(12))})
    assert (folder / "dataset.json").read_text() == before


@pytest.mark.parametrize(
    "change",
    [
        {"excluded": 3},
        {"excluded": ["1"]},
        {"excluded": [True]},
        {"excluded": [1.0]},
        {"excluded": [-1]},
        {"excluded": [12]},
        {"excluded": [10**30]},
        {"excluded": list(range(12))},
        {"excluded": [1], "reasons": []},
        {"excluded": [1], "reasons": {"blank": 1}},
    ],
)
def test_damaged_lists_are_reported(folder, change):
    info = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps(info | change))
    with pytest.raises(InputError, match=r"dataset\.json is damaged"):
        Dataset(folder)


@pytest.mark.parametrize("name", ["../shard", "/shard", "a/shard", "..", ""])
def test_shards_lie_in_the_folder(folder, name):
    info = json.loads((folder / "dataset.json").read_text())
    info["shards"][1]["name"] = name
    (folder / "dataset.json").write_text(json.dumps(info))
    with pytest.raises(InputError, match="shard 1 lies in another folder"):
        Dataset(folder)


def test_rewriting_preserves_exclusions_of_the_same_records(folder, rng):
    exclude(folder, {"blank": [2]})
    stored = Dataset(folder, everything=True)
    records = [stored[i] for i in range(12)]
    write_dataset(records, folder, shard_mb=0.0004)
    assert Dataset(folder).excluded.tolist() == [2]
    for path in folder.glob("shard*"):
        path.unlink()
    write_dataset(records[::-1], folder, shard_mb=0.0004)
    assert Dataset(folder).excluded.tolist() == []


def test_pack_and_unpack_omit_excluded_records(folder, tmp_path):
    exclude(folder, {"blank": [0, 4]})
    assert main(["pack", str(folder), "--out", str(tmp_path / "p"), "--workers", "1"]) == 0
    packed = Dataset(tmp_path / "p")
    assert pages(packed) == pages(Dataset(folder))
    assert (packed.stored, packed.label_names) == (10, ("even", "odd"))
    assert main(["unpack", str(folder), "--out", str(tmp_path / "u"), "--workers", "1"]) == 0
    assert len(list((tmp_path / "u").glob("*.png"))) == 10
    exclude(folder, {})
    assert main(["pack", str(folder), "--out", str(tmp_path / "p"), "--workers", "1"]) == 2
