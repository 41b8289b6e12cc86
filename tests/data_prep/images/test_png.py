"""Images in records: PNG bytes invert, and others are refused before they are decoded."""

import numpy as np
import pytest

from data_prep.images.png import decode_png, encode_png


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_bytes_invert(rng, channels):
    image = rng.integers(0, 256, (9, 5, channels), np.uint8)
    np.testing.assert_array_equal(decode_png(encode_png(image), size_px=(9, 5)), image)


def test_other_bytes_and_sizes_are_refused(rng):
    data = encode_png(rng.integers(0, 256, (9, 5, 3), np.uint8))
    for bad, printed in ((data[:60], "damaged PNG"), (b"GIF89a", "damaged PNG")):
        with pytest.raises(ValueError, match=printed):
            decode_png(bad)
    with pytest.raises(ValueError, match="9 x 5 px, not 5 x 9"):
        decode_png(data, size_px=(5, 9))
