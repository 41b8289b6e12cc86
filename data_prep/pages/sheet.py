"""Find the sheet of paper on a darker scanner bed, straighten and crop it. Pure.

The sheet is the largest light region of a reduced copy, after ink is removed by morphological closing.
Straight lines are fitted to its sides, so skewed sheets and sheets that extend beyond the scan are found too.
Without a bed the sheet is the whole image. A bed begins at a clear edge, unlike shade on the paper.
"""

import dataclasses
import math

import numpy as np
import scipy
from PIL import Image, ImageDraw

LEVEL_DEG = 0.03  # a smaller skew moves corners by a pixel or two: no resampling


def _middle(page: np.ndarray, x: float, y: float, reach: int) -> np.ndarray:
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    part = page[top : int(y) + reach + 1, left : int(x) + reach + 1]
    return part if part.size else page


SMALL_PX = 800  # longer side of the reduced copy
BED_LEVEL = 0.85  # fraction of the paper lightness; darker pixels at the edge of the scan may be bed
MIN_BED = 0.02  # minimum dark fraction of the edge of a scan with a bed
MIN_SHEET = 0.2  # minimum area of a sheet, as a fraction of the scan
MAX_SHEET = 0.998  # above, the sheet fills the scan
MAX_SKEW_DEG = 15.0
EDGE_PX = 3  # of the reduced copy, on each side of the border of a sheet
MIN_STEP = 0.6  # part of the step over three times that distance; shade is softer
MIN_CONTRAST = 0.06  # of that step, as a fraction of the paper
MIN_FILLED = 0.85  # of the area within the fitted sides; shade is no rectangle


@dataclasses.dataclass(frozen=True)
class Sheet:
    """Position of a sheet of paper on a scan."""

    corners_px: np.ndarray  # float64 [4, 2], (x, y): top left, top right, bottom right, bottom left
    angle_deg: float  # of the top side to the horizontal, counter-clockwise; in (-15, 15)
    has_bed: bool  # False: the sheet fills the scan

    @property
    def size_px(self) -> tuple[float, float]:
        """(width, height) of the straightened sheet: means of opposite sides."""
        sides = np.linalg.norm(np.roll(self.corners_px, -1, axis=0) - self.corners_px, axis=1)
        return float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2


def find_paper(page: np.ndarray) -> tuple[int, int, int, int]:
    """Bounding box (x0, y0, x1, y1) px of the sheet on a scan, uint8 [H, W, C]; the scan without a bed."""
    height_px, width_px = page.shape[:2]
    corners = find_sheet(page).corners_px
    low = np.clip(np.floor(corners.min(axis=0)), 0, (width_px - 1, height_px - 1))
    high = np.clip(np.ceil(corners.max(axis=0)), low + 1, (width_px, height_px))
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def find_sheet(page: np.ndarray) -> Sheet:
    """Find the corners and the skew of the sheet.

    Args:
        page: uint8 [H, W, C], a scan; the bed, if any, is darker than the paper.

    Returns:
        The sheet; corners may be outside the scan.
    """
    height_px, width_px = page.shape[:2]
    factor = max(1, math.ceil(max(height_px, width_px) / SMALL_PX))
    small = shrink(page, factor)
    mask = _sheet_mask(small)
    if mask is None:
        return _whole(height_px, width_px)
    corners, angle_deg = _fit_sides(mask)
    inside = sheet_mask(Sheet(corners, angle_deg, has_bed=True), *mask.shape)
    is_rectangle = (mask & inside).sum() >= MIN_FILLED * (mask | inside).sum()
    if not (is_rectangle and _is_clear_edge(_without_ink(small), inside)):
        return _whole(height_px, width_px)
    return Sheet(corners * factor, angle_deg, has_bed=True)


def _whole(height_px: int, width_px: int) -> Sheet:
    corners = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float64)
    return Sheet(corners, 0.0, has_bed=False)


def _without_ink(small: np.ndarray) -> np.ndarray:
    """Close lines of ink, but not the bed, on a reduced copy."""
    return scipy.ndimage.grey_closing(small, size=_thick(small))


def _thick(small: np.ndarray) -> tuple[int, int]:
    """Size of a window wider than lines of ink."""
    side = max(3, round(max(small.shape) / 60) | 1)
    return side, side


