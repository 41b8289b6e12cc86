"""Ink, bareness and sharpness: what they are of drawings made to have them."""

import numpy as np
import pytest
from scipy import ndimage

from data_prep.tile_measures import USUAL_THRESHOLD, bareness, ink_share, ink_threshold, sharpness
from tests.data_prep.conftest import drawing


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
    assert ink_threshold(histogram(np.array(values, np.uint8))) == USUAL_THRESHOLD


def test_ink_is_what_is_not_paper():
    gray = np.array([[0, 100], [101, 255]], np.uint8)
    assert ink_share(gray, 100) == 0.5
    assert bareness(np.array([0, 0.25, 0.75, 1])).tolist() == [0, 0.25, 0.25, 0]


def test_sharpness_is_that_of_the_formula(rng):
    gray = rng.integers(0, 256, (7, 9), np.uint8)
    padded = np.pad(gray.astype(int), 1, mode="edge")
    laplacian = sum(np.roll(padded, step, axis) for step in (1, -1) for axis in (0, 1)) - 4 * padded
    gradient = (np.diff(gray.astype(int), axis=0) ** 2).sum() + (np.diff(gray.astype(int), axis=1) ** 2).sum()
    assert sharpness(gray) == pytest.approx((laplacian[1:-1, 1:-1] ** 2).sum() / gradient)


def test_sharpness_knows_neither_contrast_nor_amount_but_blur():
    step = np.repeat(np.array([[40] * 20 + [240] * 20], np.uint8), 30, axis=0)
    faint = np.where(step == 40, 200, 240).astype(np.uint8)
    twice = np.concatenate([step, step[:, ::-1]], axis=1)
    assert sharpness(step) == sharpness(faint) == sharpness(twice) == 2
    assert sharpness(np.full((5, 5), 7, np.uint8)) == sharpness(np.zeros((1, 1), np.uint8)) == 0
    blurred = [
        sharpness(np.rint(ndimage.gaussian_filter(step.astype(float), sigma)).astype(np.uint8))
        for sigma in (0.7, 1, 2, 4)
    ]
    assert blurred == sorted(blurred, reverse=True)
    assert blurred[2] < 0.4


def test_drawings_lie_apart_from_their_blurred_copies(rng):
    pages = [np.where(drawing(rng, 80, 80)[..., 0] > 127, 240, 20).astype(np.uint8) for _ in range(10)]
    sharp = [sharpness(page) for page in pages]
    blurred = [
        sharpness(np.rint(ndimage.gaussian_filter(p.astype(float), 1.5)).astype(np.uint8)) for p in pages
    ]
    assert max(blurred) < 0.4 * np.median(sharp) < min(sharp)
