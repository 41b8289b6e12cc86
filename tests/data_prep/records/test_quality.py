"""Quality of records: damage, duplicates, blank and blurred tiles, found and excluded; the measures alone."""

import numpy as np
import pytest
from scipy import ndimage

from data_prep.errors import InputError
from data_prep.records import quality as surveying
from data_prep.records.dataset import Dataset
from data_prep.records.quality import (
    DEFAULT_THRESHOLD,
    SurveyConfig,
    bareness,
    ink_fraction,
    ink_threshold,
    laplacian_sharpness,
    survey,
)
from data_prep.records.writer import Record, write_dataset
from tests.data_prep.conftest import BLANK, BLURRED, REPEATS, drawing


def test_planted_defects_are_found(defects):
    found = survey(defects, SurveyConfig(), measure=True, workers=1)
    assert found.damages == []
    assert found.blank.tolist() == BLANK
    assert found.blurred.tolist() == BLURRED
    assert {i: int(found.first[i]) for i in found.duplicates} == REPEATS
    dataset = Dataset(defects)
    fractions = [np.mean(dataset[i].image <= found.ink_threshold) for i in range(12)]
    np.testing.assert_allclose(found.ink_fraction, fractions, rtol=1e-6)


def test_workers_find_the_same(defects, monkeypatch):
    monkeypatch.setattr(surveying, "CHUNK_RECORDS", 5)
    one, two = (survey(defects, SurveyConfig(), measure=True, workers=workers) for workers in (1, 2))
    for name in ("sound", "first", "ink_fraction", "sharpness", "blank", "blurred"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


def test_thresholds_decide(defects):
    strict = survey(defects, SurveyConfig(blank_fraction=0, blurred_fraction=0), measure=True, workers=1)
    assert strict.blank.size == strict.blurred.size == 0
    dark = survey(defects, SurveyConfig(ink_threshold=255), measure=True, workers=1)
    assert dark.blank.tolist() == list(range(12))


def test_color_and_transparency_are_measured_over_white(tmp_path):
    clear = np.zeros((16, 16, 4), np.uint8)  # black, but nothing of it to be seen
    drawn = clear.copy()
    drawn[4:12, 4:12] = (0, 0, 255, 255)
    write_dataset([Record(clear), Record(drawn)], tmp_path / "d")
    found = survey(tmp_path / "d", SurveyConfig(), measure=True, workers=1)
    assert found.blank.tolist() == [0]
    assert found.ink_fraction[1] == 0.25


def test_no_dataset_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a dataset"):
        survey(tmp_path, SurveyConfig(), measure=False, workers=1)


def histogram(*images):
    return np.bincount(np.concatenate([image.ravel() for image in images]), minlength=256)


def plain_otsu(values):
    """The split with the largest variance between its classes, tried one after the other."""

    def between(threshold):
        ink, paper = values[values <= threshold], values[values > threshold]
        if not (ink.size and paper.size):
            return 0.0
        return ink.size * paper.size * (ink.mean() - paper.mean()) ** 2

    return max(between(threshold) for threshold in range(256)), between


def test_threshold_is_the_best_of_all_splits(rng):
    for _ in range(20):
        ink = rng.normal(rng.uniform(0, 90), 20, rng.integers(50, 500))
        paper = rng.normal(rng.uniform(150, 255), 15, 1000)
        values = np.clip(np.concatenate([ink, paper]), 0, 255).astype(np.uint8)
        best, between = plain_otsu(values.astype(np.float64))
        assert between(ink_threshold(histogram(values))) == pytest.approx(best, rel=1e-9)


def test_threshold_lies_midway_between_clean_ink_and_paper():
    assert ink_threshold(histogram(np.repeat(np.array([20, 220], np.uint8), [3, 500]))) == (20 + 219) // 2


@pytest.mark.parametrize("values", [[], [255], [0], [240, 250], [100, 120]])
def test_without_contrast_the_usual_threshold_holds(values):
    assert ink_threshold(histogram(np.array(values, np.uint8))) == DEFAULT_THRESHOLD


def test_ink_fraction_counts_pixels_up_to_the_threshold():
    gray = np.array([[0, 100], [101, 255]], np.uint8)
    assert ink_fraction(gray, 100) == 0.5
    assert bareness(np.array([0, 0.25, 0.75, 1])).tolist() == [0, 0.25, 0.25, 0]


def test_sharpness_is_that_of_the_formula(rng):
    gray = rng.integers(0, 256, (7, 9), np.uint8)
    padded = np.pad(gray.astype(int), 1, mode="edge")
    laplacian = sum(np.roll(padded, step, axis) for step in (1, -1) for axis in (0, 1)) - 4 * padded
    gradient = (np.diff(gray.astype(int), axis=0) ** 2).sum() + (np.diff(gray.astype(int), axis=1) ** 2).sum()
    assert laplacian_sharpness(gray) == pytest.approx((laplacian[1:-1, 1:-1] ** 2).sum() / gradient)


def test_sharpness_depends_on_blur_not_on_contrast_or_amount():
    step = np.repeat(np.array([[40] * 20 + [240] * 20], np.uint8), 30, axis=0)
    faint = np.where(step == 40, 200, 240).astype(np.uint8)
    twice = np.concatenate([step, step[:, ::-1]], axis=1)
    assert laplacian_sharpness(step) == laplacian_sharpness(faint) == laplacian_sharpness(twice) == 2
    assert (
        laplacian_sharpness(np.full((5, 5), 7, np.uint8))
        == laplacian_sharpness(np.zeros((1, 1), np.uint8))
        == 0
    )
    blurred = [
        laplacian_sharpness(np.rint(ndimage.gaussian_filter(step.astype(float), sigma)).astype(np.uint8))
        for sigma in (0.7, 1, 2, 4)
    ]
    assert blurred == sorted(blurred, reverse=True)
    assert blurred[2] < 0.4


def test_blurred_copies_are_below_the_default_threshold(rng):
    pages = [np.where(drawing(rng, 80, 80)[..., 0] > 127, 240, 20).astype(np.uint8) for _ in range(10)]
    sharp = [laplacian_sharpness(page) for page in pages]
    blurred = [
        laplacian_sharpness(np.rint(ndimage.gaussian_filter(p.astype(float), 1.5)).astype(np.uint8))
        for p in pages
    ]
    assert max(blurred) < 0.4 * np.median(sharp) < min(sharp)
