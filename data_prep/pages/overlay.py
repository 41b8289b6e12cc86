"""Draw overlays on copies of pages: the tile grid, or the detected specimens."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.pages.grid import Grid, cell_px, reach_px

GRID_RGB, TILE_RGB, PAPER_RGB = (214, 40, 40), (0, 92, 200), (255, 255, 255)
TOUCHING_RGB, CROP_RGB = (240, 130, 0), (150, 190, 240)
MAX_PX = 4000  # maximum longer side of a page with specimens

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont


def draw_grid(page: np.ndarray, grid: Grid, *, centers: np.ndarray, tile_px: int, label: str) -> np.ndarray:
    """Draw the cells, all tile centres, the middle tile with its rotation circle, and a label.

    Args:
        page: uint8 [H, W, C], C = 1 or 3.
        grid: the cells.
        centers: int [N, 2], (x, y) px of the tiles.
        tile_px: side of a tile.
        label: one line, drawn in the top left corner of the grid.

    Returns:
        uint8 [H, W, 3], a copy.
    """
    image = Image.fromarray(np.broadcast_to(page, (*page.shape[:2], 3)).copy())
    draw = ImageDraw.Draw(image)
    cell = cell_px(grid.dpi)
    line_px = max(1, round(cell / 85))  # 3 px at 300 dpi
    x0, y0, x1, y1 = grid.box_px
    for col in range(grid.cols + 1):
        draw.line([(x0 + col * cell, y0), (x0 + col * cell, y1)], fill=GRID_RGB, width=line_px)
    for row in range(grid.rows + 1):
        draw.line([(x0, y0 + row * cell), (x1, y0 + row * cell)], fill=GRID_RGB, width=line_px)
    for x, y in centers:
        draw.ellipse([x - line_px, y - line_px, x + line_px, y + line_px], fill=TILE_RGB)
    if len(centers):
        middle = np.abs(centers - np.median(centers, axis=0)).sum(axis=1).argmin()
        x, y = map(int, centers[middle])
        half, reach = tile_px // 2, math.trunc(reach_px(tile_px))
        draw.rectangle([x - half, y - half, x + half - 1, y + half - 1], outline=TILE_RGB, width=2 * line_px)
        draw.ellipse([x - reach, y - reach, x + reach, y + reach], outline=TILE_RGB, width=line_px)
    font = ImageFont.load_default(size=max(10, cell / 5))
    _label(draw, (max(x0, 0) + 4 * line_px, max(y0, 0) + 4 * line_px), label, font, 3 * line_px)
    return np.asarray(image)


def draw_specimens(
    page: np.ndarray, boxes_px: np.ndarray, centers_px: np.ndarray, *, touching: np.ndarray, crop_px: int
) -> np.ndarray:
    """Draw ink boxes, crops, and the number (from 1) and (x, y) of each centre; large pages are reduced.

    Args:
        page: uint8 [H, W, C], C = 1 or 3.
        boxes_px: int [N, 4], (x0, y0, x1, y1).
        centers_px: float [N, 2], (x, y).
        touching: bool [N], drawn in another colour.
        crop_px: side of the square around each centre.

    Returns:
        uint8 [h, w, 3], h and w at most 4000.
    """
    shrink = -(-max(page.shape) // MAX_PX)
    gray_or_rgb = Image.fromarray(page[..., 0] if page.shape[2] == 1 else page)
    image = (gray_or_rgb.reduce(shrink) if shrink > 1 else gray_or_rgb).convert("RGB")
    draw = ImageDraw.Draw(image)
    line_px = max(2, round(max(image.size) / 900))
    font = ImageFont.load_default(size=max(12, max(image.size) / 80))
    rows = zip(boxes_px / shrink, centers_px / shrink, centers_px, strict=True)
    for number, (box, center, at) in enumerate(rows, start=1):
        x, y = center
        half = crop_px / shrink / 2
        if 6 * half <= min(image.size):  # larger ones hide the page
            draw.rectangle([x - half, y - half, x + half, y + half], outline=CROP_RGB)
        color = TOUCHING_RGB if touching[number - 1] else TILE_RGB
        draw.rectangle([tuple(box[:2] - line_px), tuple(box[2:] + line_px - 1)], outline=color, width=line_px)
        place = f"{number}  {at[0]:.0f}, {at[1]:.0f}"  # in px of the page, as in adjustments.json
        _label(draw, (box[0] + line_px, box[1] + line_px), place, font, line_px)
        draw.ellipse([x - 2 * line_px, y - 2 * line_px, x + 2 * line_px, y + 2 * line_px], fill=GRID_RGB)
    joined = f", {int(touching.sum())} touch" if touching.any() else ""
    _label(draw, (4 * line_px, 4 * line_px), f"{len(boxes_px)} specimens{joined}", font, line_px)
    return np.asarray(image)


def _label(
    draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, font: Font, margin_px: float
) -> None:
    left, top, right, bottom = draw.textbbox(place, text, font=font)
    draw.rectangle([left - margin_px, top - margin_px, right + margin_px, bottom + margin_px], fill=PAPER_RGB)
    draw.text(place, text, fill=GRID_RGB, font=font)
