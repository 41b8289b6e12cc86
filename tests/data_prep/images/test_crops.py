"""Squares of images: of the largest energy, at the centre, between bars."""

import numpy as np
import pytest

from data_prep.images.crops import energy_start, letterbox, square
from tests.data_prep.conftest import drawing


def slow_energy_start(image: np.ndarray) -> int:
    """Energy of every square, summed separately."""
    gray = image[..., 0].astype(np.int64)
    side, tall = min(gray.shape), gray.shape[0] > gray.shape[1]
    energies = []
    for start in range(max(gray.shape) - side + 1):
        part = gray[start : start + side] if tall else gray[:, start : start + side]
        energies.append((np.diff(part, axis=0) ** 2).sum() + (np.diff(part, axis=1) ** 2).sum())
    best = [start for start, energy in enumerate(energies) if energy == max(energies)]
    return min(best, key=lambda start: abs(2 * start - (max(gray.shape) - side)))


@pytest.mark.parametrize("shape", [(40, 65, 1), (65, 40, 1), (30, 30, 1), (30, 31, 1)])
def test_energy_equals_the_plain_sum(rng, shape):
    for _ in range(5):
        image = rng.integers(0, 256, shape, np.uint8)
        assert energy_start(image) == slow_energy_start(image)
    assert energy_start(np.full(shape, 9, np.uint8)) == (max(shape[:2]) - min(shape[:2])) // 2


@pytest.mark.parametrize("turn", [0, 1])
def test_energy_finds_the_textured_part_of_a_large_image(rng, turn):
    image = np.full((600, 1500, 3), 128, np.uint8)
    image[100:500, 900:1300] = rng.integers(0, 256, (400, 400, 1), np.uint8)
    image = np.rot90(image, turn)
    crop = square(image, "energy")
    assert crop.shape == (600, 600, 3)
    assert (crop != 128).any(axis=2).sum() == (image != 128).any(axis=2).sum()


def test_center_and_letterbox(rng):
    image = drawing(rng, 40, 61, channels=3)
    np.testing.assert_array_equal(square(image, "center"), image[:, 10:50])
    boxed = letterbox(image, bars=7)
    assert boxed.shape == (61, 61, 3)
    np.testing.assert_array_equal(boxed[10:50], image)
    assert (boxed[:10] == 7).all()
    assert (boxed[50:] == 7).all()
