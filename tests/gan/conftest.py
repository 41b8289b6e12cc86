"""Small datasets and configs that train in seconds."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from configs.gan.tiny import CONFIG as TINY


def strokes(count: int, size: int, *, seed: int = 0) -> np.ndarray:
    """[N, size, size, 1] uint8: a dark diagonal stroke on white, at a random place."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size]
    offsets = rng.uniform(-size / 2, size / 2, size=(count, 1, 1))
    ink = np.abs(x - y - offsets) < size / 10
    return np.where(ink, rng.integers(0, 60, (count, 1, 1)), 250).astype(np.uint8)[..., None]


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 96 tiles of 16 x 16 px, one channel."""
    from PIL import Image

    from data_prep.__main__ import main

    folder = tmp_path_factory.mktemp("tiles")
    pictures = folder / "pictures"
    pictures.mkdir()
    for i, image in enumerate(strokes(96, 16)):
        Image.fromarray(image[..., 0]).save(pictures / f"{i:03d}.png")
    assert main(["pack", str(pictures), "--out", str(folder / "data")]) == 0
    return folder / "data"


@pytest.fixture(scope="session")
def tiny():
    """The tiny preset, at 16 px and without distances: a dispatch takes milliseconds."""
    return dataclasses.replace(TINY, metric_images=0, compute_dtype="float32")
