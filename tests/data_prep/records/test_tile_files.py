"""Options of written tiles, summaries of datasets, and existing datasets."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.records.tile_files import RecordFiles, TileFiles, describe, write_records
from data_prep.records.writer import Record


def test_summaries_count_records_and_shards():
    assert describe(748, (256, 256, 1), 1) == "748 records of 256 x 256 x 1 in 1 shard"
    assert describe(1, (8, 9, 3), 2, kind="pages") == "1 page of up to 8 x 9 x 3 in 2 shards"


def test_options_are_checked_by_flag():
    TileFiles(workers=2, shard_mb=0.5).check()
    assert RecordFiles(workers=3).worker_count == 3
    assert RecordFiles().worker_count >= 1
    with pytest.raises(InputError, match="--workers 0"):
        RecordFiles(workers=0).check()
    with pytest.raises(InputError, match="--shard-mb 0"):
        TileFiles(shard_mb=0).check()


def test_an_existing_dataset_is_the_result(tmp_path):
    records = [Record(np.full((4, 4, 1), i, np.uint8)) for i in range(3)]
    arguments = {"command": "x", "image_shape": (4, 4, 1), "files": RecordFiles(), "settings": {}}
    made = write_records(records, tmp_path / "d", state="new", failures={"a": "damaged"}, **arguments)
    assert (made.folder, made.count, made.failures) == (tmp_path / "d", 3, {"a": "damaged"})
    again = write_records([], tmp_path / "d", state="done", failures={}, **arguments)
    assert again.count == 3
    assert str(again) == f"{tmp_path / 'd'}  already done: {made.summary}"
