"""Pages of a dataset prepared for live tiles: reduced to the tiles' scale, with allowed tile centres."""

import concurrent.futures
import dataclasses
import math
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.images.resize import resize
from data_prep.pages.grid import cell_px, reach_px
from data_prep.pages.sheet import find_sheet, paper_color, sheet_mask
from data_prep.records.dataset import Dataset
from data_prep.records.pages import grid_of
from data_prep.specimens.tiles import CELLS
from gan.config import LiveConfig
from gan.data.live_tiles import Sites

CUBIC_PX = 2  # reach of a bicubic sample


@dataclasses.dataclass(frozen=True)
class LivePages:
    """Pages in host memory, and the geometry of tiles cut from them."""

    pages: np.ndarray  # uint8 [P, H, W, C], reduced; smaller ones are padded right and below with their edge
    scale: np.ndarray  # float32 [P, 2], reduced px per page px along x and y
    margin_px: int  # paper around each reduced page
    sites: Sites  # in px of the pages as scanned
    tile_px: int  # side of a tile on a page as scanned
    size: int  # side of a training image
    supersample: int
    quarter_turns: bool  # specimens: multiples of 90 degrees; else any angle
    skipped: tuple[str, ...]  # pages too small for a tile

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C) of a tile."""
        return self.size, self.size, self.pages.shape[3]

    def describe(self) -> str:
        """One line about the pages."""
        p, height, width = self.pages.shape[:3]
        what = "specimens" if self.quarter_turns else "pages"
        count = len(self.sites.page) if self.quarter_turns else p
        return (
            f"live tiles of {self.tile_px} px, trained at {self.size} px, from {count} {what} "
            f"({p} pages of up to {width} x {height} px at their scale, {self.pages.nbytes / 1e6:.0f} MB)"
        )


def load_pages(dataset: Dataset, config: LiveConfig, *, resolution: int | None) -> LivePages:
    """Read the pages of a dataset, reduce them by area averaging, and find the allowed tile centres.

    Pages are reduced until a tile is `supersample` times its training size: this avoids aliasing and saves
    memory. Centres of blob tiles are anywhere in the grid where the tile's circumscribed circle is inside
    grid and page; those of specimen tiles are within a jitter of the specimen's centre. Specimen tiles
    outside the page, or outside the sheet on a scanner bed, show paper.

    Raises: InputError: all pages are too small for a tile. WorkError: a record is damaged.
    """
    first = dataset[0].source
    specimens = first["centers_px"] is not None
    default_px = math.trunc(cell_px(first["dpi"]) * (CELLS if specimens else 1)) // 2 * 2
    tile_px = config.tile_px or default_px
    size = resolution or tile_px
    supersample = max(1, min(config.supersample, tile_px // size))
    reduction = max(1.0, tile_px / (size * supersample))
    jitter_px = config.jitter * tile_px
    margin_px = math.ceil((tile_px / 2 + jitter_px) / reduction) + CUBIC_PX if specimens else 0

    def load(index: int) -> tuple[np.ndarray, tuple[float, float], list[_Box], str]:
        record = dataset[index]
        height, width = record.image.shape[:2]
        boxes = _boxes(record.source, height, width, tile_px=tile_px, jitter_px=jitter_px)
        page = _without_bed(record.image) if specimens else record.image
        small = resize(page, max(1, round(height / reduction)), max(1, round(width / reduction)))
        scale = small.shape[1] / width, small.shape[0] / height
        return _with_paper(small, margin_px), scale, boxes, record.source["page"]

    with concurrent.futures.ThreadPoolExecutor() as pool:
        loaded = list(pool.map(load, range(len(dataset))))
    usable = [page for page in loaded if page[2]]
    if not usable:
        raise InputError(
            f"no tile of {tile_px} px fits on a page of {dataset.folder}; use a smaller --tile-px"
        )
    height, width = (max(page[0].shape[axis] for page in usable) for axis in (0, 1))
    return LivePages(
        pages=np.stack([_filled_up(page[0], height, width) for page in usable]),
        scale=np.array([page[1] for page in usable], np.float32),
        margin_px=margin_px,
        sites=_sites([page[2] for page in usable]),
        tile_px=tile_px,
        size=size,
        supersample=supersample,
        quarter_turns=specimens,
        skipped=tuple(page[3] for page in loaded if not page[2]),
    )


_Box = tuple[float, float, float, float]  # x0, y0, x1, y1 of centres


def _boxes(
    source: dict[str, Any], height_px: int, width_px: int, *, tile_px: int, jitter_px: float
) -> list[_Box]:
    """Boxes of allowed tile centres, in px of the page."""
    if source["centers_px"] is not None:
        return [(x - jitter_px, y - jitter_px, x + jitter_px, y + jitter_px) for x, y in source["centers_px"]]
    x0, y0, x1, y1 = grid_of(source).box_px
    reach = reach_px(tile_px)
    x0, y0 = max(x0, 0) + reach, max(y0, 0) + reach
    x1, y1 = min(x1, width_px) - reach, min(y1, height_px) - reach
    return [(x0, y0, x1, y1)] if x0 < x1 and y0 < y1 else []


def _sites(boxes: list[list[_Box]]) -> Sites:
    page = np.repeat(np.arange(len(boxes)), [len(found) for found in boxes])
    flat = np.array([box for found in boxes for box in found])  # [S, 4]
    area = np.maximum(flat[:, 2:] - flat[:, :2], 1e-6).prod(axis=1)  # equal for all without jitter
    area_cdf = (np.cumsum(area) / area.sum()).astype(np.float32)
    low, high = flat[:, :2].astype(np.float32), flat[:, 2:].astype(np.float32)
    return Sites(page.astype(np.int32), low, high, area_cdf)


def _without_bed(page: np.ndarray) -> np.ndarray:
    """`page` with the scanner bed around its sheet replaced by paper."""
    sheet = find_sheet(page)
    if not sheet.has_bed:
        return page
    bed = ~sheet_mask(sheet, *page.shape[:2])
    covered = page.copy()
    covered[bed] = paper_color(page)
    return covered


def _with_paper(page: np.ndarray, margin_px: int) -> np.ndarray:
    """`page` with a margin of its median colour."""
    if not margin_px:
        return page
    height, width, channels = page.shape
    framed = np.empty((height + 2 * margin_px, width + 2 * margin_px, channels), np.uint8)
    framed[:] = paper_color(page)
    framed[margin_px : margin_px + height, margin_px : margin_px + width] = page
    return framed


def _filled_up(page: np.ndarray, height: int, width: int) -> np.ndarray:
    below, right = height - page.shape[0], width - page.shape[1]
    return np.pad(page, ((0, below), (0, right), (0, 0)), mode="edge")
