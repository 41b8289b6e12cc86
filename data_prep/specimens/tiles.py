"""Cut specimens into upright square tiles around their centres, at one scale for all pages."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from data_prep.errors import InputError
from data_prep.images.resize import resize
from data_prep.pages.grid import cell_px
from data_prep.pages.sheet import Sheet, paper_color, sheet_mask

AUTO_MARGIN = 1.15  # of the largest ink box
CELLS = 1.5  # default side of a crop


@dataclasses.dataclass(frozen=True)
class SpecimenTile:
    """A tile with its provenance."""

    image: np.ndarray  # uint8 [tile_px, tile_px, C]
    page: str
    index: int  # of the specimen on its page, row-major
    center_px: tuple[float, float]  # (x, y) on the page
    box_px: tuple[int, int, int, int]  # (x0, y0, x1, y1) around the ink

    @property
    def source(self) -> dict[str, Any]:
        """Provenance as stored in a record."""
        return {"page": self.page, "center_px": list(self.center_px), "box_px": list(self.box_px)}


def crop_side_px(crop_px: int | Literal["auto"] | None, *, dpi: float, boxes_px: np.ndarray) -> int:
    """Side in px of the square that is cut for each specimen.

    Args:
        crop_px: side in px; "auto": 1.15 times the longest side of all boxes; None: 1.5 cells (384 px at
            300 dpi).
        dpi: of the scans.
        boxes_px: int [N, 4], the ink boxes of all pages.

    Raises:
        InputError: the square is below 2 px.
    """
    if crop_px == "auto":
        longest = int((boxes_px[:, 2:] - boxes_px[:, :2]).max(initial=1))
        return math.ceil(longest * AUTO_MARGIN)
    side = round(CELLS * cell_px(dpi)) if crop_px is None and 0 < dpi < math.inf else crop_px or 0
    if side < 2:
        flag = f"--crop-px {crop_px}" if crop_px is not None else f"--dpi {dpi:g}"
        raise InputError(f"{flag}: the square around a specimen must be at least 2 px")
    return side


def exceeding(boxes_px: np.ndarray, centers_px: np.ndarray, crop_px: int) -> np.ndarray:
    """Mask of ink boxes that exceed the square around their centre, bool [N]."""
    low = np.rint(centers_px - crop_px / 2)
    return np.any((boxes_px[:, :2] < low) | (boxes_px[:, 2:] > low + crop_px), axis=1)


def cut_specimen(
    page: np.ndarray,
    center_px: Sequence[float],
    crop_px: int,
    *,
    paper: Sequence[int],
    sheet: Sheet | None = None,
) -> np.ndarray:
    """Cut the square around a centre without resampling: uint8 [crop_px, crop_px, C].

    Args:
        page: uint8 [H, W, C].
        center_px: (x, y) px; the corner of the square is rounded to a pixel.
        crop_px: side of the square.
        paper: C values that fill the area outside the page and the sheet.
        sheet: position of the paper on the scanner bed.
    """
    height_px, width_px, channels = page.shape
    x0, y0 = (round(float(c) - crop_px / 2) for c in center_px)
    crop = np.empty((crop_px, crop_px, channels), np.uint8)
    crop[:] = np.array(paper, np.uint8)
    left, top = max(x0, 0), max(y0, 0)
    right, bottom = min(x0 + crop_px, width_px), min(y0 + crop_px, height_px)
    if left < right and top < bottom:
        crop[top - y0 : bottom - y0, left - x0 : right - x0] = page[top:bottom, left:right]
    if sheet is not None and sheet.has_bed:
        crop[~sheet_mask(sheet, crop_px, crop_px, origin_px=(x0, y0))] = np.array(paper, np.uint8)
    return crop


def specimen_tiles(
    page: np.ndarray,
    boxes_px: np.ndarray,
    centers_px: np.ndarray,
    *,
    name: str,
    crop_px: int,
    tile_px: int,
    sheet: Sheet | None = None,
    indices: Sequence[int] | None = None,
) -> Iterator[SpecimenTile]:
    """Cut a page's specimens, resized to `tile_px` by area means, or bicubically if enlarged.

    Args:
        page: uint8 [H, W, C].
        boxes_px: int [N, 4], ink boxes (x0, y0, x1, y1).
        centers_px: float [N, 2], (x, y).
        name: file name of the page.
        crop_px: side of the square on the page.
        tile_px: side of a tile.
        sheet: position of the paper on the scanner bed.
        indices: specimens to cut; None: all.
    """
    paper = paper_color(page)
    for i in range(len(centers_px)) if indices is None else indices:
        crop = cut_specimen(page, centers_px[i], crop_px, paper=paper, sheet=sheet)
        x, y = map(float, centers_px[i])
        x0, y0, x1, y1 = map(int, boxes_px[i])
        yield SpecimenTile(resize(crop, tile_px, tile_px), name, int(i), (x, y), (x0, y0, x1, y1))
