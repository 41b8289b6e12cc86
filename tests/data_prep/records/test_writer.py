"""Datasets: written records are read back; shards are checked, reused, and complete or missing."""

import contextlib
import json
import pickle
import threading
import zlib
from pathlib import Path

import msgpack
import numpy as np
import pytest
from array_record.python.array_record_module import ArrayRecordWriter
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.errors import InputError, WorkError
from data_prep.images.png import encode_png
from data_prep.records import writer as records
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, count_records, decode_record, encode_record, write_dataset

SHAPE = (16, 16, 3)
SHARD_MB = 10 * 16 * 16 * 3 / 1e6  # ten records


def make_records(count: int, seed: int = 0) -> list[Record]:
    rng = np.random.default_rng(seed)
    return [
        Record(rng.integers(0, 256, SHAPE, np.uint8), {"page": f"{i}.png"}, label=i % 3 if i % 2 else None)
        for i in range(count)
    ]


def assert_equal(read: Record, written: Record) -> None:
    np.testing.assert_array_equal(read.image, written.image)
    assert (read.source, read.label) == (written.source, written.label)


def flip(path: Path, record: Record) -> None:
    """Change one bit of a record's image in a shard; noise does not compress, so it stands in the file."""
    data = bytearray(path.read_bytes())
    place = data.find(record.image.tobytes()[:32])
    assert place > 0
    data[place + 5] ^= 0x10
    path.write_bytes(data)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("encoding", ["raw", "png"])
def test_record_bytes_invert(encoding):
    for record in make_records(4):
        assert_equal(decode_record(encode_record(record, encoding=encoding)), record)


@pytest.mark.parametrize("data", [b"", b"\xc1", b"hello", b"\x80", b"\x93\x01\x02\x03"])
def test_bytes_of_no_record_are_refused(data):
    with pytest.raises(ValueError, match="not a record"):
        decode_record(data)


@pytest.mark.parametrize("encoding", ["raw", "png"])
@pytest.mark.parametrize(("count", "shards"), [(1, 1), (10, 1), (11, 2), (35, 4)])
def test_written_is_read(tmp_path, encoding, count, shards):
    written = make_records(count)
    options = {"encoding": encoding, "label_names": ("a", "b", "c"), "settings": {"seed": 3}}
    info = write_dataset(written, tmp_path / "d", shard_mb=SHARD_MB, **options)
    dataset = Dataset(tmp_path / "d")
    assert len(dataset) == dataset.count == info["count"] == count
    assert len(dataset.shards) == shards
    assert (dataset.image_shape, dataset.channels, dataset.kind) == (SHAPE, 3, "tiles")
    assert (dataset.label_names, dataset.settings) == (("a", "b", "c"), {"seed": 3})
    for i, record in enumerate(written):
        assert_equal(dataset[i], record)
    assert_equal(dataset[-1], written[-1])
    for beyond in (count, -count - 1):
        with pytest.raises(IndexError):
            dataset[beyond]
    dataset.verify()


def test_same_records_same_bytes_and_hash(tmp_path):
    for name in ("a", "b"):
        write_dataset(make_records(25), tmp_path / name, shard_mb=SHARD_MB)
    write_dataset(make_records(25, seed=1), tmp_path / "c", shard_mb=SHARD_MB)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    hashes = [Dataset(tmp_path / name).content_hash for name in "abc"]
    assert hashes[0] == hashes[1] != hashes[2]


def test_threads_and_pickled_copies_read_the_same_records(tmp_path):
    written = make_records(30)
    write_dataset(written, tmp_path / "d", shard_mb=SHARD_MB)
    dataset = pickle.loads(pickle.dumps(Dataset(tmp_path / "d")))
    wrong = []

    def read(seed):
        for i in np.random.default_rng(seed).integers(0, 30, 300).tolist():
            if not np.array_equal(dataset[i].image, written[i].image):
                wrong.append(i)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


class Counted(list):
    """A plan that records the requested spans and may fail at a position."""

    def __init__(self, records, fail_at=None):
        super().__init__(records)
        self.spans, self.fail_at = [], fail_at

    def __getitem__(self, span):
        self.spans.append((span.start, span.stop))

        def stream():
            for i in range(span.start, span.stop):
                if i == self.fail_at:
                    raise KeyboardInterrupt
                yield list.__getitem__(self, i)

        return stream()


def test_a_rerun_does_not_rewrite_complete_shards(tmp_path):
    whole = make_records(35)
    write_dataset(whole, tmp_path / "whole", shard_mb=SHARD_MB)
    folder = tmp_path / "d"
    with pytest.raises(KeyboardInterrupt):
        write_dataset(Counted(whole, fail_at=23), folder, image_shape=SHAPE, shard_mb=SHARD_MB)
    assert [path.name for path in sorted(folder.iterdir())] == [
        "shard-00000-of-00004.array_record",
        "shard-00001-of-00004.array_record",
    ]
    with pytest.raises(InputError, match=r"not a dataset .*dataset\.json"):
        Dataset(folder)
    again = Counted(whole)
    write_dataset(again, folder, image_shape=SHAPE, shard_mb=SHARD_MB)
    assert again.spans == [(20, 35)]
    assert files(folder) == files(tmp_path / "whole")


