"""Where the tiles of a blob page lie: cells of 256/300 inch, and tile centres at steps inside them. Pure.

x right, y down; boxes half-open, in page px; offsets in cells. A tile may be turned by any angle about
its centre, so centres keep half a diagonal, `reach_px`, inside the grid.
"""

import dataclasses
import math
from typing import Literal

import numpy as np

from data_prep.errors import InputError

MANY_STEPS = 8  # beyond, neighbouring tiles overlap so much that animations spin and lines stand still


@dataclasses.dataclass(frozen=True)
class Grid:
    """`rows` x `cols` cells that begin at `offset_cell` (x, y), in cells from the page's corner."""

    dpi: float
    rows: int
    cols: int
    offset_cell: tuple[float, float] = (0.0, 0.0)

    @property
    def box_px(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) of the whole grid."""
        cell = cell_px(self.dpi)
        x0, y0 = self.offset_cell[0] * cell, self.offset_cell[1] * cell
        return x0, y0, x0 + self.cols * cell, y0 + self.rows * cell


def cell_px(dpi: float) -> int:
    """Side of a cell: 256 px at 300 dpi, 512 at 600, 1024 at 1200."""
    return math.trunc(dpi / 300 * 256)


def reach_px(tile_px: int) -> float:
    """How far a tile reaches from its centre when it is turned: half its diagonal."""
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
    """The grid of a page: "auto" is as many whole cells as lie between the offset and the page's far edge.

    Raises: InputError: dpi or a number of cells is not positive, or no cell fits.
    """
    cell = cell_px(dpi) if 0 < dpi < math.inf else 0
    if cell < 1:
        raise InputError(f"--dpi is {dpi:g}; a cell of 256/300 inch needs at least 2")
    fitting_rows = math.floor(height_px / cell - offset_cell[1])
    fitting_cols = math.floor(width_px / cell - offset_cell[0])
    grid = Grid(
        dpi, fitting_rows if rows == "auto" else rows, fitting_cols if cols == "auto" else cols, offset_cell
    )
    if grid.rows < 1 or grid.cols < 1:
        raise InputError(
            f"a page of {width_px} x {height_px} px has {grid.rows} rows x {grid.cols} columns of cells, "
            f"{cell} px at --dpi {dpi:g}: give the scan's --dpi, or --rows and --cols from 1"
        )
    return grid


def tile_centers(grid: Grid, tile_px: int, steps: int) -> np.ndarray:
    """Centres of all tiles whose turning circle lies in the grid.

    Args:
        grid: the cells.
        tile_px: side of a tile, even.
        steps: tiles per cell along each axis; neighbours are cell_px // steps apart.

    Returns:
        int64 [N, 2], (x, y) in page px, row by row from the top.

    Raises:
        InputError: tile_px or steps is not allowed, or no tile fits the grid.
    """
    cell = cell_px(grid.dpi)
    if not 1 <= steps <= cell:
        raise InputError(f"--steps is {steps}; a cell of {cell} px takes 1 to {cell}")
    if tile_px < 2 or tile_px % 2:
        raise InputError(f"--tile-px is {tile_px}; it should be even and at least 2")
    x0, y0, x1, y1 = grid.box_px
    reach = reach_px(tile_px)
    xs = np.arange(math.trunc(x0 + reach), math.trunc(x1 - reach), cell // steps)
    ys = np.arange(math.trunc(y0 + reach), math.trunc(y1 - reach), cell // steps)
    if not (xs.size and ys.size):
        raise InputError(
            f"--tile-px {tile_px} takes {math.ceil(2 * reach) + 1} px to turn in; the grid of {grid.rows} x "
            f"{grid.cols} cells is {x1 - x0:g} x {y1 - y0:g} px: make the tile smaller or the grid larger"
        )
    y, x = np.meshgrid(ys, xs, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)  # [N, 2]


def inside_page(centers: np.ndarray, height_px: int, width_px: int, tile_px: int) -> np.ndarray:
    """Which turning circles lie on the page: bool [N] for int centres [N, 2]."""
    reach = math.trunc(reach_px(tile_px))
    far_side = np.array([width_px, height_px]) - reach
    return np.all((centers >= reach) & (centers <= far_side), axis=1)
