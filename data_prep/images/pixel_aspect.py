"""Images whose pixels are not square: fax pages, prints of other densities; resampled to square pixels.

The aspect is the width of a pixel divided by its height. Files store it as densities along both axes
(TIFF 6.0, section 8; PNG pHYs; JFIF), whose ratio is its inverse.
"""

import math

import numpy as np
from PIL import ExifTags, Image

from data_prep.images.notes import Note

TOLERANCE = 0.02  # of the densities' ratio: scanners round them
MOST_STRETCH = 8.0  # a larger ratio is taken for a wrong note in the file


def pixel_aspect(image: Image.Image) -> float:
    """Aspect of the pixels of an open image, as stored; 1: square, or unknown.

    For TIFF, which Pillow turns upright, of the upright image.
    """
    info = image.info
    for key in ("dpi", "aspect", "resolution", "jfif_density"):  # inches; PNG, TIFF, JFIF without a unit
        if key in info:
            aspect = aspect_of_densities(info[key], is_per_inch=key == "dpi")
            break
    else:
        return 1.0
    turned = image.format == "TIFF" and getattr(image, "tag_v2", {}).get(ExifTags.Base.Orientation, 1) >= 5
    return 1 / aspect if turned else aspect


def aspect_of_densities(densities: object, *, is_per_inch: bool) -> float:
    """Aspect of pixels of these densities (x, y); 1 if they are invalid, equal to 2 %, or too different."""
    try:
        x, y = (float(value) for value in densities)  # type: ignore[attr-defined]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return 1.0
    least = 1.0 if is_per_inch else 0.0  # some writers store 0 or 1 for "unknown"
    if not (least < x < math.inf and least < y < math.inf):
        return 1.0
    return y / x if abs(y / x - 1) > TOLERANCE and 1 / MOST_STRETCH <= y / x <= MOST_STRETCH else 1.0


def aspect_note(aspect: float) -> Note | None:
    """Note about pixels that are resampled to square ones; None: they are square."""
    if aspect == 1:
        return None
    ratio = max(aspect, 1 / aspect)
    sides = f"{ratio:.3g}:1" if aspect > 1 else f"1:{ratio:.3g}"
    return Note(f"pixels of {sides} resampled to square ones")


def square_size(height_px: int, width_px: int, aspect: float) -> tuple[int, int]:
    """(height, width) with square pixels: the shorter side of a pixel keeps its scale."""
    return (height_px, round(width_px * aspect)) if aspect > 1 else (round(height_px / aspect), width_px)


def with_square_pixels(image: np.ndarray, aspect: float) -> np.ndarray:
    """Resample uint8 [H, W, C] along one axis, bicubic, alpha-weighted; unchanged for aspect 1."""
    if aspect == 1:
        return image
    height_px, width_px = square_size(image.shape[0], image.shape[1], aspect)
    flat = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return np.asarray(flat.resize((width_px, height_px), Image.Resampling.BICUBIC)).reshape(
        height_px, width_px, image.shape[2]
    )
