"""Tiles of pages: means over squares, sizes at the edges, addresses that change with the file."""

import io

import numpy as np
import pytest
from PIL import Image

from data_prep.images import write_image
from studio.project import NotFound
from studio.pyramid import TILE_PX, Pyramids, count_levels, halved


@pytest.mark.parametrize("shape", [(16, 16, 1), (37, 21, 3), (5, 64, 1), (1, 1, 1), (33, 1, 3)])
@pytest.mark.parametrize("level", [0, 1, 2, 4])
def test_levels_are_means_over_squares(shape, level):
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    side = 1 << level
    made = halved(image, level)
    assert made.shape == (-(-shape[0] // side), -(-shape[1] // side), shape[2])
    for y in range(made.shape[0]):
        for x in range(made.shape[1]):
            square = image[y * side : (y + 1) * side, x * side : (x + 1) * side].reshape(-1, shape[2])
            assert np.abs(square.mean(axis=0) - made[y, x]).max() <= 0.5


@pytest.mark.parametrize(("height", "width", "levels"), [(1, 1, 1), (64, 64, 1), (65, 1, 2), (3300, 5000, 8)])
def test_the_coarsest_level_is_small(height, width, levels):
    assert count_levels(height, width) == levels


def read(data):
    image = np.asarray(Image.open(io.BytesIO(data)))
    return image if image.ndim == 3 else image[..., None]


def test_tiles_join_to_the_page(tmp_path):
    page = np.random.default_rng(0).integers(0, 256, (300, 700, 1), np.uint8)
    write_image(tmp_path / "a.png", page)
    pyramids = Pyramids(tmp_path / "tiles")
    described = pyramids.describe(tmp_path / "a.png")
    assert (described.width_px, described.height_px, described.levels) == (700, 300, 5)
    tiles = [
        [read(pyramids.tile(tmp_path / "a.png", level=0, column=c, row=r)) for c in range(3)]
        for r in range(2)
    ]
    rows = [np.concatenate(row, axis=1) for row in tiles]
    assert np.array_equal(np.concatenate(rows), page)
    assert read(pyramids.tile(tmp_path / "a.png", level=2, column=0, row=0)).shape == (75, 175, 1)
    for level, column, row in [(0, 3, 0), (0, 0, 2), (5, 0, 0), (2, 1, 0)]:
        with pytest.raises(NotFound):
            pyramids.tile(tmp_path / "a.png", level=level, column=column, row=row)


def test_coarse_tiles_are_read_from_disk_and_change_with_the_file(tmp_path, monkeypatch):
    file = tmp_path / "a.png"
    write_image(file, np.zeros((TILE_PX + 1, 8, 1), np.uint8))
    first = Pyramids(tmp_path / "tiles").tile(file, level=1, column=0, row=0)
    again = Pyramids(tmp_path / "tiles")
    monkeypatch.setattr("studio.pyramid.read_image", lambda path: pytest.fail("read again"))
    assert again.tile(file, level=1, column=0, row=0) == first
    monkeypatch.undo()
    version = again.describe(file).version
    write_image(file, np.full((TILE_PX + 1, 8, 1), 9, np.uint8))
    assert again.describe(file).version != version
    assert read(again.tile(file, level=1, column=0, row=0)).max() == 9


def test_few_pages_stay_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("studio.pyramid.MEMORY_BYTES", 250_000)
    pyramids = Pyramids(tmp_path / "tiles")
    for number in range(4):
        write_image(tmp_path / f"{number}.png", np.zeros((300, 300, 1), np.uint8))
        pyramids.page(tmp_path / f"{number}.png")
    assert len(pyramids._pages) == 2
