"""Cut overlapping tiles from pages without an orientation; each is rotated at random, half are mirrored."""

import dataclasses
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from data_prep.images.resize import resize
from data_prep.pages.grid import Grid, inside_page, reach_px, tile_centers
from data_prep.pages.sheet import paper_color


@dataclasses.dataclass(frozen=True)
class Tile:
    """A tile with its provenance."""

    image: np.ndarray  # uint8 [H, W, C]
    page: str
    index: int  # among all centres of the page's grid
    center_px: tuple[int, int]  # (x, y) on the page
    angle_deg: float  # counter-clockwise, after mirroring
    mirrored: bool

    @property
    def source(self) -> dict[str, Any]:
        """Provenance as stored in a record."""
        return {
            "page": self.page,
            "center_px": list(self.center_px),
            "angle_deg": self.angle_deg,
            "mirrored": self.mirrored,
        }


def cut_tile(
    page: np.ndarray,
    center: tuple[int, int],
    angle_deg: float,
    mirrored: bool,
    tile_px: int,
    *,
    paper: Sequence[int] | None = None,
) -> np.ndarray:
    """Cut one tile: mirror left-right about its centre first, then rotate counter-clockwise.

    Multiples of 90 degrees copy pixels, so angle 0 unmirrored is page[y - h : y + h, x - h : x + h],
    h = tile_px // 2. Other angles are sampled bicubically (Keys 1981, a = -3/4); a rotation keeps the scale
    and needs no prefilter. OpenCV computes in float32: results are deterministic on one processor; without
    fused multiply-add, about one value in tens of thousands is rounded differently.

    Args:
        page: uint8 [H, W, C].
        center: (x, y), the corner between four pixels.
        angle_deg: rotation, counter-clockwise.
        mirrored: whether to mirror first.
        tile_px: side in px, even.
        paper: C values that fill the area outside the page; None repeats its edge.

    Returns:
        uint8 [tile_px, tile_px, C].
    """
    turns, half = angle_deg / 90, tile_px // 2
    upright = turns == round(turns)
    reach = (
        half if upright else math.ceil(reach_px(tile_px)) + 2
    )  # the cubic kernel reaches two pixels further
    crop = _crop(page, center, reach, paper)
    if upright:
        return np.ascontiguousarray(np.rot90(crop[:, ::-1] if mirrored else crop, round(turns) % 4))
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    m = -1 if mirrored else 1
    # Tile point (u, v) relative to the centre samples page point (m (c u - s v), s u + c v): the inverse
    # rotation, y down. The halves are there because OpenCV counts from the centre of the first pixel.
    first = 0.5 - half
    inverse = np.array(
        [
            [m * c, -m * s, m * (c - s) * first + reach - 0.5],
            [s, c, (s + c) * first + reach - 0.5],
        ]
    )
    sampled = cv2.warpAffine(
        crop,
        inverse,
        (tile_px, tile_px),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return sampled.reshape(tile_px, tile_px, page.shape[2])


def blob_tiles(
    page: np.ndarray,
    grid: Grid,
    *,
    name: str,
    tile_px: int = 256,
    steps: int = 2,
    size: int | None = None,
    seed: int = 0,
    outside: str = "skip",
    indices: Iterable[int] | None = None,
) -> Iterator[Tile]:
    """Cut the tiles of a page in the order of their centres.

    Angle and mirroring of a tile depend only on (seed, name, index).

    Args:
        page: uint8 [H, W, C].
        grid: grid of the page.
        name: file name of the page.
        tile_px: side of a tile on the page in px.
        steps: tiles per cell along each axis.
        size: side to which tiles are resized in px; None: tile_px.
        seed: of angles and mirroring.
        outside: "skip" leaves out tiles that may cross the page edge, "paper" fills the outside with the
            median colour of the page.
        indices: tiles to cut; None: all that `outside` allows.

    Raises:
        InputError: tile_px or steps do not fit the grid.
    """
    centers = tile_centers(grid, tile_px, steps)
    angles_deg, mirrored = _poses(seed, name, len(centers))
    if indices is None:
        indices = tile_indices(centers, page.shape[0], page.shape[1], tile_px=tile_px, outside=outside)
    staying = inside_page(centers, page.shape[0], page.shape[1], tile_px)
    paper = None if outside == "skip" else paper_color(page)
    for i in indices:
        center = (int(centers[i, 0]), int(centers[i, 1]))
        around = None if staying[i] else paper
        image = cut_tile(page, center, float(angles_deg[i]), bool(mirrored[i]), tile_px, paper=around)
        image = image if size is None else resize(image, size, size)
        yield Tile(image, name, int(i), center, float(angles_deg[i]), bool(mirrored[i]))


def tile_indices(
    centers: np.ndarray, height_px: int, width_px: int, *, tile_px: int, outside: str = "skip"
) -> np.ndarray:
    """Indices of the centres whose tiles are cut: all, or those that stay on the page."""
    if outside == "paper":
        return np.arange(len(centers))
    return np.flatnonzero(inside_page(centers, height_px, width_px, tile_px))


def choose(indices: np.ndarray, *, count: int, seed: int, name: str) -> np.ndarray:
    """Choose at most `count` of `indices` at random from (seed, name); the order is preserved."""
    if len(indices) <= count:
        return indices
    order = np.random.default_rng([seed, _number(name), 1]).permutation(len(indices))
    return np.sort(indices[order[:count]])


def _poses(seed: int, name: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Angles float64 [N] in [0, 360) and mirroring bool [N]; row i is independent of `count`."""
    draws = np.random.default_rng([seed, _number(name)]).random((count, 2))
    return draws[:, 0] * 360, draws[:, 1] < 0.5


def _number(name: str) -> int:
    return zlib.crc32(name.encode(errors="surrogateescape"))


def _crop(page: np.ndarray, center: tuple[int, int], reach: int, paper: Sequence[int] | None) -> np.ndarray:
    """page[y - reach : y + reach, x - reach : x + reach]; outside the page, its repeated edge or `paper`."""
    x0, y0 = center[0] - reach, center[1] - reach
    x1, y1 = center[0] + reach, center[1] + reach
    height_px, width_px, channels = page.shape
    if x0 >= 0 and y0 >= 0 and x1 <= width_px and y1 <= height_px:
        return page[y0:y1, x0:x1]
    ys, xs = np.arange(y0, y1), np.arange(x0, x1)
    crop = page[np.clip(ys, 0, height_px - 1)[:, None], np.clip(xs, 0, width_px - 1)]
    if paper is not None:
        on_page = ((ys >= 0) & (ys < height_px))[:, None] & ((xs >= 0) & (xs < width_px))
        crop = np.where(on_page[..., None], crop, np.array(paper, np.uint8).reshape(1, 1, channels))
    return crop
