"""Detect drawings that are light on dark: chalkboards, inverted scans, white ink; and invert them.

All of it is pure, except `read_drawing`, which reads a file.
"""

import math
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from data_prep import images
from data_prep.images import MAX_MEGAPIXELS, Mode, Note
from data_prep.pages.sheet import luma

LONGEST_PX = 512  # of the reduced copy
MIN_CONTRAST = 24  # between the means of the dark and the light pixels; less is grain
MAX_LIGHT = 0.4  # fraction of light pixels
MIN_BORDER = 0.5  # fraction of dark pixels in a frame along the border ...
BORDER = 0.03  # ... of this width, as a fraction of the shorter side
THICK = 0.03  # width that the ground has in most places and lines have not, as a fraction of the longer side
MIN_GROUND, MAX_LINES = 0.5, 0.6  # fraction of the dark, and of the light, pixels that is wider
WHITE, BLACK = 255, 0
LIGHT_INK = 200  # mean lightness of visible pixels from which ink on transparent paper is light


def is_light_on_dark(page: np.ndarray) -> bool:
    """Whether a drawing, uint8 [H, W, C], has light lines on a dark ground.

    The two classes of Otsu (1979) are compared: the ground is dark, most of the page, most of its border and
    wide; lines are light and thin. Dense dark hatching is neither.
    """
    gray = luma(page)
    factor = max(1, math.ceil(max(gray.shape) / LONGEST_PX))
    size = (math.ceil(gray.shape[1] / factor), math.ceil(gray.shape[0] / factor))
    small = cv2.resize(gray, size, interpolation=cv2.INTER_AREA) if factor > 1 else gray
    _, light = cv2.threshold(np.ascontiguousarray(small), 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    is_light = light > 0
    fraction = is_light.mean()
    if not 0 < fraction < MAX_LIGHT:
        return False
    if float(small[is_light].mean()) - float(small[~is_light].mean()) < MIN_CONTRAST:
        return False
    band = max(1, round(BORDER * min(small.shape)))
    border = np.ones(small.shape, bool)
    border[band:-band, band:-band] = False
    if (~is_light)[border].mean() < MIN_BORDER:
        return False
    side = max(3, round(THICK * max(small.shape)) | 1)
    window = np.ones((side, side), np.uint8)
    lines, ground = (cv2.morphologyEx(part, cv2.MORPH_OPEN, window) for part in (light, 1 - light))
    return bool(ground.sum() > MIN_GROUND * (~is_light).sum() and lines.sum() < MAX_LINES * is_light.sum())


def invert(page: np.ndarray) -> np.ndarray:
    """Negative of uint8 [H, W] or [H, W, C]; alpha is unchanged."""
    negative = 255 - page
    if page.ndim == 3 and page.shape[2] == 4:
        negative[..., 3] = page[..., 3]
    return negative


def read_drawing(
    path: Path,
    *,
    mode: Mode | None = None,
    max_megapixels: float = MAX_MEGAPIXELS,
    frame: int = 0,
    ground: int = WHITE,
    note: Callable[[Note], object] = lambda note: None,
) -> np.ndarray:
    """Read a drawing as images.read_image does, but light ink on transparent paper over black, not white.

    Args:
        path: the file.
        mode: channels of the result; None: gray for gray files, else RGB.
        max_megapixels: larger images are refused.
        frame: index in files that hold several images.
        ground: gray value to lay under a transparent drawing where `find_ground` returns None.
        note: as for images.read_image.

    Raises: InputError: as images.read_image.
    """
    header = images.read_header(path, max_megapixels=max_megapixels, frame=frame)
    if header.has_alpha and mode != "rgba":
        image = images.read_image(path, mode="rgba", max_megapixels=max_megapixels, frame=frame, note=note)
        return opaque(image, mode=mode or header.mode, ground=ground)
    return images.read_image(path, mode=mode, max_megapixels=max_megapixels, frame=frame, note=note)


def opaque(image: np.ndarray, *, mode: Mode, ground: int = WHITE) -> np.ndarray:
    """A drawing with alpha, uint8 [H, W, 4], over white; light ink over black. Channels as `mode`.

    `ground` is laid under drawings of which `find_ground` returns None.
    """
    found = find_ground(image)
    if (ground if found is None else found) == WHITE:
        return images.with_mode(image, mode)
    alpha = image[..., 3:].astype(np.float32) / 255
    return images.with_mode(np.rint(image[..., :3] * alpha).astype(np.uint8), mode)


def find_ground(image: np.ndarray) -> int | None:
    """Gray value of the paper that makes a drawing with alpha, uint8 [H, W, 4], visible.

    BLACK for light ink on transparent paper, WHITE for any other drawing; None if nothing is visible, or
    light paint covers most of it.
    """
    alpha = image[..., 3].astype(np.float32) / 255
    visible = float(alpha.sum())
    lightness = float((luma(image[..., :3]) * alpha).sum())
    if visible and lightness <= LIGHT_INK * visible:
        return WHITE
    return BLACK if 0 < visible < alpha.size / 2 else None
