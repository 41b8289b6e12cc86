"""Estimate the light on a page that was photographed or scanned unevenly, and divide it out. Pure.

The background is what remains of a reduced copy without ink: thin lines are closed, regions behind sharp
edges that are much darker than their surroundings (solid ink) are interpolated, and compact dark places
(shaded drawings) are closed along rows and columns. Lamps, fall-off, vignettes and soft shadows are wider.
The shadow in the gutter of a book is narrow but long: it is measured on columns and rows.
Light is multiplicative, so all of this is done on logarithms.
"""

import dataclasses
import itertools
import math
from typing import Any

import cv2
import numpy as np
import scipy

from data_prep.pages.sheet import luma

UNEVEN = 0.10  # variation of the background from which a page is uneven, as a fraction of its brightest part
UNEVEN_INK = 1 / 3  # the same as a fraction of the contrast of faint ink ...
LEAST_UNEVEN = 0.04  # ... and the least of it: grain
SMALLEST_PX = 64  # side of an image whose light can be judged
SIDE = 256  # longer side of the reduced copy
FINE = 1600  # longer side of the copy whose brightest pixels are taken: gaps in hatching
LINE, COMPACT, WIDE = 0.02, 0.3, 0.25  # closings, as fractions of the longer side
EDGE, FAINT_EDGE = 0.3, 0.05  # log step over two cells that is an edge of ink; with faint ink
SOLID = 0.45  # log darkness of solid ink below its surroundings
STRIPS = 3  # parts of a page along the gutter
BARE = 90  # percentile along the gutter that is paper
DARKEST = 0.3  # fraction of light left in the darkest shadow; below it is ink
BAND, PARTS, THIN_PARTS = 0.04, 8, 32  # along the border: width by the shorter side, parts of each side
BORDER_BARE, FALL = (
    95,
    0.1,
)  # percentile of a part that is paper, and how much darker than the rest it is in shade
GLARE, MOST_GLARE = 1.12, 0.001  # paper that gets lighter than this by flattening, and fraction of pixels
EXTREMES = 3  # percentile of the background taken as its darkest; the rest is its brightest


@dataclasses.dataclass(frozen=True)
class Background:
    """Light on the paper of a page, in cells."""

    log_light: np.ndarray  # float32 [h, w]
    factor: int  # side of a cell, px
    contrast: float  # of the ink, as a fraction of the paper

    @property
    def variation(self) -> float:
        """Fraction by which the darkest part of the background is darker than the brightest, 0 to 1."""
        low, high = np.percentile(self.log_light, (EXTREMES, 100 - EXTREMES))
        return 1 - math.exp(float(low - high))

    @property
    def is_uneven(self) -> bool:
        """Whether the variation is above 10%, or above a third of the contrast of fainter ink.

        Images with a side below 64 px show too little paper and count as even.
        """
        if min(self.log_light.shape) * self.factor < SMALLEST_PX:
            return False
        return self.variation > min(UNEVEN, max(LEAST_UNEVEN, UNEVEN_INK * self.contrast))


def find_background(page: np.ndarray) -> Background:
    """Estimate the background of a page, uint8 [H, W, C], dark on light."""
    gray = luma(page)
    bright, dark, factor = _reduced(gray)
    paper = np.log(np.maximum(bright, 4).astype(np.float32))
    longest = max(paper.shape)
    closed = _close(paper, _disc(LINE * longest))
    contrast = float(np.percentile(closed, 95) - np.percentile(np.log(np.maximum(dark, 4)), 1))
    is_bare = ~_ink(closed, longest, edge=min(EDGE, max(FAINT_EDGE, 0.4 * contrast)))
    if is_bare.mean() < 0.02:  # all ink
        return Background(np.zeros_like(closed), factor, 0.0)
    light = _without_compact(_interpolated(closed, is_bare, longest), longest)
    light = scipy.ndimage.gaussian_filter(light, longest / 100, mode="nearest")
    light += _long_shadows(np.minimum(closed - light, 0), longest)
    light += _long_shadows(np.minimum(closed - light, 0).T, longest).T
    darkest = float(np.percentile(np.log(np.maximum(dark, 4)) - light, 1))
    return Background(light.astype(np.float32), factor, 1 - math.exp(min(darkest, 0)))