def test_rerun_makes_missing_and_damaged_shards(tmp_path):
    whole, folder = make_records(45), tmp_path / "d"
    write_dataset(whole, folder, shard_mb=SHARD_MB)
    before = files(folder)
    (folder / "shard-00001-of-00005.array_record").unlink()
    (folder / "shard-00002-of-00005.array_record").write_bytes(b"cut")
    (folder / "shard-00004-of-00005.array_record").write_bytes(b"")
    again = Counted(whole)
    write_dataset(again, folder, image_shape=SHAPE, shard_mb=SHARD_MB)
    assert again.spans == [(10, 30), (40, 45)]
    assert files(folder) == before


def test_a_rerun_rewrites_shards_with_flipped_bytes(tmp_path):
    whole, folder = make_records(35), tmp_path / "d"
    write_dataset(whole, folder, shard_mb=SHARD_MB)
    before = files(folder)
    path = folder / "shard-00001-of-00004.array_record"
    flip(path, whole[14])
    (folder / "dataset.json").unlink()  # as a kill leaves it
    again = Counted(whole)
    write_dataset(again, folder, image_shape=SHAPE, shard_mb=SHARD_MB)
    assert again.spans == [(10, 20)]
    assert files(folder) == before


def test_a_rerun_rewrites_shards_of_other_content(tmp_path):
    whole, folder = make_records(20), tmp_path / "d"
    write_dataset(whole, folder, shard_mb=SHARD_MB)
    before = files(folder)
    path = folder / "shard-00000-of-00002.array_record"
    writer = ArrayRecordWriter(str(path), "group_size:1,zstd:3")
    for _ in range(10):
        writer.write(b"no record")
    writer.close()
    write_dataset(whole, folder, shard_mb=SHARD_MB)
    assert files(folder) == before


@pytest.mark.parametrize(("found", "error"), [(None, "reads back as no shard"), (9, "reads back with 9")])
def test_a_shard_that_does_not_read_back_is_reported_and_removed(tmp_path, monkeypatch, found, error):
    def count(path):
        return found if path.name.startswith(".partial-shard-00001") else count_records(path)

    monkeypatch.setattr(records, "count_records", count)
    with pytest.raises(WorkError, match=rf"shard-00001-of-00003.* with 10 records and {error}"):
        write_dataset(make_records(25), tmp_path / "d", shard_mb=SHARD_MB)
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["shard-00000-of-00003.array_record"]


def test_records_that_could_not_be_made_are_left_out_and_made_by_a_rerun(tmp_path):
    whole = make_records(25)
    missing = [None if 5 <= i < 8 or i >= 20 else record for i, record in enumerate(whole)]
    info = write_dataset(missing, tmp_path / "d", image_shape=SHAPE, shard_mb=SHARD_MB)
    dataset = Dataset(tmp_path / "d")
    assert info["count"] == len(dataset) == 17
    assert [shard["count"] for shard in dataset.shards] == [7, 10]
    dataset.verify()
    write_dataset(whole, tmp_path / "d", shard_mb=SHARD_MB)
    assert len(Dataset(tmp_path / "d")) == 25
    with pytest.raises(WorkError, match="none of the 3 records"):
        write_dataset([None] * 3, tmp_path / "e", image_shape=SHAPE)


def test_progress_counts_every_position(tmp_path):
    for _ in range(2):  # the second time, shards are stored
        passed = []
        write_dataset(make_records(25), tmp_path / "d", shard_mb=SHARD_MB, on_record=passed.append)
        assert sum(passed) == 25


def test_invalid_datasets_are_refused(tmp_path):
    with pytest.raises(InputError, match="no records"):
        write_dataset([], tmp_path / "d")
    with pytest.raises(InputError, match="--shard-mb"):
        write_dataset(make_records(1), tmp_path / "d", shard_mb=0)
    odd = [*make_records(2), Record(np.zeros((16, 15, 3), np.uint8), {"page": "odd.png"})]
    with pytest.raises(WorkError, match=r"odd\.png.*\(16, 15, 3\), not \(16, 16, 3\)"):
        write_dataset(odd, tmp_path / "d")
    assert list((tmp_path / "d").iterdir()) == []


@pytest.fixture
def dataset_folder(tmp_path: Path) -> Path:
    write_dataset(make_records(25), tmp_path / "d", shard_mb=SHARD_MB)
    return tmp_path / "d"


