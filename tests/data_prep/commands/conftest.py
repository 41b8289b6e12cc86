"""Shared by the tests of commands: a folder of images."""

from pathlib import Path

import numpy as np
import pytest

from data_prep.images import write_image


@pytest.fixture
def source(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Images of 24 x 24 px in two sub-folders."""
    for name in ("b/1.png", "a/10.png", "a/2.png", "a/x.tif"):
        write_image(tmp_path / "source" / name, rng.integers(0, 256, (24, 24, 1), np.uint8))
    (tmp_path / "source" / "notes.txt").write_text("no image")
    return tmp_path / "source"
