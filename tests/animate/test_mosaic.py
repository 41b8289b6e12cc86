"""Mosaics: every part of a frame is the frame of its own path."""

import dataclasses

import numpy as np
import pytest

from animate.lazy_latents import BLOCK_FRAMES
from animate.mosaic import mosaic_path
from animate.paths.path import make_path
from animate.render import render
from configs.animate import TINY


@pytest.mark.parametrize("in_w", [False, True])
def test_parts_of_frames_are_those_of_their_own_paths(new_generator, in_w):
    generator = new_generator(classes=("a", "b"), layers=2)
    paths = [make_path("bezier", TINY["bezier"], seed=seed, truncation=0.8) for seed in range(6)]
    if in_w:
        mapped = [np.asarray(generator.map(path.latents, truncation=0.8)) for path in paths]
        paths = [
            dataclasses.replace(path, latents=w, truncation=1.0)
            for path, w in zip(paths, mapped, strict=True)
        ]
    whole, path = mosaic_path(generator, paths, grid=(2, 3))
    assert whole.shape == (32, 72, 1)
    frames = np.concatenate(list(render(whole, path.latents, truncation=path.truncation)))
    for number, own in enumerate(paths):
        row, column = divmod(number, 3)
        expected = np.concatenate(list(render(generator, own.latents, truncation=own.truncation)))
        part = frames[:, row * 16 : row * 16 + 16, column * 24 : column * 24 + 24]
        np.testing.assert_array_equal(part, expected)
    assert not np.array_equal(frames[:, :16, :24], frames[:, 16:, :24])


class Recorded:
    """Latents of zeros that record how many rows are taken at once."""

    shape, ndim = (1000, 8), 2

    def __init__(self):
        self.taken = []

    def __len__(self):
        return 1000

    def __getitem__(self, rows):
        self.taken.append(rows.stop - rows.start)
        return np.zeros((self.taken[-1], 8), np.float32)


def test_latents_computed_together_do_not_grow_with_the_paths(new_generator):
    recorded, plain = Recorded(), make_path("bezier", TINY["bezier"], seed=0)
    paths = [dataclasses.replace(plain, latents=recorded)] * 8
    _, path = mosaic_path(new_generator(), paths, grid=(2, 4))
    assert path.latents[500:510].shape == (10, 64)
    assert max(recorded.taken) == BLOCK_FRAMES // 8
