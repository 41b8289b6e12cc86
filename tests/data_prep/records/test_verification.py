"""Verification: a summary of counts, a report, exclusions; damage changes nothing."""

import numpy as np
import pytest

from data_prep.errors import InputError
from data_prep.records.dataset import Dataset
from data_prep.records.quality import SurveyConfig
from data_prep.records.verification import Exclusions, verify_dataset
from data_prep.records.writer import Record, write_dataset
from tests.data_prep.conftest import bars


@pytest.fixture
def folder(tmp_path, rng):
    """Five tiles of noise; the last two equal the first."""
    tiles = rng.integers(0, 256, (3, 8, 8, 1), np.uint8)
    write_dataset([Record(tiles[i]) for i in (0, 1, 2, 0, 0)], tmp_path / "d")
    return tmp_path / "d"


def test_a_result_has_counts_and_files(folder, tmp_path, capsys):
    steps = []
    found = verify_dataset(folder, SurveyConfig(), progress=bars(steps))
    assert (found.damages, found.files) == ((), ())
    assert str(found) == f"{folder}  whole: 5 records of 8 x 8 x 1 in 1 shard, 2 duplicates"
    assert steps == [("verify", 5)]
    found = verify_dataset(folder, SurveyConfig(), report=tmp_path / "r")
    assert {path.name for path in found.files} >= {"report.json", "records.csv", "duplicates.png"}
    assert "blank" in found.summary
    with pytest.raises(InputError, match="--report"):
        verify_dataset(folder, SurveyConfig(), report=folder)
    assert capsys.readouterr() == ("", "")


def test_duplicates_are_excluded_unless_there_is_damage(folder):
    exclusions = Exclusions(exclude_duplicates=True)
    assert "2 excluded" in verify_dataset(folder, SurveyConfig(), exclusions=exclusions).summary
    assert len(Dataset(folder)) == 3
    (shard,) = folder.glob("shard-*")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 255
    shard.write_bytes(bytes(data))
    found = verify_dataset(folder, SurveyConfig(), exclusions=Exclusions(include_all=True))
    assert found.damages
    assert len(Dataset(folder, everything=True).excluded) == 2
