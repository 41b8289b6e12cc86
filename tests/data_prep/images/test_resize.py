"""Resizing: area means when an image shrinks."""

import numpy as np
import pytest

from data_prep.images.resize import center_square, resize


def area_means(image, size_px):
    """Mean over the exact area that each pixel covers, by repeating pixels to a common multiple."""
    height_px, width_px, channels = image.shape
    rows = np.repeat(image.astype(float), size_px, 0).reshape(size_px, height_px, width_px, channels).mean(1)
    return np.repeat(rows, size_px, 1).reshape(size_px, size_px, width_px, channels).mean(2)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size_px", [32, 35, 64])
def test_shrinking_takes_area_means(rng, channels, size_px):
    image = rng.integers(0, 256, (105, 105, channels), np.uint8)
    small = resize(image, size_px, size_px)
    assert small.shape == (size_px, size_px, channels)
    np.testing.assert_allclose(small, area_means(image, size_px), atol=0.51)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("factors", [(2, 2), (6, 6), (1, 3), (5, 1), (17, 30)])
@pytest.mark.parametrize("top", [2, 256])  # few values meet the middle between two levels often
def test_whole_number_factors_round_exact_means_half_up(rng, channels, factors, top):
    (down, right), n = factors, factors[0] * factors[1]
    image = rng.integers(0, top, (8 * down, 10 * right, channels)).astype(np.uint8)
    sums = image.astype(int).reshape(8, down, 10, right, channels).sum((1, 3))
    np.testing.assert_array_equal(resize(image, 8, 10), (2 * sums + n) // (2 * n))


def test_sums_of_large_areas_do_not_overflow():
    image = np.full((1200, 1100, 4), 255, np.uint8)
    np.testing.assert_array_equal(resize(image, 1, 1), [[[255] * 4]])


def test_same_size_is_the_same_image(rng):
    image = rng.integers(0, 256, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(resize(image, 20, 30), image)


def test_hidden_colour_does_not_bleed():
    image = np.zeros((8, 8, 4), np.uint8)
    image[..., :3] = (255, 0, 0)  # red, but transparent
    image[:, 1::2] = (0, 0, 255, 255)
    small = resize(image, 4, 4)
    np.testing.assert_allclose(small[..., :3], np.broadcast_to((0, 0, 255), (4, 4, 3)), atol=2)
    np.testing.assert_allclose(small[..., 3], 128, atol=1)


@pytest.mark.parametrize("shape", [(10, 16), (16, 10), (11, 16), (9, 9)])
def test_square_is_in_the_middle(shape):
    image = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(*shape, 1)
    square = center_square(image)
    assert square.shape == (min(shape), min(shape), 1)
    y, x = (shape[0] - min(shape)) // 2, (shape[1] - min(shape)) // 2
    np.testing.assert_array_equal(square, image[y : y + min(shape), x : x + min(shape)])
