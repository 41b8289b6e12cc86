"""Square crops of rectangular images: centre, most gradient energy, or letterbox. Pure."""

from typing import Literal

import numpy as np
from PIL import Image

from data_prep.images.resize import center_square

Crop = Literal["center", "energy", "letterbox"]
REDUCED_PX = 256  # shorter side of the copy on which gradients are computed; finer detail is mostly noise


def square(image: np.ndarray, crop: Crop, *, bars: int = 255) -> np.ndarray:
    """Crop or pad to a square: uint8 [H, W, C] -> [S, S, C]; S = min(H, W), for a letterbox max(H, W).

    Args:
        image: uint8 [H, W, C].
        crop: "center"; "energy", see energy_start; "letterbox": the whole image between bars.
        bars: gray value of the bars.
    """
    if crop == "letterbox":
        return letterbox(image, bars=bars)
    if crop == "center":
        return center_square(image)
    side, start = min(image.shape[:2]), energy_start(image)
    tall = image.shape[0] > image.shape[1]
    return image[start : start + side] if tall else image[:, start : start + side]


def letterbox(image: np.ndarray, *, bars: int = 255) -> np.ndarray:
    """Centre an image between bars: uint8 [H, W, C] -> [max(H, W), max(H, W), C]."""
    height_px, width_px, channels = image.shape
    side = max(height_px, width_px)
    whole = np.full((side, side, channels), bars, np.uint8)
    y, x = (side - height_px) // 2, (side - width_px) // 2
    whole[y : y + height_px, x : x + width_px] = image
    return whole


def energy_start(image: np.ndarray) -> int:
    """Start of the square with the most gradient energy along the longer side, px.

    Energy is the sum of squared differences of neighbouring gray values, on a copy whose shorter side is
    about REDUCED_PX; running sums give that of every square. Ties go to the most central square.
    """
    height_px, width_px = image.shape[:2]
    side, longer = min(height_px, width_px), max(height_px, width_px)
    factor = max(1, side // REDUCED_PX)
    reduced = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).convert("L").reduce(factor)
    gray = np.asarray(reduced).astype(np.int64)
    gray = gray.T if height_px > width_px else gray  # the longer side runs along axis 1
    inner = (np.diff(gray, axis=0) ** 2).sum(axis=0)  # [X], within column x
    across = (np.diff(gray, axis=1) ** 2).sum(axis=0)  # [X - 1], between columns x and x + 1
    starts = np.arange(longer - side + 1)
    first = starts // factor
    stop = np.minimum(np.maximum((starts + side) // factor, first + 1), gray.shape[1])
    sums, sums_across = np.cumsum([0, *inner]), np.cumsum([0, *across])
    energy = sums[stop] - sums[first] + sums_across[stop - 1] - sums_across[first]
    best = np.flatnonzero(energy == energy.max())
    return int(best[np.abs(2 * best - (longer - side)).argmin()])
