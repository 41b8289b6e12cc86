"""Images made square."""

import numpy as np
import pytest

from data_prep.comics.fit import check_size, fit_square
from data_prep.errors import InputError


def test_crop_pad_and_stretch():
    image = np.zeros((20, 40, 3), np.uint8)
    image[:, :20] = 200
    cropped = fit_square(image, 10, "crop", bars=77)
    assert (cropped[:, :5] == 200).all()
    assert (cropped[:, 5:] == 0).all()
    padded = fit_square(image, 20, "pad", bars=77)
    assert (padded[:5] == 77).all()
    assert (padded[-5:] == 77).all()
    assert (padded[5:15, :10] == 200).all()
    assert (fit_square(image, 10, "stretch", bars=77) == cropped).all()


def test_invalid_sizes():
    check_size(None)
    for size in (0, 9000):
        with pytest.raises(InputError, match=f"--size {size}"):
            check_size(size)