def flatten(page: np.ndarray, background: Background) -> np.ndarray:
    """Divide a page, uint8 [H, W, C], by its background, scaled so that its brightest part stays as it is."""
    height, width = page.shape[:2]
    log_light, factor = background.log_light, background.factor
    gain = np.exp(np.percentile(log_light, 100 - EXTREMES) - log_light).astype(np.float32)
    x = np.clip((np.arange(width) + 0.5) / factor - 0.5, 0, gain.shape[1] - 1)
    left = np.minimum(x.astype(int), max(gain.shape[1] - 2, 0))
    right = np.minimum(left + 1, gain.shape[1] - 1)
    across = gain[:, left] + (gain[:, right] - gain[:, left]) * (x - left).astype(np.float32)  # [h, width]
    y = np.clip((np.arange(height) + 0.5) / factor - 0.5, 0, gain.shape[0] - 1).astype(np.float32)
    flat = np.empty_like(page)
    for row in range(height):
        top = min(int(y[row]), max(gain.shape[0] - 2, 0))
        bottom = min(top + 1, gain.shape[0] - 1)
        by = across[top] + (across[bottom] - across[top]) * (y[row] - top)
        flat[row] = np.minimum(page[row] * by[:, None] + 0.5, 255).astype(np.uint8)
    return flat


def is_shade(image: np.ndarray, background: Background) -> bool:
    """Whether the background of a page, uint8 [H, W, C], is dark in shade, not in densely drawn parts.

    Shade darkens the paper along the border too, in a part of one side or, as the gutter of a book, at one
    place of two opposite sides. Between dense lines there is paper, which would become lighter than white.
    """
    gray = luma(image)
    band = max(2, round(BAND * min(gray.shape)))
    sides = (gray[:band], gray[-band:], gray[:, :band].T, gray[:, -band:].T)

    def paper(count: int) -> np.ndarray:
        parts = [np.array_split(side, count, axis=1) for side in sides]
        return np.array([[np.percentile(part, BORDER_BARE) for part in side] for side in parts])  # [4, count]

    wide = paper(min(PARTS, *gray.shape))
    opposite = paper(min(THIN_PARTS, *gray.shape)).reshape(2, 2, -1).max(axis=1)
    darkest = min(float(np.sort(wide, axis=None)[1]), float(opposite.min()))
    if darkest > (1 - FALL) * float(np.percentile(wide, 97)):
        return False
    brightest = float(np.exp(np.percentile(background.log_light, 97)))
    scale = min(1.0, 255 / (GLARE * brightest) * 0.999)  # leaves room above white
    flat = luma(flatten((image * scale).astype(np.uint8), background))
    return float((flat > GLARE * scale * brightest).mean()) <= MOST_GLARE


