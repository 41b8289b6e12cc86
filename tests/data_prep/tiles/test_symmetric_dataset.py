"""Symmetric copies of datasets and folders: any span, existing files skipped."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.images import read_image, write_image
from data_prep.records.dataset import Dataset
from data_prep.records.tile_files import RecordFiles
from data_prep.records.writer import Record, write_dataset
from data_prep.tiles.symmetric_dataset import (
    copy_paths,
    copy_symmetries,
    plan_files,
    plan_records,
    write_files,
)
from data_prep.tiles.symmetries import NAMES, inverse
from tests.data_prep.conftest import bars


@pytest.fixture
def tiles(tmp_path, rng) -> Path:
    """A dataset of 21 labelled tiles."""
    records = [
        Record(rng.integers(0, 256, (8, 8, 3), np.uint8), {"page": "a.png", "index": i}, i % 2)
        for i in range(21)
    ]
    write_dataset(records, tmp_path / "tiles", label_names=["x", "y"])
    return tmp_path / "tiles"


def test_any_span_is_the_same_records(tiles):
    records = plan_records(Dataset(tiles), workers=2, report=lambda name, reason: None)
    whole = list(records[0 : len(records)])
    for start, stop in [(0, 1), (3, 5), (7, 9), (40, 168), (167, 168)]:
        part = list(records[start:stop])
        assert [r.source for r in part] == [r.source for r in whole[start:stop]]
        assert all((a.image == b.image).all() for a, b in zip(part, whole[start:stop], strict=True))


def test_copies_of_files_are_written_once(tmp_path, rng):
    for name in ("a.png", "sub/b.png"):
        write_image(tmp_path / "t" / name, rng.integers(0, 256, (6, 6, 1), np.uint8))
    names = [name for name, _ in plan_files(tmp_path / "t", report=lambda *_: None)]
    assert names == ["a.png", "sub/b.png"]
    for _ in range(2):
        done: list[int] = []
        count = write_files(
            tmp_path / "t", names, tmp_path / "s", workers=1, report=lambda *_: None, on_tile=done.append
        )
        assert (count, sum(done)) == (16, 2)
    for name, path in zip(NAMES, copy_paths(tmp_path / "s", "sub/b.png"), strict=True):
        copy = read_image(path)
        np.testing.assert_array_equal(inverse(copy, name), read_image(tmp_path / "t" / "sub" / "b.png"))


def test_a_result_counts_copies_and_keeps_failures(tiles, tmp_path, rng, capsys):
    files, steps = RecordFiles(workers=1), []
    made = copy_symmetries(tiles, tmp_path / "s", files=files, progress=bars(steps))
    assert (made.count, dict(made.failures)) == (8 * 21, {})
    write_image(tmp_path / "t" / "a.png", rng.integers(0, 256, (6, 6, 1), np.uint8))
    write_image(tmp_path / "t" / "wide.png", rng.integers(0, 256, (6, 9, 1), np.uint8))
    made = copy_symmetries(tmp_path / "t", tmp_path / "f", files=files, progress=bars(steps))
    assert (made.count, set(made.failures)) == (8, {"wide.png"})
    assert {label for label, _ in steps} == {"inspect", "symmetries"}
    assert capsys.readouterr() == ("", "")
