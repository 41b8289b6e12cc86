"""Pairs of image files: pairing and reading."""

import numpy as np
import pytest
from PIL import Image

from data_prep.errors import InputError
from gan.metrics.image_pairs import measure_distances, pair_up, read_equal_sized
from gan.metrics.perceptual import Perceptual


def test_images_of_two_kinds_are_compared_in_colour(tmp_path):
    Image.fromarray(np.full((20, 30), 7, np.uint8)).save(tmp_path / "gray.png")
    Image.fromarray(np.full((20, 30, 3), 7, np.uint8)).save(tmp_path / "rgb.png")
    a, b = read_equal_sized(tmp_path / "gray.png", tmp_path / "rgb.png")
    np.testing.assert_array_equal(a, b)
    assert a.shape == (20, 30, 3)
    assert read_equal_sized(tmp_path / "gray.png", tmp_path / "gray.png")[0].shape == (20, 30, 1)


def test_folders_are_paired_by_name_in_natural_order(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for name in ("p10.png", "p2.png", "notes.txt"):
            (tmp_path / folder / name).write_bytes(b"")
    pairs = pair_up(tmp_path / "a", tmp_path / "b")
    assert [(x.name, y.name) for x, y in pairs] == [("p2.png", "p2.png"), ("p10.png", "p10.png")]


def test_invalid_pairs(tmp_path):
    for name, shape in [("a", (32, 32)), ("b", (32, 48)), ("small", (8, 8))]:
        Image.fromarray(np.zeros(shape, np.uint8)).save(tmp_path / f"{name}.png")
    a, b, small = (tmp_path / f"{name}.png" for name in ("a", "b", "small"))
    with pytest.raises(InputError, match=r"is 32 x 32 px, .* 48 x 32; LPIPS compares"):
        read_equal_sized(a, b)
    with pytest.raises(InputError, match="16 px or more"):
        read_equal_sized(small, small)
    with pytest.raises(InputError, match="two images, or two folders"):
        pair_up(a, tmp_path)


def test_distances_come_pair_by_pair(tmp_path):
    """With the pixels themselves as feature maps the distance is the mean squared difference."""
    pixels = Perceptual("pixels", None, lambda params, images: [images])
    images = {
        tmp_path / "a": np.zeros((4, 4, 1), np.uint8),
        tmp_path / "b": np.full((4, 4, 1), 255, np.uint8),
    }
    pairs = [(tmp_path / "a", tmp_path / "b"), (tmp_path / "b", tmp_path / "b")]
    found = list(measure_distances(pairs, pixels, read=lambda a, b: (images[a], images[b])))
    assert [(one.a, one.b) for one in found] == pairs
    assert [one.distance for one in found] == [pytest.approx(4), 0]


def test_a_pair_that_cannot_be_measured_is_named_and_the_others_are(tmp_path):
    pixels = Perceptual("pixels", None, lambda params, images: [images])
    for name in ("0.png", "1.png", "2.png"):
        Image.fromarray(np.zeros((32, 32), np.uint8)).save(tmp_path / name)
    (tmp_path / "1.png").write_bytes(b"")
    pairs = [(tmp_path / name, tmp_path / name) for name in ("0.png", "1.png", "2.png")]
    reports = {}
    found = list(measure_distances(pairs, pixels, read=read_equal_sized, report=reports.__setitem__))
    assert [one.a.name for one in found] == ["0.png", "2.png"]
    assert list(reports) == ["1.png"]
    with pytest.raises(InputError, match=r"1\.png"):
        list(measure_distances(pairs, pixels, read=read_equal_sized))
