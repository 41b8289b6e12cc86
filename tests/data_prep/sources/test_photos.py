"""Photos: squares of three kinds, upright, of one size; the rule for small ones; bad files named."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from configs.data_prep import TINY
from data_prep.images import write_image
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
