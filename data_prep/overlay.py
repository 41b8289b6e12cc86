"""A page copy for the eye: the grid drawn on it, a tile in its place, and how many tiles that makes."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_prep.grid import Grid, cell_px, reach_px

GRID_RGB, TILE_RGB, PAPER_RGB = (214, 40, 40), (0, 92, 200), (255, 255, 255)


def draw_grid(page: np.ndarray, grid: Grid, *, centers: np.ndarray, tile_px: int, label: str) -> np.ndarray:
    """Draw the cells, the middle tile with the circle it may turn in, all tile centres, and a label.

    Args:
        page: uint8 [H, W, C], C = 1 or 3.
        grid: its cells.
        centers: int [N, 2], (x, y) px of the tiles to be cut.
        tile_px: their side.
        label: one line, drawn in the grid's corner.

    Returns:
        uint8 [H, W, 3], a copy.
    """
    picture = Image.fromarray(np.broadcast_to(page, (*page.shape[:2], 3)).copy())
    draw = ImageDraw.Draw(picture)
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
    place = (max(x0, 0) + 4 * line_px, max(y0, 0) + 4 * line_px)
    left, top, right, bottom = draw.textbbox(place, label, font=font)
    margin = 3 * line_px
    draw.rectangle([left - margin, top - margin, right + margin, bottom + margin], fill=PAPER_RGB)
    draw.text(place, label, fill=GRID_RGB, font=font)
    return np.asarray(picture)
