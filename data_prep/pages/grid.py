"""The tile grid of a blob page: cells of 256/300 inch, and tile centres at steps within them. Pure.

x right, y down; boxes half-open, in page px; offsets in cells. A tile may be rotated by any angle about
its centre, so centres are at least half a diagonal, `reach_px`, from the border of the grid.
"""

import dataclasses
import math
from typing import Literal

import numpy as np

from data_prep.errors import InputError

MANY_STEPS = 8  # above, neighbouring tiles overlap so much that animations spin and lines do not move


@dataclasses.dataclass(frozen=True)
class Grid:
    """`rows` x `cols` cells from `offset_cell` (x, y), in cells from the top left page corner."""

    dpi: float
    rows: int
    cols: int
    offset_cell: tuple[float, float] = (0.0, 0.0)

    @property
    def box_px(self) -> tuple[float, float, float, float]:
        """Bounding box (x0, y0, x1, y1) of the grid, px."""
        cell = cell_px(self.dpi)
        x0, y0 = self.offset_cell[0] * cell, self.offset_cell[1] * cell
        return x0, y0, x0 + self.cols * cell, y0 + self.rows * cell


def cell_px(dpi: float) -> int:
    """Side of a cell in px: 256 px at 300 dpi, 512 at 600, 1024 at 1200."""
    return math.trunc(dpi / 300 * 256)


def reach_px(tile_px: int) -> float:
    """Maximum distance of a rotated tile from its centre in px: half its diagonal."""
    return tile_px * math.sqrt(2) / 2


def fit_grid(
    height_px: int,
    width_px: int,
    *,
    dpi: float,
    rows: int | Literal["auto"] = "auto",
    cols: int | Literal["auto"] = "auto",
    offset_cell: tuple[float, float] = (0.0, 0.0),
) -> Grid:
    """Fit a grid to a page; "auto" is the number of whole cells from the offset to the far edge of the page.

    Raises: InputError: dpi or a number of cells is not positive, or no cell fits.
    """
    cell = cell_px(dpi) if 0 < dpi < math.inf else 0
    if cell < 1:
        raise InputError(f"--dpi {dpi:g}: must be at least 2 (a cell is 256/300 inch)")
    fitting_rows = math.floor(height_px / cell - offset_cell[1])
    fitting_cols = math.floor(width_px / cell - offset_cell[0])
    grid = Grid(
        dpi, fitting_rows if rows == "auto" else rows, fitting_cols if cols == "auto" else cols, offset_cell
    )
    if grid.rows < 1 or grid.cols < 1:
        raise InputError(
            f"a page of {width_px} x {height_px} px has {grid.rows} rows x {grid.cols} columns of cells, "
            f"{cell} px at --dpi {dpi:g}; pass the --dpi of the scan, or --rows and --cols of at least 1"
        )
    return grid


def tile_centers(grid: Grid, tile_px: int, steps: int) -> np.ndarray:
    """Centres of all tiles whose rotation circle is within the grid.

    Args:
        grid: the cells.
        tile_px: side of a tile, even.
        steps: tiles per cell along each axis; neighbours are cell_px // steps apart.

    Returns:
        int64 [N, 2], (x, y) in page px, row by row from the top.

    Raises:
        InputError: tile_px or steps is invalid, or no tile fits the grid.
    """
    cell = cell_px(grid.dpi)
    if not 1 <= steps <= cell:
        raise InputError(f"--steps {steps}: must be 1 to {cell}, the cell side in px")
    if tile_px < 2 or tile_px % 2:
        raise InputError(f"--tile-px {tile_px}: must be even and at least 2")
    x0, y0, x1, y1 = grid.box_px
    reach = reach_px(tile_px)
    xs = np.arange(math.trunc(x0 + reach), math.trunc(x1 - reach), cell // steps)
    ys = np.arange(math.trunc(y0 + reach), math.trunc(y1 - reach), cell // steps)
    if not (xs.size and ys.size):
        raise InputError(
            f"--tile-px {tile_px}: a rotated tile needs {math.ceil(2 * reach) + 1} px, but the grid of "
            f"{grid.rows} x {grid.cols} cells is {x1 - x0:g} x {y1 - y0:g} px; "
            "use a smaller tile or a larger grid"
        )
    y, x = np.meshgrid(ys, xs, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)  # [N, 2]


def inside_page(centers: np.ndarray, height_px: int, width_px: int, tile_px: int) -> np.ndarray:
    """Mask of tiles whose rotation circle is on the page: int centres [N, 2] -> bool [N]."""
    reach = math.trunc(reach_px(tile_px))
    far_side = np.array([width_px, height_px]) - reach
    return np.all((centers >= reach) & (centers <= far_side), axis=1)
