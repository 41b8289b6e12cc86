"""Plan the blob tiles of pages: grid, centres and number of tiles of each, from the headers of the files."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from data_prep import images
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.grid import MANY_STEPS, Grid, fit_grid, tile_centers
from data_prep.pages.selection import Pages
from data_prep.progress import Failures, Report, Warn, counted, ignore
from data_prep.tiles.blob import choose, tile_indices


@dataclasses.dataclass(frozen=True)
class BlobConfig:
    """Cutting of pages without an orientation."""

    dpi: float = 300
    """Resolution of the scans in dpi; a grid cell is 256/300 inch."""
    rows: int | Literal["auto"] = "auto"
    """Rows of grid cells; auto: as many as fit the page."""
    cols: int | Literal["auto"] = "auto"
    """Columns of grid cells; auto: as many as fit the page."""
    tile_px: int = 256
    """Side of a tile on the page in px."""
    steps: int = 2
    """Tiles per cell along each axis; more steps overlap more."""
    size: int | None = None
    """Side in px to which tiles are resized by area means; None: --tile-px."""
    mode: Mode | None = None
    """Channels of the tiles; None: gray if every page is gray, else rgb."""
    outside: Literal["skip", "paper"] = "skip"
    """Tiles that may cross the page edge: skip them, or fill the outside with the paper colour."""
    min_ink: float = 0.005
    """Leave out tiles with a smaller fraction of ink: blank ones, which a GAN learns first and tends to stay
    with. 0: keep all."""
    max_tiles: int | None = None
    """Maximum number of tiles per page, chosen at random; None: all."""
    seed: int = 0
    """Random seed of angles, mirroring and --max-tiles."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum page size in megapixels; larger pages are left out."""

    @property
    def side_px(self) -> int:
        """Side of a stored tile in px."""
        return self.tile_px if self.size is None else self.size


@dataclasses.dataclass(frozen=True)
class PagePlan:
    """The tiles to cut from one page."""

    path: Path
    grid: Grid
    centers: np.ndarray  # int [N, 2], (x, y) of all tiles of the grid in px
    leaving: int  # number of tiles that may cross the page edge
    indices: np.ndarray  # int [M], tiles that are cut
    dpi: float | None  # as stored in the file

    @property
    def name(self) -> str:
        return self.path.name

    def __str__(self) -> str:
        """Summary, e.g. "12 x 18 cells from 0, 0: 748 tiles"."""
        x, y = self.grid.offset_cell
        cells = f"{self.grid.rows} x {self.grid.cols} cells from {x:g}, {y:g}"
        leaving = f", {self.leaving} of {len(self.centers)} leave the page" if self.leaving else ""
        return f"{cells}: {counted(len(self.indices), 'tile')}{leaving}"


@dataclasses.dataclass(frozen=True)
class BlobPlan:
    """The tiles to cut from all pages."""

    source: Path  # folder of scans, or one scan
    pages: list[PagePlan]
    config: BlobConfig
    mode: Mode  # channels of the tiles
    failures: Failures  # pages that are left out; those that cannot be read are added when tiles are cut

    @property
    def count(self) -> int:
        """Number of tiles."""
        return sum(len(page.indices) for page in self.pages)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a tile."""
        return self.config.side_px, self.config.side_px, images.CHANNELS[self.mode]


def plan_blobs(pages: Pages, config: BlobConfig, *, report: Report = ignore, warn: Warn = ignore) -> BlobPlan:
    """Plan the tiles of selected pages.

    Args:
        pages: selected pages and their adjustments.
        config: cutting settings.
        report: called with each page that is left out, and the reason.
        warn: called with a message about unusual settings.

    Raises:
        InputError: an invalid setting, or no page can be cut.
    """
    images.check_max_megapixels(config.max_megapixels)
    failures = Failures(report)
    plans, mode = plan_pages(pages.paths, config, pages.adjustments, report=failures)
    if config.steps > MANY_STEPS:
        warn(f"--steps {config.steps}: above {MANY_STEPS}, animations spin without the lines moving")
    for plan in plans:
        if plan.dpi is not None and abs(plan.dpi - config.dpi) > 1:
            warn(f"{plan.name} is stored with {plan.dpi:g} dpi, --dpi is {config.dpi:g}")
            break
    return BlobPlan(pages.source, plans, config, mode, failures)


def plan_pages(
    paths: Sequence[Path], config: BlobConfig, adjustments: dict[str, Adjustment], *, report: Report
) -> tuple[list[PagePlan], Mode]:
    """Read the header of every page and place its grid.

    Args:
        paths: image files, in order.
        config: cutting settings.
        adjustments: by file name.
        report: called with each page that is left out, and the reason.

    Returns:
        The pages that can be cut, and the channels of the tiles.

    Raises:
        InputError: an invalid setting, or no page fits.
    """
    _check(config)
    plans: list[PagePlan] = []
    modes: set[Mode] = set()
    refused: dict[str, str] = {}
    for path in paths:
        try:
            header = images.read_header(path, max_megapixels=config.max_megapixels)
            plans.append(_plan_page(path, header, config, adjustments.get(path.name, Adjustment())))
            modes.add(header.mode)
        except InputError as error:
            refused[path.name] = str(error)
    if not plans:
        first, *others = dict.fromkeys(refused.values())
        raise InputError(f"{first} (and no other page can be cut)" if others else first)
    for name, reason in refused.items():
        report(name, reason)
    return plans, config.mode or ("gray" if modes == {"gray"} else "rgb")


def _check(config: BlobConfig) -> None:
    """Validate; raise InputError naming the flag."""
    if config.size is not None and config.size < 1:
        raise InputError(f"--size {config.size}: must be at least 1")
    if config.max_tiles is not None and config.max_tiles < 1:
        raise InputError(f"--max-tiles {config.max_tiles}: must be at least 1")
    if not 0 <= config.min_ink < 1:
        raise InputError(f"--min-ink {config.min_ink}: must be at least 0 and below 1")
    if config.seed < 0:
        raise InputError(f"--seed {config.seed}: must be at least 0")


def _plan_page(path: Path, header: images.Header, config: BlobConfig, adjustment: Adjustment) -> PagePlan:
    size_px = (header.height_px, header.width_px)
    grid = fit_grid(
        *size_px, dpi=config.dpi, rows=config.rows, cols=config.cols, offset_cell=adjustment.offset_cell
    )
    centers = tile_centers(grid, config.tile_px, config.steps)
    staying = len(tile_indices(centers, *size_px, tile_px=config.tile_px))
    indices = tile_indices(centers, *size_px, tile_px=config.tile_px, outside=config.outside)
    if config.max_tiles is not None:
        indices = choose(indices, count=config.max_tiles, seed=config.seed, name=path.name)
    if not len(indices):
        raise InputError(
            f"{path}: all {len(centers)} tiles leave the page of {size_px[1]} x {size_px[0]} px; "
            "reduce --rows and --cols, or use --outside paper"
        )
    return PagePlan(path, grid, centers, len(centers) - staying, indices, header.dpi)
