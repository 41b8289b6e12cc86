"""Fit images to a size: crop, pad or stretch."""

from typing import Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.images.crops import letterbox
from data_prep.images.resize import center_square, resize

Fit = Literal["crop", "pad", "stretch"]
MAX_SIZE_PX = 8192


def check_size(size: int | None) -> None:
    """Validate --size; raises InputError."""
    if size is not None and not 1 <= size <= MAX_SIZE_PX:
        raise InputError(f"--size {size}: must be 1 to {MAX_SIZE_PX}")


def fit_square(image: np.ndarray, size_px: int, fit: Fit, *, bars: int) -> np.ndarray:
    """Make an image square: uint8 [H, W, C] -> [size_px, size_px, C].

    Args:
        image: uint8 [H, W, C].
        size_px: side of the result.
        fit: "crop": its largest central square; "pad": the whole image between bars; "stretch".
        bars: gray value of the bars.
    """
    if fit == "crop":
        image = center_square(image)
    elif fit == "pad":
        image = letterbox(image, bars=bars)
    return resize(image, size_px, size_px)
