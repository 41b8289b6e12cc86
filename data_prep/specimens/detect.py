"""Where the specimens of a page stand: connected ink, roughly on a grid, dark on light. Pure.

1. The sheet is found on the scanner bed, ink is judged by the sheet's own lightness; straight thin lines
   that cross the sheet (scratches, ruled borders), frames and specks are taken away.
2. Ink that touches, or nearly (`gap`), is one piece.
3. Size rule: the size of a piece is the square root of its box's area. The reference is the size at which,
   from the largest piece down, half of all pieces' box area is reached: some dozens of specimens set it, not
   the hundreds of specks. A piece below `min_size` (0.25) times the reference is no specimen, but a speck, a
   figure number or a caption; neither is one that is narrower than a tenth of the reference, a line of text.
4. Where pieces stand on a lattice of rows and columns, pieces in one cell are parts of one specimen, and a
   piece that fills several cells is several specimens that touch. Elsewhere pieces are parted at the narrow
   necks between their bodies, and small ones within a large one's hull are part of it.
5. Boxes are drawn tight at full resolution, and ordered row by row.
"""

import dataclasses
import math

import numpy as np
import scipy

from data_prep.pages import sheet as paper
from data_prep.pages.sheet import find_paper
from data_prep.specimens import ink
from data_prep.specimens.ink_components import (
    Pieces,
    boxed,
    find_pieces,
    part_bodies,
    reference_size,
    without_specks_and_frames,
)
from data_prep.specimens.lattice import Lattice, fit_lattice, turn

__all__ = ["SpecimenGridConfig", "Specimens", "find_paper", "find_specimens"]

COARSE_PX = 1400  # longer side of the copy on which pieces are found
TRIM = 0.004  # of the page's longer side, cut off the sheet where it lies on a bed


@dataclasses.dataclass(frozen=True)
class SpecimenGridConfig:
    """What counts as one specimen."""

    gap: float = 0.003
    """Ink this near is one piece; a share of the page's longer side."""
    min_size: float = 0.25
    """Pieces below this share of the page's typical specimen are specks, numbers and captions."""
    lattice: bool = True
    """Join parts, and part neighbours that touch, where specimens stand in rows and columns."""


@dataclasses.dataclass(frozen=True)
class Specimens:
    """The specimens of a page, row by row."""

    boxes_px: np.ndarray  # int64 [N, 4], (x0, y0, x1, y1) around the ink
    centers_px: np.ndarray  # float64 [N, 2], (x, y), the middles of the boxes
    touching: np.ndarray  # bool [N], ink runs on into a neighbour
    dropped: int  # pieces of ink that are too small
    sheet: paper.Sheet  # where the paper lies

    def __len__(self) -> int:
        return len(self.boxes_px)


