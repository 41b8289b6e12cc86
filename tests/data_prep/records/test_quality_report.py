"""Reports of a survey: numbers and sheets that agree with the survey."""

import csv
import json

import numpy as np

from data_prep.images import read_image
from data_prep.records.dataset import Dataset
from data_prep.records.quality import SurveyConfig, survey
from data_prep.records.quality_report import summary, write_report, write_sheet
from data_prep.records.writer import Record, write_dataset


def make(folder, rng):
    images = [np.where(rng.random((16, 16, 1)) < 0.3, 20, 240).astype(np.uint8) for _ in range(5)]
    images += [images[1], np.full((16, 16, 1), 240, np.uint8)]
    write_dataset([Record(image) for image in images], folder)
    config = SurveyConfig(ink_threshold=128)
    return Dataset(folder, everything=True), survey(folder, config, measure=True, workers=1)


def test_a_report_lists_the_numbers_of_the_survey(tmp_path, rng):
    dataset, found = make(tmp_path / "d", rng)
    written = write_report(tmp_path, dataset, found)
    assert all(path.is_file() for path in written)
    assert {path.name for path in written} >= {"report.json", "records.csv", "sheet.png", "duplicates.png"}
    value = json.loads((tmp_path / "report.json").read_text())
    assert value == json.loads(json.dumps(summary(dataset, found)))
    assert value["records"] == 7
    assert value["duplicates"]["same_as"] == {"5": 1}
    assert list(value["blank"]["ink_fraction"]) == ["6"]
    rows = list(csv.DictReader((tmp_path / "records.csv").open()))
    assert [row["same_as"] for row in rows] == ["", "", "", "", "", "1", ""]
    np.testing.assert_allclose([float(row["ink_fraction"]) for row in rows], found.ink_fraction, atol=1e-5)


def test_a_sheet_without_records_is_removed(tmp_path, rng):
    dataset, found = make(tmp_path / "d", rng)
    write_report(tmp_path, dataset, found)
    images = [np.where(rng.random((16, 16, 1)) < 0.3, 20, 240).astype(np.uint8) for _ in range(3)]
    write_dataset([Record(image) for image in images], tmp_path / "other")
    other = Dataset(tmp_path / "other", everything=True)
    written = write_report(
        tmp_path, other, survey(tmp_path / "other", SurveyConfig(), measure=True, workers=1)
    )
    assert not (tmp_path / "duplicates.png").exists()
    assert tmp_path / "duplicates.png" not in written


def test_a_sheet_shows_the_requested_records(tmp_path, rng):
    dataset, found = make(tmp_path / "d", rng)
    write_sheet(tmp_path / "one.png", dataset, found, [0])
    write_sheet(tmp_path / "two.png", dataset, found, [0, 6])
    assert read_image(tmp_path / "two.png").shape[1] > read_image(tmp_path / "one.png").shape[1]
