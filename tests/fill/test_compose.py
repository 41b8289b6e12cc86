"""Transparency, tint, negative and "over" against their formulas in floating point."""

import numpy as np
import pytest

from fill.compose import invert, over, rgba, tint

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (2, 9, 11, 3), np.uint8)
RGBA = RNG.integers(0, 256, (2, 9, 11, 4), np.uint8)
RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16, 1)


def near(result, expected):
    """Equal but for rounding to the nearest integer."""
    assert np.asarray(result).dtype == np.uint8
    return np.abs(np.asarray(result) - expected).max() <= 0.5 + 1e-9


def test_rgba_turns_white_clear_and_black_opaque():
    clear = np.asarray(rgba(RGB, color=(1, 2, 3)))
    assert (clear[..., :3] == [1, 2, 3]).all()
    assert near(clear[..., 3], 255 - RGB.mean(axis=-1))
    np.testing.assert_array_equal(rgba(RAMP)[..., 3:], 255 - RAMP)


def test_rgba_over_white_is_a_tint():
    white = np.full((16, 16, 3), 255, np.uint8)
    for color in ((0, 0, 0), (200, 30, 90)):
        np.testing.assert_array_equal(over(rgba(RAMP, color=color), white), tint(RAMP, color=color))


def test_tint_goes_from_ink_to_paper():
    tinted = np.asarray(tint(RAMP, color=(250, 0, 10), paper_color=(0, 100, 20)))
    np.testing.assert_array_equal(tinted[0, 0], [250, 0, 10])
    np.testing.assert_array_equal(tinted[-1, -1], [0, 100, 20])
    assert (np.diff(tinted.reshape(-1, 3).astype(int), axis=0) * [-1, 1, 1] >= 0).all()


@pytest.mark.parametrize("min_value", [0, 40, 255])
def test_invert_scales_the_negative(min_value):
    assert near(invert(RGB, min_value=min_value), min_value + (255.0 - RGB) * (255 - min_value) / 255)
    assert set(np.unique(invert(RGB, min_value=min_value, one_bit=True))) == {min_value, 255}


def test_invert_is_its_own_inverse_and_preserves_alpha():
    np.testing.assert_array_equal(invert(invert(RGB)), RGB)
    np.testing.assert_array_equal(invert(RGBA)[..., 3], RGBA[..., 3])
    np.testing.assert_array_equal(invert(RAMP, one_bit=True)[..., 0] == 255, RAMP[..., 0] < 128)


def test_over_an_opaque_image():
    alpha = RGBA[..., 3:] / 255
    assert near(over(RGBA, RGB), RGBA[..., :3] * alpha + RGB * (1 - alpha))
    np.testing.assert_array_equal(over(RGBA, RGB[0]), over(RGBA, np.stack([RGB[0], RGB[0]])))
    np.testing.assert_array_equal(over(RGBA, RGB[..., :1]), over(RGBA, np.repeat(RGB[..., :1], 3, axis=-1)))


def test_over_an_image_with_alpha():
    bottom = RGBA[::-1]
    a, b = RGBA[..., 3:] / 255, bottom[..., 3:] / 255
    total = a + b * (1 - a)
    result = np.asarray(over(RGBA, bottom))
    assert near(result[..., 3:], 255 * total)
    assert near(
        result[..., :3], (RGBA[..., :3] * a + bottom[..., :3] * b * (1 - a)) / np.maximum(total, 1e-9)
    )
    opaque = np.concatenate([RGB, np.full_like(RGB[..., :1], 255)], axis=-1)
    np.testing.assert_array_equal(over(RGBA, opaque)[..., :3], over(RGBA, RGB))
    clear = np.zeros_like(RGBA)
    assert not np.asarray(over(clear, clear)).any()
