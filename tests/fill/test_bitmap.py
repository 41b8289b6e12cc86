"""Luminance is Pillow's, and alpha shows white paper."""

import numpy as np
from PIL import Image

from fill.bitmap import as_rgb, luminance, opaque, paper


def test_luminance_is_pillows():
    image = np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)
    np.testing.assert_array_equal(luminance(image), np.asarray(Image.fromarray(image).convert("L")))
    gray = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)
    np.testing.assert_array_equal(luminance(gray), gray[..., 0])
    np.testing.assert_array_equal(luminance(np.repeat(gray, 3, axis=-1)), gray[..., 0])


def test_transparent_pixels_are_white_paper():
    image = np.zeros((2, 2, 4), np.uint8)
    image[0, :, 3] = 255
    np.testing.assert_array_equal(luminance(image), [[0, 0], [255, 255]])
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (20, 20, 4), np.uint8)
    color, alpha = image[..., :3].astype(float), image[..., 3:] / 255.0
    assert np.abs(np.asarray(opaque(image)) - (color * alpha + 255 * (1 - alpha))).max() <= 0.5 + 1e-9
    assert as_rgb(image[..., :1]).shape == as_rgb(image).shape == (20, 20, 3)


def test_the_threshold_itself_is_line():
    image = np.array([[[160], [161]]], np.uint8)
    np.testing.assert_array_equal(paper(image, threshold=160), [[False, True]])
