"""Packed pixels against the pixels themselves."""

import jax
import numpy as np
import pytest

from fill.bitpack import WORD, first_bits, pack, popcount, set_bits
from tests.slow_cases import slow


@jax.jit
def packed(pixels):
    words = pack(pixels)
    return words, popcount(words).sum(), first_bits(words)


@pytest.mark.parametrize("width", [1, 32, 33, *slow(31, 100)])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.6, 1.0])
def test_bits_are_in_pixel_order(width, fraction):
    pixels = np.random.default_rng(width).random((2, 5, width)) < fraction
    words, count, begins = packed(pixels)
    unpacked = (np.asarray(words)[..., None] >> np.arange(WORD)) & 1
    np.testing.assert_array_equal(unpacked.reshape(2, 5, -1)[..., :width], pixels)
    assert count == pixels.sum()
    first = pixels & ~np.pad(pixels[..., :-1], ((0, 0), (0, 0), (1, 0)))
    np.testing.assert_array_equal(begins, packed(first)[0])


@pytest.mark.parametrize("capacity", [40, *slow(3, 500)])
def test_set_bits_come_in_order(capacity):
    pixels = np.random.default_rng(1).random((1, 4, 96)) < 0.3
    of_words = jax.jit(lambda pixels: set_bits(pack(pixels).reshape(-1), capacity))
    word, bit, used = (np.asarray(part) for part in of_words(pixels))
    expected = np.flatnonzero(pixels)[:capacity]
    assert used.sum() == len(expected)
    np.testing.assert_array_equal((word * WORD + bit)[used], expected)
