"""Canvases of several seeds as files, and their reduced images."""

import numpy as np
import pytest

from data_prep.images import read_image
from data_prep.progress import no_progress
from gan.canvas import samples
from gan.canvas.pages import iter_strips
from gan.canvas.samples import Reduction, write_samples
from gan.canvas.size import CanvasSize
from gan.sample import Generator
from tests.gan.canvas.networks import network


@pytest.mark.parametrize("rows", [1, 7, 30])
def test_strips_are_reduced_to_area_means(rows):
    image = np.random.default_rng(0).integers(0, 256, (30, 23, 3), np.uint8)
    reduction = Reduction(image.shape, most_px=8)
    for start in range(0, 30, rows):
        reduction.add(image[start : start + rows])
    expected = image[:28, :20].reshape(7, 4, 5, 4, 3).mean((1, 3))
    np.testing.assert_allclose(reduction.image(), expected, atol=0.51)


def test_small_images_are_not_reduced():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    reduction = Reduction(image.shape, most_px=8)
    reduction.add(image)
    np.testing.assert_array_equal(reduction.image(), image)


def test_every_seed_has_a_file_that_does_not_depend_on_the_others(tmp_path):
    generator, size = Generator(*network(), "small", nimg=0), CanvasSize(10, 14, 4)
    options = {"size": size, "tileable": False, "truncation": 1.0, "suffix": ".tif", "progress": no_progress}
    write_samples(generator, [2, 5], tmp_path, grid=True, **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grid.png", "seed00002.tif", "seed00005.tif"]
    (alone,) = iter_strips(generator, 5, size)
    np.testing.assert_array_equal(read_image(tmp_path / "seed00005.tif", mode="gray"), alone)
    grid = read_image(tmp_path / "grid.png", mode="gray")
    np.testing.assert_array_equal(grid[:10, 14:28], alone)


def test_canvases_that_an_interrupted_call_finished_stay(tmp_path, monkeypatch):
    """Killed in the second canvas, and again before the grid: what was finished is not drawn again."""
    generator, size = Generator(*network(), "small", nimg=0), CanvasSize(10, 14, 4)
    options = {"size": size, "tileable": False, "truncation": 1.0, "suffix": ".png", "grid": True}
    whole, part = tmp_path / "whole", tmp_path / "part"
    write_samples(generator, [2, 5, 7], whole, **options)
    drawn = []

    def strips(generator, seed, size, **options):
        if seed == 7 and not drawn.count(7):
            drawn.append(seed)
            raise KeyboardInterrupt
        drawn.append(seed)
        return iter_strips(generator, seed, size, **options)

    monkeypatch.setattr(samples, "iter_strips", strips)
    with pytest.raises(KeyboardInterrupt):
        write_samples(generator, [2, 5, 7], part, **options)
    assert not (part / "grid.png").exists()
    with monkeypatch.context() as patch:
        patch.setattr(
            samples, "write_grid", lambda *args, **options: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            write_samples(generator, [2, 5, 7], part, **options)
    write_samples(generator, [2, 5, 7], part, **options)
    assert drawn == [2, 5, 7, 7]
    assert sorted(file.name for file in part.iterdir()) == sorted(file.name for file in whole.iterdir())
    for file in whole.iterdir():
        assert (part / file.name).read_bytes() == file.read_bytes()
