"""Photos: squares of three kinds, upright, of one size; the rule for small ones; bad files named."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.images import write_image
from data_prep.images.crops import energy_start, letterbox, square
from data_prep.images.resize import center_square, resize
from data_prep.records.tile_files import TileFiles
from data_prep.sources.photos import crop_photos, square_photo
from tests.data_prep.conftest import bars, drawing


@pytest.fixture
def photos(tmp_path, rng) -> Path:
    folder = tmp_path / "photos"
    for name, shape in {"1.png": (60, 90), "10.png": (70, 64), "sub/2.png": (64, 64)}.items():
        write_image(folder / name, drawing(rng, *shape, channels=3))
    return folder


def slow_energy_start(image: np.ndarray) -> int:
    """Every square tried, the energy summed anew."""
    gray = image[..., 0].astype(np.int64)
    side, tall = min(gray.shape), gray.shape[0] > gray.shape[1]
    energies = []
    for start in range(max(gray.shape) - side + 1):
        part = gray[start : start + side] if tall else gray[:, start : start + side]
        energies.append((np.diff(part, axis=0) ** 2).sum() + (np.diff(part, axis=1) ** 2).sum())
    best = [start for start, energy in enumerate(energies) if energy == max(energies)]
    return min(best, key=lambda start: abs(2 * start - (max(gray.shape) - side)))


@pytest.mark.parametrize("shape", [(40, 65, 1), (65, 40, 1), (30, 30, 1), (30, 31, 1)])
def test_energy_equals_the_slow_twin(rng, shape):
    for _ in range(5):
        image = rng.integers(0, 256, shape, np.uint8)
        assert energy_start(image) == slow_energy_start(image)
    assert energy_start(np.full(shape, 9, np.uint8)) == (max(shape[:2]) - min(shape[:2])) // 2


@pytest.mark.parametrize("turn", [0, 1])
def test_energy_finds_what_happens_on_a_large_picture(rng, turn):
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


def test_filters(rng):
    image = drawing(rng, 90, 120, channels=3)
    area = square_photo(image, TINY["photos"])
    np.testing.assert_array_equal(area, resize(center_square(image), 32, 32))
    lanczos = square_photo(image, dataclasses.replace(TINY["photos"], filter="lanczos"))
    assert lanczos.shape == (32, 32, 3)
    assert 0 < np.abs(area.astype(int) - lanczos).max() < 40


@pytest.mark.parametrize("format", ["records", "png"])
def test_a_result_counts_squares_and_keeps_failures(photos, tmp_path, capsys, format):
    (photos / "bad.png").write_text("no image")
    config = dataclasses.replace(TINY["photos"], min_px=64)
    steps, warnings = [], []
    made = crop_photos(
        photos,
        tmp_path / "out",
        config,
        files=TileFiles(format=format, workers=1),
        progress=bars(steps),
        warn=warnings.append,
    )
    assert (made.count, set(made.failures)) == (2, {"bad.png"})
    assert len(warnings) == 1
    assert "too small, left out: 1 image (1.png)" in warnings[0]
    assert {label for label, _ in steps} == {"inspect", "photos"}
    assert capsys.readouterr() == ("", "")