def _is_clear_edge(closed: np.ndarray, inside: np.ndarray) -> bool:
    """Whether most of the step from bed to paper is within a few pixels of the border of the sheet."""
    padded = np.pad(inside, 1, mode="edge")  # the border of the scan is none of the sheet
    within = scipy.ndimage.distance_transform_edt(padded)[1:-1, 1:-1]
    outside = scipy.ndimage.distance_transform_edt(~padded)[1:-1, 1:-1]
    near, far = (1, EDGE_PX), (2 * EDGE_PX, 3 * EDGE_PX)
    steps = []
    for low, high in (near, far):
        paper, bed = closed[(within > low) & (within <= high)], closed[(outside > low) & (outside <= high)]
        if not (paper.size and bed.size):
            return True  # too narrow to tell
        steps.append(float(np.median(paper)) - float(np.median(bed)))
    return steps[0] >= max(MIN_STEP * steps[1], MIN_CONTRAST * float(np.percentile(closed, 90)))


def sheet_mask(
    sheet: Sheet,
    height_px: int,
    width_px: int,
    *,
    factor: int = 1,
    trim_px: float = 0,
    origin_px: tuple[int, int] = (0, 0),
) -> np.ndarray:
    """Mask of pixels on the sheet, at least `trim_px` from its sides: bool [H, W].

    Args:
        sheet: position on the full scan.
        height_px, width_px: size of the mask.
        factor: reduction factor of the mask.
        trim_px: margin cut off inside the sides, px of the scan.
        origin_px: (x, y) of the top left corner of the mask on the scan.
    """
    y = (np.arange(height_px) + 0.5)[:, None] * factor + origin_px[1]
    x = (np.arange(width_px) + 0.5)[None, :] * factor + origin_px[0]
    mask = np.ones((height_px, width_px), bool)
    for (x0, y0), (x1, y1) in zip(sheet.corners_px, np.roll(sheet.corners_px, -1, axis=0), strict=True):
        length = max(math.hypot(x1 - x0, y1 - y0), 1e-9)
        down, right = (x1 - x0) / length * (y - y0), (y1 - y0) / length * (x - x0)
        mask &= down.astype(np.float32) >= (right + trim_px).astype(np.float32)  # at least trim_px inside
    return mask


def convex_hull(mask: np.ndarray) -> np.ndarray:
    """Convex hull of a region, bool [h, w]; a line stays a line."""
    rows = np.flatnonzero(mask.any(axis=1))
    first, last = mask.argmax(axis=1)[rows], mask.shape[1] - 1 - mask[:, ::-1].argmax(axis=1)[rows]
    points = np.concatenate([np.stack([first, rows], 1), np.stack([last, rows], 1)])  # [2 * rows, 2]
    if len(np.unique(points[:, 0])) < 2 or len(rows) < 2:
        return mask
    hull = points[scipy.spatial.ConvexHull(points).vertices]
    image = Image.new("1", (mask.shape[1], mask.shape[0]))
    ImageDraw.Draw(image).polygon([(int(x), int(y)) for x, y in hull], fill=1)
    return np.asarray(image)


def shrink(page: np.ndarray, factor: int) -> np.ndarray:
    """uint8 [H, W, C] -> lightness uint8 [ceil(H / factor), ceil(W / factor)], by area means."""
    gray = page[..., 0] if page.shape[2] == 1 else luma(page)
    return np.asarray(Image.fromarray(gray).reduce(factor)) if factor > 1 else gray


def luma(page: np.ndarray) -> np.ndarray:
    """uint8 [H, W, C] -> (19595 R + 38470 G + 7471 B + 32768) >> 16, uint8 [H, W]; alpha over white."""
    if page.shape[2] == 1:
        return page[..., 0]
    image = Image.fromarray(page)
    if page.shape[2] == 4:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.asarray(image.convert("L"))


def _sheet_mask(small: np.ndarray) -> np.ndarray | None:
    """Mask of the sheet on a reduced copy, uint8 [h, w] -> bool [h, w]; None without a bed."""
    closed = _without_ink(small)
    edge = np.concatenate([closed[0], closed[-1], closed[:, 0], closed[:, -1]])
    paper = float(np.percentile(closed, 90))
    dark = edge < BED_LEVEL * paper
    if dark.mean() < MIN_BED:
        return None
    threshold = (paper + float(np.median(edge[dark]))) / 2
    light = scipy.ndimage.grey_opening((closed > threshold).view(np.uint8), _thick(small))  # removes glints
    labels, count = scipy.ndimage.label(light)
    if not count:
        return None
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    sheet = convex_hull(labels == areas.argmax())  # includes ink at the sides
    return sheet if MIN_SHEET <= sheet.mean() <= MAX_SHEET else None