def damage_info(folder: Path, **changes) -> None:
    path = folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda d: (d / "dataset.json").unlink(), r"not a dataset .*pack"),
        (lambda d: (d / "dataset.json").write_text("{"), r"dataset\.json is damaged"),
        (lambda d: damage_info(d, schema=9), r"dataset\.json is damaged \(schema 9\)"),
        (lambda d: damage_info(d, count=24), r"24 records, .*25"),
        (lambda d: damage_info(d, shards=[{}]), r"dataset\.json is damaged \(shard 0 without name\)"),
        (lambda d: damage_info(d, shards=["x"]), r"dataset\.json is damaged"),
        (lambda d: damage_info(d, shards=5), r"dataset\.json is damaged"),
        (
            lambda d: damage_info(d, shards=[{"name": "x", "count": "9", "bytes": 1, "crc32": 1}]),
            r"dataset\.json is damaged \(shard 0 without count\)",
        ),
        (lambda d: (d / "shard-00001-of-00003.array_record").unlink(), r"shard-00001.* is missing"),
        (
            lambda d: (d / "shard-00001-of-00003.array_record").write_bytes(
                (d / "shard-00001-of-00003.array_record").read_bytes()[:-100]
            ),
            r"shard-00001.* is cut short",
        ),
    ],
)
def test_opening_a_damaged_dataset_names_the_damage(dataset_folder, damage, error):
    damage(dataset_folder)
    with pytest.raises(InputError, match=error) as caught:
        Dataset(dataset_folder)
    assert "\n" not in str(caught.value)


def test_flipped_bytes_name_shard_and_record(dataset_folder):
    flip(dataset_folder / "shard-00001-of-00003.array_record", make_records(25)[14])
    dataset = Dataset(dataset_folder)
    assert_equal(dataset[13], make_records(25)[13])
    with pytest.raises(WorkError, match=r"record 4 of .*shard-00001.* is damaged"):
        dataset[14]
    with pytest.raises(WorkError, match=r"record 4 of .*shard-00001.* is damaged.*again$"):
        dataset.verify()


def test_verify_names_the_first_damage_and_counts_the_others(dataset_folder):
    for shard, index in [(1, 16), (1, 14), (0, 7)]:
        flip(dataset_folder / f"shard-{shard:05d}-of-00003.array_record", make_records(25)[index])
    with pytest.raises(WorkError, match=r"^record 7 of .*shard-00000.* is damaged.*; 2 more$"):
        Dataset(dataset_folder).verify()


def test_verify_finds_any_flipped_byte(dataset_folder):
    path = dataset_folder / "shard-00002-of-00003.array_record"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(WorkError, match="shard-00002"):
        Dataset(dataset_folder).verify()


def test_a_full_disk_leaves_no_partial_shard(tmp_path):
    import multiprocessing

    process = multiprocessing.get_context("spawn").Process(target=write_within_limit, args=(tmp_path / "d",))
    process.start()
    process.join()
    assert process.exitcode == 42
    assert list((tmp_path / "d").iterdir()) == []


def write_within_limit(folder: Path) -> None:
    """A file-size limit stands in for a full disk."""
    import resource
    import signal
    import sys

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        write_dataset(make_records(2000), folder)
    except WorkError as error:
        sys.exit(42 if "shard-00000" in str(error) else 1)


@given(
    st.binary(max_size=60)
    | st.fixed_dictionaries(
        {},
        optional={
            "image": st.binary(max_size=12) | st.text() | st.just(encode_png(np.ones((2, 2, 3), np.uint8))),
            "encoding": st.sampled_from(["raw", "png", "gif", 3, b"raw"]),
            "shape": st.lists(st.integers(-2, 4) | st.none(), max_size=4) | st.integers(0, 9),
            "label": st.integers(-3, 3) | st.text() | st.floats() | st.booleans(),
            "source": st.dictionaries(st.text(), st.integers(0, 3)) | st.integers(0, 9),
        },
    ).map(msgpack.packb)
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_record_or_one_error(data):
    try:
        record = decode_record(data)
    except ValueError:
        return
    assert record.image.dtype == np.uint8
    assert record.image.ndim == 3
    assert isinstance(record.source, dict)
    assert record.label is None or type(record.label) is int


@pytest.mark.parametrize("encoding", ["raw", "png"])
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_flipped_bytes_are_a_record_or_one_error(encoding, data):
    image = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    whole = bytearray(encode_record(Record(image, {"page": "1"}, 2), encoding=encoding))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ValueError):
        assert decode_record(bytes(whole)).image.dtype == np.uint8


def test_a_png_of_another_size_is_refused_undecoded():
    huge = bytearray(encode_png(np.zeros((1, 1, 1), np.uint8)))
    header = b"IHDR" + (1 << 30).to_bytes(4, "big") * 2 + huge[24:29]
    huge[12:33] = header + zlib.crc32(header).to_bytes(4, "big")
    value = {"image": bytes(huge), "encoding": "png", "shape": [1, 1, 1], "source": {}}
    with pytest.raises(ValueError, match="not 1 x 1"):
        decode_record(msgpack.packb(value))
