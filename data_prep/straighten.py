"""The sheet of paper on a scan, laid straight and cut out. Pure."""

import math

import numpy as np
from PIL import Image

from data_prep.blob_tiles import paper_color
from data_prep.paper import Sheet

LEVEL_DEG = 0.03  # a smaller skew moves the corners of a page by a pixel or two: pixels stay as they are


def straighten(page: np.ndarray, sheet: Sheet, *, trim_px: float) -> np.ndarray:
    """Turn a scan by the skew of its sheet and keep the sheet.

    Sampled bicubically; where the sheet reaches over the scan, its colour goes on.

    Args:
        page: uint8 [H, W, C], C = 1 or 3.
        sheet: where the paper lies on it, with a bed around.
        trim_px: cut off inside each side.

    Returns:
        uint8 [h, w, C].
    """
    width, height = (max(1, round(size - 2 * trim_px)) for size in sheet.size_px)
    center_x, center_y = sheet.corners_px.mean(axis=0)
    skew_rad = 0.0 if abs(sheet.angle_deg) < LEVEL_DEG else math.radians(sheet.angle_deg)
    c, s = math.cos(skew_rad), math.sin(skew_rad)
    # Along the sheet's top side x grows by c and y by -s; down its left side, x by s and y by c.
    x0 = center_x - width / 2 * c - height / 2 * s
    y0 = center_y + width / 2 * s - height / 2 * c
    if not s:
        x0, y0 = round(x0), round(y0)
    picture = Image.fromarray(page[..., 0] if page.shape[2] == 1 else page)
    paper = paper_color(_middle(page, center_x, center_y, min(width, height) // 4))
    turned = picture.transform(
        (width, height),
        Image.Transform.AFFINE,
        (c, s, x0, -s, c, y0),
        Image.Resampling.BICUBIC if s else Image.Resampling.NEAREST,
        fillcolor=paper[0] if len(paper) == 1 else paper,
    )
    return np.asarray(turned).reshape(height, width, page.shape[2])


def _middle(page: np.ndarray, x: float, y: float, reach: int) -> np.ndarray:
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    part = page[top : int(y) + reach + 1, left : int(x) + reach + 1]
    return part if part.size else page
