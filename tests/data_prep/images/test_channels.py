"""Samples of any depth are scaled to 8 bits, or refused; images of any mode become gray, RGB or RGBA."""

import numpy as np
import pytest
from PIL import Image

from data_prep.images.channels import (
    OutOfRange,
    as_array,
    has_alpha,
    is_gray,
    scale_samples,
    with_channels,
    with_mode,
)


@pytest.mark.parametrize("full", [255, 511, 1023, 4095, 16383, 65535])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.uint32])
def test_the_largest_integer_is_white(full, dtype):
    samples = np.linspace(0, full, 300).astype(dtype)
    np.testing.assert_allclose(scale_samples(samples, full=full)[0], samples / full * 255, atol=0.51)
    with pytest.raises(OutOfRange, match=f"not 0 to {full}"):
        scale_samples(samples.astype(np.int64) + 1, full=full)


@pytest.mark.parametrize("wild", [-0.1, 1.1, np.nan, np.inf])
def test_floats_are_within_zero_and_one(wild):
    pixels, brightest, bits = scale_samples(np.array([0, 0.5, 1]))
    assert (pixels.tolist(), brightest, bits) == ([0, 128, 255], None, 16)
    with pytest.raises(OutOfRange):
        scale_samples(np.array([0, wild]))


@pytest.mark.parametrize(
    ("top", "taken_for"), [(0, 16), (255, 16), (256, 10), (1023, 10), (1024, 12), (4095, 12), (4096, 16)]
)
def test_scans_of_fewer_bits_are_scaled(top, taken_for):
    samples = np.array([0, top // 2, top], np.uint16)
    pixels, brightest, bits = scale_samples(samples)
    assert (brightest, bits) == (top, taken_for)
    np.testing.assert_allclose(pixels, samples / (2**taken_for - 1) * 255, atol=0.51)
    assert scale_samples(samples, has_paper=False)[2] == 16


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_images_of_every_mode(rng, mode):
    color = Image.fromarray(rng.integers(0, 256, (8, 8, 3), np.uint8))
    image = color.convert("LA").convert("PA") if mode == "PA" else color.convert(mode)
    for target, channels in (("gray", 1), ("rgb", 3), ("rgba", 4)):
        assert as_array(with_channels(image, target)).shape == (8, 8, channels)
    assert is_gray(image) == (mode in ("1", "L", "LA", "PA"))
    assert has_alpha(image) == (mode in ("LA", "PA", "RGBA"))


def test_channels_of_arrays(rng):
    image = rng.integers(0, 256, (4, 4, 3), np.uint8)
    assert with_mode(image, "rgb") is image
    assert with_mode(image, "rgba")[..., 3].min() == 255
    np.testing.assert_array_equal(with_mode(with_mode(image, "rgba"), "rgb"), image)
