"""Other sizes of an image: area means when it shrinks, bicubic when it grows."""

import numpy as np
from PIL import Image


def resize(image: np.ndarray, height_px: int, width_px: int) -> np.ndarray:
    """uint8 [H, W, C] -> [height_px, width_px, C].

    Along each axis a pixel is the mean of the area it covers, or a cubic through its neighbours where
    the image grows. Colours of RGBA images are weighted by their alpha.
    """
    for axis, size_px in enumerate((height_px, width_px)):
        if image.shape[axis] != size_px:
            shape = (size_px, image.shape[1]) if axis == 0 else (image.shape[0], size_px)
            filter = Image.Resampling.BOX if size_px < image.shape[axis] else Image.Resampling.BICUBIC
            picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
            image = np.asarray(picture.resize(shape[::-1], filter)).reshape(*shape, image.shape[2])
    return image


def center_square(image: np.ndarray) -> np.ndarray:
    """The largest square in the middle of [H, W, C]; of an odd margin the larger part is cut at the end."""
    side = min(image.shape[:2])
    y, x = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[y : y + side, x : x + side]
