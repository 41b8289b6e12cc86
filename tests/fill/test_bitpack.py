"""Packed pixels against the pixels themselves."""

import jax.numpy as jnp
import numpy as np
import pytest

from fill.bitpack import WORD, first_bits, pack, popcount, set_bits


@pytest.mark.parametrize("width", [1, 31, 32, 33, 100])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.6, 1.0])
def test_bits_are_in_pixel_order(width, fraction):
    pixels = np.random.default_rng(width).random((2, 5, width)) < fraction
    words = pack(jnp.asarray(pixels))
    unpacked = (np.asarray(words)[..., None] >> np.arange(WORD)) & 1
    np.testing.assert_array_equal(unpacked.reshape(2, 5, -1)[..., :width], pixels)
    assert int(popcount(words).sum()) == pixels.sum()
    begins = pixels & ~np.pad(pixels[..., :-1], ((0, 0), (0, 0), (1, 0)))
    np.testing.assert_array_equal(first_bits(words), pack(jnp.asarray(begins)))


@pytest.mark.parametrize("capacity", [3, 40, 500])
def test_set_bits_come_in_order(capacity):
    pixels = np.random.default_rng(1).random((1, 4, 96)) < 0.3
    word, bit, used = (np.asarray(part) for part in set_bits(pack(jnp.asarray(pixels)).reshape(-1), capacity))
    expected = np.flatnonzero(pixels)[:capacity]
    assert used.sum() == len(expected)
    np.testing.assert_array_equal((word * WORD + bit)[used], expected)