def find_specimens(
    page: np.ndarray,
    *,
    config: SpecimenGridConfig = SpecimenGridConfig(),
    centers_px: np.ndarray | None = None,
) -> Specimens:
    """Find the specimens of a page.

    Args:
        page: uint8 [H, W, C], dark on light.
        config: what counts as one.
        centers_px: float [N, 2], (x, y) of specimens that are known, e.g. corrected by hand. They are taken
            as they are; each has the box that is found around it, or an empty one.

    Returns:
        The specimens, row by row, or in the order of `centers_px`; there may be none.
    """
    gray = paper.luma(page)
    factor = max(1, math.ceil(max(gray.shape) / COARSE_PX))
    sheet = paper.find_sheet(page)
    trim_px = TRIM * max(gray.shape) if sheet.has_bed else 0
    height, width = (-(-side // factor) for side in gray.shape)
    on_sheet = paper.sheet_mask(sheet, height, width, factor=factor, trim_px=trim_px)
    levels = ink.ink_levels(gray, mask=on_sheet, factor=factor)
    cells = ink.without_rules(ink.ink_cells(gray, levels.threshold, factor) & on_sheet, on_sheet)
    cells = without_specks_and_frames(cells)
    pieces = find_pieces(cells, gap=config.gap)
    large = pieces.select(_large_enough(pieces, config.min_size))
    lattice = _find_lattice(large) if config.lattice else None
    if lattice is None:
        pieces, touching = part_bodies(find_pieces(cells, gap=0), gap=config.gap)
        kept = _large_enough(pieces, config.min_size)
        kept &= ~_within_others(pieces, kept)
        large, touching = pieces.select(kept), touching[kept]
        labels = large.labels
    else:
        labels, touching = _by_cell(pieces, large, lattice)
    boxes = tight_boxes(gray < levels.threshold, labels, factor)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    angle_deg = lattice.angle_deg if lattice else sheet.angle_deg
    rows = lattice.cells(centers / factor)[:, 1] if lattice else _rows(boxes, angle_deg)
    order = np.lexsort((turn(centers, angle_deg)[:, 0], rows))
    found = Specimens(boxes[order], centers[order], touching[order], len(pieces) - len(large), sheet)
    return found if centers_px is None else _around(found, centers_px)


def _around(found: Specimens, centers_px: np.ndarray) -> Specimens:
    """The boxes found around given centres, the nearest by its middle where there are several."""
    boxes, touching = np.zeros((len(centers_px), 4), np.int64), np.zeros(len(centers_px), bool)
    for index, center in enumerate(centers_px):
        boxes[index] = np.rint(np.tile(center, 2))
        holding = np.flatnonzero(
            ((found.boxes_px[:, :2] <= center) & (center <= found.boxes_px[:, 2:])).all(axis=1)
        )
        if len(holding):
            off = np.abs(found.centers_px[holding] - center).sum(axis=1)
            boxes[index] = found.boxes_px[holding[off.argmin()]]
            touching[index] = found.touching[holding[off.argmin()]]
    return dataclasses.replace(found, boxes_px=boxes, centers_px=centers_px, touching=touching)


def _large_enough(pieces: Pieces, min_size: float) -> np.ndarray:
    reference = reference_size(pieces.sizes)
    return (pieces.sizes >= min_size * reference) & (
        pieces.sides.min(axis=1, initial=10**9) >= 0.1 * reference
    )


def _within_others(pieces: Pieces, large: np.ndarray) -> np.ndarray:
    """Which pieces lie in the convex hull of a large one and are less than a fifth as long, bool [N]."""
    within = np.zeros(len(pieces), bool)
    for index in np.flatnonzero(large):
        x0, y0, x1, y1 = pieces.boxes[index]
        inside = (pieces.boxes[:, :2] >= (x0, y0)).all(axis=1) & (pieces.boxes[:, 2:] <= (x1, y1)).all(axis=1)
        inside &= pieces.sizes < 0.2 * pieces.sizes[index]
        if inside.any():
            hull = paper.convex_hull(pieces.labels[y0:y1, x0:x1] == index + 1)
            x, y = (pieces.centers[inside] - (x0, y0)).astype(int).T
            within[inside] |= hull[y, x]
    return within


def _find_lattice(pieces: Pieces) -> Lattice | None:
    """The lattice on which pieces stand, most of them near the middle of a cell no smaller than they."""
    if not len(pieces):
        return None
    lattice = fit_lattice(pieces.centers, pieces.sizes, min_pitch=0.8 * reference_size(pieces.sizes))
    if lattice is None:
        return None
    middling = (np.abs(lattice.off_middle(pieces.centers)) < 0.35).all(axis=1)
    fitting = (pieces.sides < 1.2 * np.array(lattice.pitch)).all(axis=1)
    return lattice if (middling & fitting).mean() >= 0.8 else None


def _by_cell(pieces: Pieces, large: Pieces, lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Labels of specimens, int32 [h, w], one per cell of the lattice, and which of them touch, bool [N].

    In shares of the reference size: the largest piece of a cell is a specimen if it is 0.25 long and near the
    middle of the cell, or 0.5 long; if it is flat, below 0.35, there must be others in its row that are not,
    unlike around a line of text. Of the other pieces in the cell those are parts that overlap its box, those
    0.2 long that are not flat or not far out, and those 0.35 long that are no further than 0.25 from it; what
    is left are figure numbers and captions.
    """
    reference = reference_size(large.sizes)
    pieces, touching = _part_by_cell(pieces, lattice, reference)
    cells, off_middle = lattice.cells(pieces.centers), np.abs(lattice.off_middle(pieces.centers))
    longest, shortest = pieces.sides.max(axis=1) / reference, pieces.sides.min(axis=1) / reference
    outer = (off_middle > 0.3).any(axis=1)
    rows = set(cells[(shortest >= 0.35) & ~outer, 1].tolist())
    members: dict[tuple[int, int], list[int]] = {}
    for index, (col, row) in enumerate(cells.tolist()):
        members.setdefault((col, row), []).append(index)
    numbers, joined = np.zeros(len(pieces) + 1, np.int32), []
    for (_, row), parts in members.items():
        main = max(parts, key=lambda index: (pieces.sizes[index], -index))
        flat = shortest[main] < 0.35
        if longest[main] < (0.5 if outer[main] else 0.25) or (flat and (outer[main] or row not in rows)):
            continue
        joined.append(False)
        for index in parts:
            starts = np.maximum(pieces.boxes[index, :2], pieces.boxes[main, :2])
            away = (starts - np.minimum(pieces.boxes[index, 2:], pieces.boxes[main, 2:])).max() / reference
            caption = outer[index] and shortest[index] < 0.2 and (away > 0.25 or longest[index] < 0.35)
            if away < 0 or (longest[index] > 0.2 and not caption):
                numbers[index + 1] = len(joined)
                joined[-1] |= bool(touching[index])
    return numbers[pieces.labels], np.array(joined, bool)


def _part_by_cell(pieces: Pieces, lattice: Lattice, reference: float) -> tuple[Pieces, np.ndarray]:
    """Pieces that fill several cells, parted at the cells' borders; which pieces are such parts, bool [N]."""
    labels, last, parts = pieces.labels.copy(), len(pieces), []
    limit = 1.15 * np.array(lattice.pitch)
    typical = (pieces.labels > 0).sum() / max(1, (pieces.sizes > 0.5 * reference).sum())  # ink of one
    for index in np.flatnonzero((pieces.sides > limit).any(axis=1)):
        y, x = np.nonzero(pieces.labels == index + 1)
        cells, inverse, counts = np.unique(
            lattice.cells(np.stack([x, y], axis=1) + 0.5), axis=0, return_inverse=True, return_counts=True
        )
        full = np.flatnonzero(counts > 0.3 * typical)
        if len(full) < 2:
            continue
        distance = np.abs(cells[:, None] - cells[full][None]).sum(axis=2)
        owner = distance.argmin(axis=1)[inverse.ravel()]  # stray ink goes to the nearest full cell
        labels[y, x] = np.where(owner == 0, index + 1, last + owner)
        parts += [index + 1, *range(last + 1, last + len(full))]
        last += len(full) - 1
    touching = np.zeros(last + 1, bool)
    touching[parts] = True
    return boxed(labels), touching[1:]


def tight_boxes(dark: np.ndarray, labels: np.ndarray, factor: int) -> np.ndarray:
    """Boxes around the ink of each label at full resolution.

    Args:
        dark: bool [H, W], pixels of ink.
        labels: int32 [h, w], cells of factor x factor pixels, each labelled one with a pixel of ink.
        factor: pixels per cell.

    Returns:
        int64 [N, 4], (x0, y0, x1, y1) px, for labels 1..N.
    """
    boxes = np.zeros((int(labels.max(initial=0)), 4), np.int64)
    for index, (rows, cols) in enumerate(scipy.ndimage.find_objects(labels)):
        own = labels[rows, cols] == index + 1
        x0, y0 = cols.start * factor, rows.start * factor

        def first(cells: np.ndarray, pixels: np.ndarray) -> int:
            """The first row with ink: bool [w] cells of the outermost row, bool [factor, W] pixels."""
            inked = pixels & np.repeat(cells, factor)[None, : pixels.shape[1]]
            return int(inked.any(axis=1).argmax())

        area = dark[y0 : rows.stop * factor, x0 : cols.stop * factor]
        last_y, last_x = (len(own) - 1) * factor, (own.shape[1] - 1) * factor
        boxes[index] = (
            x0 + first(own[:, 0], area[:, :factor].T),
            y0 + first(own[0], area[:factor]),
            x0 + area.shape[1] - first(own[:, -1], area[:, last_x:][:, ::-1].T),
            y0 + area.shape[0] - first(own[-1], area[last_y:][::-1]),
        )
    return boxes


def _rows(boxes: np.ndarray, angle_deg: float) -> np.ndarray:
    """Which row each box belongs to, int64 [N]: those that overlap its highest by half."""
    v = turn((boxes[:, :2] + boxes[:, 2:]) / 2, angle_deg)[:, 1]
    heights = boxes[:, 3] - boxes[:, 1]
    rows = np.zeros(len(boxes), np.int64)
    row, middle, reach = -1, -math.inf, 0.0
    for index in np.argsort(v, kind="stable"):
        if v[index] > middle + reach:
            row, middle, reach = row + 1, v[index], heights[index] / 2
        rows[index] = row
    return rows
