"""A seed image: any drawing as ink of the size and polarity that a model draws."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.distance import cdist

from data_prep.errors import InputError
from data_prep.images.resize import resize
from data_prep.pages.polarity import read_drawing
from gan.data.doodles import detect_ink

MARGIN = 1 / 14  # around the ink, as a fraction of the side: as in bitmaps of Quick, Draw!
FAINT = 0.1  # of the darkest: less is no ink
INK = 0.25  # from which a pixel belongs to the drawing, as a fraction of the darkest ink
LEAST_CONTRAST = 16  # grey levels between ground and ink
BLUR = 1 / 14  # of doodles that are compared: standard deviation as a fraction of the side


@dataclasses.dataclass(frozen=True)
class SeedImage:
    """A drawing for a model.

    Attributes:
        path: its file.
        ink: float32 [H, W] in [0, 1], 1 is ink.
        polarity: of the file: "dark" ink on light, or "light" ink on dark.
        size_px: (height, width) of the file.
        was_color: the file has colours, which were turned to grey.
    """

    path: Path
    ink: np.ndarray
    polarity: str
    size_px: tuple[int, int]
    was_color: bool

    def __str__(self) -> str:
        height, width = self.size_px
        on = "light on dark" if self.polarity == "light" else "dark on light"
        line = f"{self.path}  {width}x{height} px, {on}{', colours as grey' * self.was_color}"
        own = (height, width) == self.ink.shape
        return line + ("" if own else f"; cut to its ink and resized to {self.ink.shape[1]} px")


def read_seed_image(path: Path, *, shape: tuple[int, int], ink: str = "auto") -> SeedImage:
    """Read a drawing as ink of `shape` (H, W).

    An image of another size is cut to its ink, with a margin, and resized; the darkest ink becomes 1, so that
    thin lines survive.

    Args:
        path: image file, grey or in colours.
        shape: size of the model's images, px.
        ink: "dark" on light, "light" on dark, or "auto": detected.

    Raises: InputError: no such image, or it has no ink.
    """
    image = read_drawing(path)
    was_color = image.shape[2] > 1 and bool(np.ptp(image[..., :3].astype(np.int16), axis=2).max() > 0)
    gray = image[..., :3].astype(np.float64).mean(axis=2)
    if np.ptp(gray) < LEAST_CONTRAST:
        raise InputError(f"{path} has no ink: its grey levels differ by {np.ptp(gray):.0f}; choose a drawing")
    polarity = detect_ink(gray[None, ..., None]) if ink == "auto" else ink
    light = gray if polarity == "light" else 255 - gray
    found = fit_ink(np.rint(light - light.min()).astype(np.uint8), shape=shape)
    return SeedImage(path, found, polarity, gray.shape, was_color)


def most_typical(images: np.ndarray) -> int:
    """Number of the image with the least mean distance to the others, blurred so that near lines match.

    Args:
        images: [N, H, W, 1], N >= 1.
    """
    sigma = BLUR * images.shape[2]
    rows = np.stack([cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma).ravel() for image in images])
    return int(cdist(rows, rows).mean(axis=1).argmin())


def fit_ink(levels: np.ndarray, *, shape: tuple[int, int]) -> np.ndarray:
    """Ink [H, W] float32 in [0, 1] of light ink on 0, uint8 [h, w], of any size: cut to the ink, resized.

    Lines thinner than a pixel of the result become grey; the median of the ink is scaled to 1, so that they
    are not lost where a drawing has solid areas too.
    """
    if levels.shape != shape:
        height, width = shape
        there = levels > INK * levels.max()
        rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
        cut = levels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        inner = [max(1, round(side * (1 - 2 * MARGIN))) for side in shape]
        scale = min(inner[0] / cut.shape[0], inner[1] / cut.shape[1])
        size = [max(1, min(n, round(scale * side))) for n, side in zip(inner, cut.shape, strict=True)]
        small = resize(cut[..., None], *size)[..., 0]
        middle = float(np.median(small[small > FAINT * small.max()]))
        small = np.minimum(small.astype(np.float32) * (255 / middle), 255)
        levels = np.zeros(shape, np.float32)
        y, x = (height - size[0]) // 2, (width - size[1]) // 2
        levels[y : y + size[0], x : x + size[1]] = small
    return (levels / max(float(levels.max()), 1.0)).astype(np.float32)
