"""Thumbnails: reduced copies that are written once and follow the file."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from data_prep.images import write_image
from data_prep.video.codec import write_video
from studio.thumbnails import Thumbnails, reduce


def size(path):
    with Image.open(path) as image:
        return image.size


def test_sides_are_steps_and_small_images_stay(tmp_path):
    thumbnails = Thumbnails(tmp_path / "cache")
    write_image(tmp_path / "a.png", np.zeros((400, 800, 3), np.uint8))
    assert size(thumbnails.file(tmp_path / "a.png", side_px=150)) == (160, 80)
    assert size(thumbnails.file(tmp_path / "a.png", side_px=161)) == (320, 160)
    assert size(thumbnails.file(tmp_path / "a.png", side_px=5_000)) == (640, 320)
    write_image(tmp_path / "b.png", np.zeros((4, 8, 1), np.uint8))
    assert size(thumbnails.file(tmp_path / "b.png")) == (8, 4)


def test_thumbnails_are_written_once_and_again_if_the_file_changes(tmp_path, monkeypatch):
    thumbnails, file = Thumbnails(tmp_path / "cache"), tmp_path / "a.png"
    write_image(file, np.zeros((40, 40, 1), np.uint8))
    first = thumbnails.file(file)
    monkeypatch.setattr("studio.thumbnails.read_image", lambda path: pytest.fail("read again"))
    assert thumbnails.file(file) == first
    monkeypatch.undo()
    write_image(file, np.full((41, 41, 1), 200, np.uint8))
    assert size(thumbnails.file(file)) == (41, 41)


def test_the_middle_frame_stands_for_a_video(tmp_path):
    frames = (np.full((32, 48, 3), value, np.uint8) for value in (0, 0, 200, 0, 0))
    write_video(frames, tmp_path / "a.mp4", fps=5)
    file = Thumbnails(tmp_path / "cache").video(tmp_path / "a.mp4")
    with Image.open(file) as image:
        assert abs(int(np.asarray(image.convert("L")).mean()) - 200) < 8


def test_damaged_files_raise(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError):
        Thumbnails(tmp_path / "cache").file(tmp_path / "a.png")


def test_reduced_copies_are_area_means():
    image = np.random.default_rng(0).integers(0, 256, (8, 16, 1), np.uint8)
    means = image.reshape(4, 2, 8, 2).mean(axis=(1, 3))
    assert np.abs(reduce(image, 8)[..., 0] - means).max() <= 0.5


def test_large_images_are_reduced_in_two_steps():
    y, x = np.mgrid[:1200, :1000]
    image = ((np.sin(x / 90) * np.cos(y / 70) + 1) * 127).astype(np.uint8)[..., None]
    small = reduce(image, 100)
    assert small.shape == (100, 83, 1)
    rows, columns = np.arange(100) * 12, np.linspace(0, 1000, 84).astype(int)
    for i in (0, 50, 99):
        for j in (0, 40, 82):
            part = image[rows[i] : rows[i] + 12, columns[j] : columns[j + 1]]
            assert abs(part.mean() - small[i, j, 0]) < 4
    assert reduce(np.zeros((2, 9_000, 3), np.uint8), 100).shape == (1, 100, 3)