def _reduced(gray: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Brightest and darkest pixel of each cell, uint8 [h, w], and the side of a cell."""
    height, width = gray.shape
    shrink = max(1, math.ceil(max(height, width) / FINE))
    size = (math.ceil(width / shrink), math.ceil(height / shrink))
    fine = cv2.resize(gray, size, interpolation=cv2.INTER_AREA) if shrink > 1 else gray
    if max(size) >= 2 * SIDE:
        fine = cv2.blur(fine, (2, 2))  # against grain
    cell = max(1, math.ceil(max(size) / SIDE))
    padded = np.pad(fine, ((0, -size[1] % cell), (0, -size[0] % cell)), mode="edge")
    cells = padded.reshape(padded.shape[0] // cell, cell, padded.shape[1] // cell, cell)
    return cells.max(axis=(1, 3)), cells.min(axis=(1, 3)), shrink * cell


def _ink(closed: np.ndarray, longest: int, *, edge: float) -> np.ndarray:
    """Mask of sharp edges, and of regions between them that are much darker than their surroundings."""
    step = scipy.ndimage.maximum_filter(closed, 3) - scipy.ndimage.minimum_filter(closed, 3)
    sharp = step > edge
    regions, count = scipy.ndimage.label(~sharp)
    below = closed - _close(closed, _disc(WIDE * longest))
    medians = np.atleast_1d(scipy.ndimage.median(below, regions, np.arange(1, count + 1)))
    ink = sharp | np.isin(regions, 1 + np.flatnonzero(medians < -SOLID))
    wide = scipy.ndimage.binary_dilation(ink)
    return wide if wide.mean() <= 0.9 else ink


def _interpolated(closed: np.ndarray, is_bare: np.ndarray, longest: int) -> np.ndarray:
    """Replace cells of ink by the mean of the bare cells around, or by the nearest if none is near."""
    nearest = scipy.ndimage.distance_transform_edt(~is_bare, return_distances=False, return_indices=True)
    weight = scipy.ndimage.gaussian_filter(is_bare.astype(np.float32), longest / 16)
    total = scipy.ndimage.gaussian_filter(np.where(is_bare, closed, 0).astype(np.float32), longest / 16)
    around = np.where(weight > 1e-3, total / np.maximum(weight, 1e-3), closed[tuple(nearest)])
    return np.where(is_bare, closed, around)


def _without_compact(light: np.ndarray, longest: int) -> np.ndarray:
    """Close dark places that are short both along rows and along columns."""
    side = _odd(COMPACT * longest)
    down, across = np.ones((side, 1), np.uint8), np.ones((1, side), np.uint8)
    return np.minimum(_close(light, down, falls_on=True), _close(light, across, falls_on=True))


def _long_shadows(relative: np.ndarray, longest: int) -> np.ndarray:
    """Log shadow along the columns: narrow places where nearly all cells of a third of the page are dark.

    Thin ruled lines are closed, and anything as dark as ink is left out.
    """
    height = relative.shape[0]
    cuts = np.rint(np.linspace(0, height, min(STRIPS, height) + 1)).astype(int)
    strips = [relative[a:b] for a, b in itertools.pairwise(cuts)]
    profile = np.stack([np.percentile(strip, BARE, axis=0) for strip in strips])
    profile = scipy.ndimage.grey_closing(profile, size=(1, _odd(0.012 * longest)), mode="reflect")
    profile = np.where(profile < math.log(DARKEST), 0, profile)
    profile = scipy.ndimage.gaussian_filter1d(profile, longest / 200, axis=1, mode="nearest")
    middle = (cuts[:-1] + cuts[1:] - 1) / 2
    place = np.clip(np.interp(np.arange(height), middle, np.arange(len(middle))), 0, len(middle) - 1)
    top = np.minimum(place.astype(int), max(len(middle) - 2, 0))
    bottom = np.minimum(top + 1, len(middle) - 1)
    return profile[top] + (profile[bottom] - profile[top]) * (place - top)[:, None]


def _close(values: np.ndarray, shape: np.ndarray, *, falls_on: bool = False) -> np.ndarray:
    """Morphological closing of float32 [h, w]; beyond the border values are mirrored, or slopes go on."""
    odd: dict[str, Any] = {"reflect_type": "odd"} if falls_on else {}
    reach_y, reach_x = (min(side, size) for side, size in zip(shape.shape, values.shape, strict=True))
    padded = np.pad(
        values, ((reach_y, reach_y), (reach_x, reach_x)), mode="reflect" if falls_on else "symmetric", **odd
    )
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, shape)
    return closed[reach_y : padded.shape[0] - reach_y, reach_x : padded.shape[1] - reach_x]


def _disc(diameter: float) -> np.ndarray:
    side = _odd(diameter)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def _odd(size: float) -> int:
    return max(3, round(size) | 1)