def _fit_sides(mask: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit corners [4, 2], clockwise from the top left, and skew in degrees to a region, bool [h, w]."""
    height, width = mask.shape
    lines, skews_deg, weights = [], [], []
    for turns in range(4):  # np.rot90 brings the top, right, bottom and left side to the top
        start_y, slope, columns = _fit_top(np.rot90(mask, turns))
        span = width if turns % 2 == 0 else height
        ends = np.array([[0.0, start_y], [span, start_y + slope * span]])
        lines.append(_turn_back(ends, turns, height, width))
        skews_deg.append(-math.degrees(math.atan(slope)))
        weights.append(columns)
    angle_deg = float(np.average(skews_deg, weights=weights)) if sum(weights) else 0.0
    corners = np.array([_crossing(lines[side - 1], lines[side]) for side in range(4)])
    if abs(angle_deg) > MAX_SKEW_DEG or not np.isfinite(corners).all():  # not a rectangle: use its box
        rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        x0, y0, x1, y1 = cols[0], rows[0], cols[-1] + 1, rows[-1] + 1
        return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]], np.float64), 0.0
    return corners, angle_deg


def _fit_top(mask: np.ndarray) -> tuple[float, float, int]:
    """Fit the top side of a region as y = start_y + slope * x; return it and the number of columns used.

    Theil-Sen on columns half the width apart, which is robust to dents and to other sides beyond the corners;
    then least squares on columns within 1.5 px. (0, 0, 0) if the side is outside the scan.
    """
    top = mask.argmax(axis=0)
    x = np.flatnonzero(mask.any(axis=0))
    x = x[len(x) // 5 : len(x) - len(x) // 5]
    x = x[top[x] > 0]
    if len(x) < mask.shape[1] / 8:
        return 0.0, 0.0, 0
    y, half = top[x].astype(np.float64), len(x) // 2
    slope = float(np.median((y[half:] - y[: len(y) - half]) / (x[half:] - x[: len(x) - half])))
    start_y = float(np.median(y - slope * x))
    near = np.abs(y - start_y - slope * x) <= 1.5
    if near.sum() >= 2:
        slope, start_y = (float(v) for v in np.polyfit(x[near] + 0.5, y[near], 1))
    return start_y, slope, int(near.sum())


def _turn_back(points: np.ndarray, turns: int, height: float, width: float) -> np.ndarray:
    """Convert points [N, 2] (x, y) on np.rot90(image, turns) to points on the image, height x width."""
    x, y = points[:, 0], points[:, 1]
    turned = [(x, y), (width - y, x), (width - x, height - y), (y, height - x)]
    return np.stack(turned[turns], axis=1)


def _crossing(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Intersection of two lines, each through two points [2, 2]; not finite if parallel."""
    p, q = one[0], other[0]
    u, v = one[1] - p, other[1] - q
    area = u[0] * v[1] - u[1] * v[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return p + u * (((q - p)[0] * v[1] - (q - p)[1] * v[0]) / area)


def straighten(page: np.ndarray, sheet: Sheet, *, trim_px: float) -> np.ndarray:
    """Straighten the sheet of a scan and crop to it.

    Resampled bicubically; parts of the sheet outside the scan are filled with its colour.

    Args:
        page: uint8 [H, W, C], C = 1 or 3.
        sheet: position of the paper, on a bed.
        trim_px: margin cut off inside each side.

    Returns:
        uint8 [h, w, C].
    """
    width, height = (max(1, round(size - 2 * trim_px)) for size in sheet.size_px)
    center_x, center_y = sheet.corners_px.mean(axis=0)
    skew_rad = 0.0 if abs(sheet.angle_deg) < LEVEL_DEG else math.radians(sheet.angle_deg)
    c, s = math.cos(skew_rad), math.sin(skew_rad)
    # Along the top side of the sheet x grows by c and y by -s; down its left side, x by s and y by c.
    x0 = center_x - width / 2 * c - height / 2 * s
    y0 = center_y + width / 2 * s - height / 2 * c
    if not s:
        x0, y0 = round(x0), round(y0)
    image = Image.fromarray(page[..., 0] if page.shape[2] == 1 else page)
    paper = paper_color(_middle(page, center_x, center_y, min(width, height) // 4))
    turned = image.transform(
        (width, height),
        Image.Transform.AFFINE,
        (c, s, x0, -s, c, y0),
        Image.Resampling.BICUBIC if s else Image.Resampling.NEAREST,
        fillcolor=paper[0] if len(paper) == 1 else paper,
    )
    return np.asarray(turned).reshape(height, width, page.shape[2])


def paper_color(page: np.ndarray) -> tuple[int, ...]:
    """Median colour of a page, from a sample of about 100,000 pixels."""
    stride = max(1, math.isqrt(page.shape[0] * page.shape[1] // 100_000))
    return tuple(int(v) for v in np.median(page[::stride, ::stride], axis=(0, 1)))
