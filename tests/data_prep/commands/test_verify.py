"""`verify`: damage, duplicates, reports and exclusions."""

import csv
import json

import pytest

from data_prep.__main__ import main
from data_prep.images import read_image
from data_prep.records.dataset import Dataset
from tests.data_prep.conftest import BLURRED, REPEATS


def verify(folder, *flags):
    return main(["verify", str(folder), "--workers", "1", *flags])


def test_the_report_lists_and_shows_records(defects, tmp_path, capsys):
    for _ in range(2):
        assert verify(defects, "--report", str(tmp_path / "r")) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[-1] == (
        f"{defects}  whole: 12 records of 48 x 48 x 1 in 3 shards, 3 duplicates, 2 blank, 1 blurred"
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


def test_exclusions_accumulate_by_reason_and_are_reverted(defects, capsys):
    whole = Dataset(defects).content_hash
    assert verify(defects, "--exclude-blank") == 0
    assert verify(defects, "--exclude-duplicates") == 0
    info = json.loads((defects / "dataset.json").read_text())
    assert info["excluded"] == [4, 7, 9, 11]
    assert info["reasons"] == {"blank": [4, 9], "duplicate": [7, 11]}  # 9 repeats 4, which is not shown
    assert len(Dataset(defects)) == 8
    assert verify(defects) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("3 duplicates, 4 excluded")
    assert verify(defects, "--include-all", "--exclude-blurred") == 0
    assert Dataset(defects).excluded.tolist() == BLURRED
    assert verify(defects, "--include-all") == 0
    assert Dataset(defects).content_hash == whole


def test_one_copy_of_each_duplicate_is_included(defects):
    path = defects / "dataset.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"excluded": [2]}))
    for _ in range(2):
        assert verify(defects, "--exclude-duplicates") == 0
        info = json.loads(path.read_text())
        assert info["reasons"] == {"duplicate": [9, 11], "other": [2]}  # 7 stays for 2
    assert verify(defects, "--exclude-duplicates", "--include-all") == 0
    assert json.loads(path.read_text())["excluded"] == [7, 9, 11]


def test_a_report_of_other_thresholds_is_not_replaced(defects, tmp_path, capsys, monkeypatch):
    report = tmp_path / "r"
    assert verify(defects, "--report", str(report), "--blank-fraction", "2") == 2
    assert not report.exists()
    assert verify(defects, "--report", str(report)) == 0
    before = (report / "report.json").read_bytes()
    assert verify(defects, "--report", str(report), "--blank-fraction", "0.01") == 2
    assert "blank_fraction: 0.002 there, 0.01 requested" in capsys.readouterr().err
    assert (report / "report.json").read_bytes() == before
    monkeypatch.chdir(tmp_path)
    assert verify("d", "--report", "r") == 0  # the same dataset in other words
    assert verify(defects, "--report", str(report), "--blank-fraction", "0.01", "--overwrite") == 0


@pytest.mark.parametrize(
    "flags",
    [
        ["--ink-threshold", "256"],
        ["--blank-fraction", "1"],
        ["--blurred-fraction", "-0.1"],
        ["--workers", "0"],
    ],
)
def test_refused_settings_change_nothing(defects, capsys, flags):
    before = (defects / "dataset.json").read_text()
    assert verify(defects, "--exclude-blank", *flags) == 2
    assert flags[0] in capsys.readouterr().err
    assert (defects / "dataset.json").read_text() == before


def test_damage_is_reported_and_excludes_nothing(defects, tmp_path, capsys):
    path = defects / "shard-00001-of-00003.array_record"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8] = b"\xaa" * 8
    path.write_bytes(data)
    assert verify(defects, "--exclude-blank", "--report", str(tmp_path / "r")) == 1
    assert "shard-00001-of-00003.array_record" in capsys.readouterr().err
    assert json.loads((tmp_path / "r" / "report.json").read_text())["damages"]
    assert "excluded" not in json.loads((defects / "dataset.json").read_text())


def test_the_report_must_not_be_the_dataset(defects, tmp_path, capsys):
    before = {path.name: path.read_bytes() for path in defects.iterdir()}
    assert verify(defects, "--report", str(defects), "--overwrite") == 2
    assert "--report" in capsys.readouterr().err
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert verify(defects, "--report", str(tmp_path / "mine"), "--overwrite") == 2
    assert before == {path.name: path.read_bytes() for path in defects.iterdir()}
