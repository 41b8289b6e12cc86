"""Small datasets of doodles, and runs of DRAW on them, for tests."""

import functools
from pathlib import Path

import numpy as np
import pytest

from data_prep.records.writer import Record, write_dataset
from gan.__main__ import main

FLAGS = ("--total-nimg", "32", "--tick-nimg", "16", "--snapshot-nimg", "32", "--checkpoint-nimg", "16")


def doodle_images(count: int, *, size: int = 8, seed: int = 0) -> np.ndarray:
    """Light rectangles of one pixel's width on black, uint8 [N, size, size, 1]."""
    rng = np.random.default_rng(seed)
    images = np.zeros((count, size, size, 1), np.uint8)
    for image in images:
        (y0, x0), (height, width) = rng.integers(1, 3, 2), rng.integers(3, size - 3, 2)
        image[y0 : y0 + height + 1, x0 : x0 + width + 1] = 255
        image[y0 + 1 : y0 + height, x0 + 1 : x0 + width] = 0
    return images


def write_doodles(folder: Path, images: np.ndarray, *, classes: tuple[str, ...] = ()) -> Path:
    """A dataset of images, of which i has class i mod K."""
    records = [Record(image, {}, i % len(classes) if classes else None) for i, image in enumerate(images)]
    write_dataset(records, folder, label_names=list(classes), settings={"command": "doodles"})
    return folder


def train(data: Path, run: Path, *flags: str) -> int:
    """Train the tiny preset by its command: the exit code."""
    return main(["train", "draw-tiny", "--data", str(data), "--run", str(run), *FLAGS, *flags])


def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(dataset, run) of a short training; made once for all modules. Do not change them."""
    return _trained(tmp_path_factory.getbasetemp() / "draw")


@functools.cache
def _trained(folder: Path) -> tuple[Path, Path]:
    data, run = write_doodles(folder / "data", doodle_images(40)), folder / "run"
    assert train(data, run) == 0
    return data, run
