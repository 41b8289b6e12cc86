"""`verify`: damage, duplicates, reports and exclusions."""

import csv
import json

import numpy as np
import pytest
from scipy import ndimage

from data_prep.__main__ import main
from data_prep.images import read_image
from data_prep.records.dataset import Dataset
from data_prep.records.writer import Record, write_dataset
from tests.data_prep.conftest import drawing

BLANK, BLURRED, REPEATS = [4, 9], [6], {7: 2, 11: 2, 9: 4}


@pytest.fixture
def folder(tmp_path, rng):
    """12 tiles of line drawings; two are blank, one is blurred, three repeat another."""
    tiles = [np.where(drawing(rng, 48, 48) > 127, 240, 20).astype(np.uint8) for _ in range(12)]
    for i in BLANK:
        tiles[i] = np.full((48, 48, 1), 240, np.uint8)
    for i in BLURRED:
        tiles[i] = np.rint(ndimage.gaussian_filter(tiles[i][..., 0].astype(float), 2)).astype(np.uint8)[
            ..., None
        ]
    for i, first in REPEATS.items():
        tiles[i] = tiles[first]
    write_dataset(
        [Record(tile, {"page": str(i)}) for i, tile in enumerate(tiles)], tmp_path / "d", shard_mb=0.01
    )
    return tmp_path / "d"


def verify(folder, *flags):
    return main(["verify", str(folder), "--workers", "1", *flags])


def test_the_report_lists_and_shows_records(folder, tmp_path, capsys):
    for _ in range(2):
        assert verify(folder, "--report", str(tmp_path / "r")) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == (
        f"{folder}  whole: 12 records of 48 x 48 x 1 in 3 shards, 3 duplicates, 2 blank, 1 blurred"
    )
    report = json.loads((tmp_path / "r" / "report.json").read_text())
    assert report["blank"]["ink_fraction"] == {"4": 0, "9": 0}
    assert list(report["blurred"]["sharpness"]) == ["6"]
    assert 0 < report["blurred"]["sharpness"]["6"] < report["blurred"]["sharpness_below"]
    assert report["duplicates"]["same_as"] == {"7": 2, "9": 4, "11": 2}
    with (tmp_path / "r" / "records.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["same_as"] for row in rows] == [str(REPEATS.get(i, "")) for i in range(12)]
    for name in ("sheet", "barest", "blurriest", "duplicates"):
        assert f"{tmp_path / 'r' / name}.png" in out
        assert read_image(tmp_path / "r" / f"{name}.png").shape[2] == 3


def test_exclusions_accumulate_by_reason_and_are_reverted(folder, capsys):
    whole = Dataset(folder).content_hash
    assert verify(folder, "--exclude-blank") == 0
    assert verify(folder, "--exclude-duplicates") == 0
    info = json.loads((folder / "dataset.json").read_text())
    assert info["excluded"] == [4, 7, 9, 11]
    assert info["reasons"] == {"blank": [4, 9], "duplicate": [7, 11]}  # 9 repeats 4, which is not shown
    assert len(Dataset(folder)) == 8
    assert verify(folder) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("3 duplicates, 4 excluded")
    assert verify(folder, "--include-all", "--exclude-blurred") == 0
    assert Dataset(folder).excluded.tolist() == BLURRED
    assert verify(folder, "--include-all") == 0
    assert Dataset(folder).content_hash == whole


def test_one_copy_of_each_duplicate_is_included(folder):
    path = folder / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"excluded": [2]}))
    for _ in range(2):
        assert verify(folder, "--exclude-duplicates") == 0
        info = json.loads(path.read_text())
        assert info["reasons"] == {"duplicate": [9, 11], "other": [2]}  # 7 stays for 2
    assert verify(folder, "--exclude-duplicates", "--include-all") == 0
    assert json.loads(path.read_text())["excluded"] == [7, 9, 11]


def test_a_report_of_other_thresholds_is_not_replaced(folder, tmp_path, capsys, monkeypatch):
    report = tmp_path / "r"
    assert verify(folder, "--report", str(report), "--blank-fraction", "2") == 2
    assert not report.exists()
    assert verify(folder, "--report", str(report)) == 0
    before = (report / "report.json").read_bytes()
    assert verify(folder, "--report", str(report), "--blank-fraction", "0.01") == 2
    assert "blank_fraction: 0.002 there, 0.01 requested" in capsys.readouterr().err
    assert (report / "report.json").read_bytes() == before
    monkeypatch.chdir(tmp_path)
    assert verify("d", "--report", "r") == 0  # the same dataset in other words
    assert verify(folder, "--report", str(report), "--blank-fraction", "0.01", "--overwrite") == 0


@pytest.mark.parametrize(
    "flags",
    [
        ["--ink-threshold", "256"],
        ["--blank-fraction", "1"],
        ["--blurred-fraction", "-0.1"],
        ["--workers", "0"],
    ],
)
def test_refused_settings_change_nothing(folder, capsys, flags):
    before = (folder / "dataset.json").read_text()
    assert verify(folder, "--exclude-blank", *flags) == 2
    assert flags[0] in capsys.readouterr().err
    assert (folder / "dataset.json").read_text() == before


def test_damage_is_reported_and_excludes_nothing(folder, tmp_path, capsys):
    path = folder / "shard-00001-of-00003.array_record"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8] = b"\xaa" * 8
    path.write_bytes(data)
    assert verify(folder, "--exclude-blank", "--report", str(tmp_path / "r")) == 1
    assert "shard-00001-of-00003.array_record" in capsys.readouterr().err
    assert json.loads((tmp_path / "r" / "report.json").read_text())["damages"]
    assert "excluded" not in json.loads((folder / "dataset.json").read_text())


def test_the_report_must_not_be_the_dataset(folder, tmp_path, capsys):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert verify(folder, "--report", str(folder), "--overwrite") == 2
    assert "--report" in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert verify(folder, "--report", str(tmp_path / "mine"), "--overwrite") == 2
    assert before == {path.name: path.read_bytes() for path in folder.iterdir()}
