"""Small pages, and the files of a folder."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from data_prep.images import write_image
from data_prep.records.writer import Record, write_dataset

BLANK, BLURRED, REPEATS = [4, 9], [6], {7: 2, 11: 2, 9: 4}  # of `defects`


def drawing(rng: np.random.Generator, height_px: int, width_px: int, channels: int = 1) -> np.ndarray:
    """Soft random blobs, uint8 [H, W, C]: smooth enough to compare resampled copies."""
    y, x = np.mgrid[:height_px, :width_px]
    waves = [
        np.sin(x * fx + y * fy + phase)
        for fx, fy, phase in zip(*rng.normal(0, 0.15, (2, 6)), rng.uniform(0, 6, 6), strict=True)
    ]
    gray = 127.5 + 20 * np.sum(waves, axis=0)
    return np.stack([np.clip(gray + 5 * c, 0, 255).astype(np.uint8) for c in range(channels)], axis=-1)


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder: relative path -> bytes."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def bars(steps: list[tuple[str, int]]) -> Callable[..., Any]:
    """A `progress` callback that appends (label, count) of every update to `steps`."""

    class Bar:
        def __init__(self, label: str) -> None:
            self.label = label

        def update(self, count: int = 1) -> None:
            steps.append((self.label, count))

        def set_postfix_str(self, text: str, *, refresh: bool) -> None:
            pass

    @contextlib.contextmanager
    def progress(total: int | None, *, unit: str, label: str, initial: int = 0) -> Iterator[Bar]:
        yield Bar(label)

    return progress


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def pages(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Three gray pages of 300 x 220 px: at 75 dpi, 4 x 3 cells of 64 px."""
    folder = tmp_path / "pages"
    for name in ("1.png", "2.png", "10.png"):
        write_image(folder / name, drawing(rng, 300, 220))
    return folder


@pytest.fixture
def defects(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A dataset of 12 tiles of line drawings; two are blank, one is blurred, three repeat another."""
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
