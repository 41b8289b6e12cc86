"""Detect the specimens of a page: connected dark ink, roughly on a grid. Pure.

1. Invert the page if it is light on dark. Find the sheet on the scanner bed, divide out uneven light, and
   find the ink threshold of the sheet; remove straight thin lines across the sheet (scratches, ruled
   borders), frames and specks.
2. Ink within `gap` is one piece.
3. The size of a piece is the square root of its box area. The reference is the area-weighted median size:
   specimens determine it, not hundreds of specks. A piece below `min_size` (0.25) times the reference is a
   speck, figure number or caption; a piece narrower than a tenth of the reference is a line of text.
4. If pieces are on a lattice of rows and columns, pieces in one cell are parts of one specimen, and a piece
   that fills several cells is several touching specimens. Otherwise pieces are split at narrow necks, and
   small pieces in the convex hull of a large one are part of it.
5. Compute tight boxes at full resolution, in row-major order.
"""

import dataclasses
import math

import numpy as np
import scipy

from data_prep.pages import sheet as paper
from data_prep.pages.drawing import Correction, correct, find_correction
from data_prep.pages.polarity import invert, is_light_on_dark
from data_prep.pages.sheet import find_paper
from data_prep.specimens import ink
from data_prep.specimens.ink_components import (
    Pieces,
    boxed,
    find_pieces,
    reference_size,
    split_bodies,
    without_specks_and_frames,
)
from data_prep.specimens.lattice import Lattice, fit_lattice, rotate

__all__ = ["SpecimenGridConfig", "Specimens", "around_centers", "find_paper", "find_specimens"]

COARSE_PX = 1400  # longer side of the coarse page
UNCHANGED = Correction()
TRIM = 0.004  # fraction of the longer side that is trimmed from a sheet on a bed


@dataclasses.dataclass(frozen=True)
class SpecimenGridConfig:
    """Detection of specimens."""

    gap: float = 0.003
    """Maximum gap within a piece, as a fraction of the longer side of the page."""
    min_size: float = 0.25
    """Minimum size of a specimen, as a fraction of the typical specimen of the page."""
    lattice: bool = True
    """Merge parts and split touching neighbours if specimens are in rows and columns."""


@dataclasses.dataclass(frozen=True)
class Specimens:
    """The specimens of a page, row-major."""

    boxes_px: np.ndarray  # int64 [N, 4], (x0, y0, x1, y1) around the ink
    centers_px: np.ndarray  # float64 [N, 2], (x, y), centres of the boxes
    touching: np.ndarray  # bool [N], the ink touches a neighbour
    dropped: int  # number of pieces that are too small
    sheet: paper.Sheet  # position of the paper
    kept: Correction = UNCHANGED  # light of the page, corrected to find them but not in their tiles

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
        page: uint8 [H, W, C], dark on light, or light on dark (see polarity).
        config: detection settings.
        centers_px: float [N, 2], (x, y) of known specimens, e.g. corrected by hand. They are not changed;
            each gets the box that is detected around it, or an empty one.

    Returns:
        The specimens, row-major, or in the order of `centers_px`; possibly none.
    """
    gray = paper.luma(page)
    factor = max(1, math.ceil(max(gray.shape) / COARSE_PX))
    sheet = paper.find_sheet(page)
    is_board = not sheet.has_bed and is_light_on_dark(page)
    if is_board:
        gray = invert(gray)
        sheet = paper.find_sheet(gray[..., None])
    trim_px = TRIM * max(gray.shape) if sheet.has_bed else 0
    height, width = (-(-side // factor) for side in gray.shape)
    on_sheet = paper.sheet_mask(sheet, height, width, factor=factor, trim_px=trim_px)
    inside = np.repeat(np.repeat(on_sheet, factor, axis=0), factor, axis=1)[: gray.shape[0], : gray.shape[1]]
    light = find_correction(gray[..., None], invert_it="off", inside=inside if sheet.has_bed else None)
    gray = correct(gray[..., None], light)[..., 0]
    levels = ink.ink_levels(gray, mask=on_sheet, factor=factor)
    cells = ink.without_rules(ink.ink_cells(gray, levels.threshold, factor) & on_sheet, on_sheet)
    cells = without_specks_and_frames(cells)
    pieces = find_pieces(cells, gap=config.gap)
    large = pieces.select(_large_enough(pieces, config.min_size))
    lattice = _find_lattice(large) if config.lattice else None
    if lattice is None:
        pieces, touching = split_bodies(find_pieces(cells, gap=0), gap=config.gap)
        selected = _large_enough(pieces, config.min_size)
        selected &= ~_within_others(pieces, selected)
        large, touching = pieces.select(selected), touching[selected]
        labels = large.labels
    else:
        labels, touching = _by_cell(pieces, large, lattice)
    boxes = tight_boxes(gray < levels.threshold, labels, factor)
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2
    angle_deg = lattice.angle_deg if lattice else sheet.angle_deg
    rows = lattice.cells(centers / factor)[:, 1] if lattice else _rows(boxes, angle_deg)
    order = np.lexsort((rotate(centers, angle_deg)[:, 0], rows))
    found = Specimens(boxes[order], centers[order], touching[order], len(pieces) - len(large), sheet)
    found = dataclasses.replace(found, kept=Correction(light_on_dark=is_board, variation=light.variation))
    return found if centers_px is None else around_centers(found, centers_px)


def around_centers(found: Specimens, centers_px: np.ndarray) -> Specimens:
    """Give known centres the boxes that were detected around them; of several, that of the nearest centre.

    Args:
        found: as detected.
        centers_px: float [N, 2], (x, y); they are not changed, and their order stays.
    """
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
    """Mask of pieces in the convex hull of a large one and below a fifth of its size, bool [N]."""
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
    """Lattice of the pieces, if most are near the centre of a cell that is large enough."""
    if not len(pieces):
        return None
    lattice = fit_lattice(pieces.centers, pieces.sizes, min_pitch=0.8 * reference_size(pieces.sizes))
    if lattice is None:
        return None
    middling = (np.abs(lattice.offsets(pieces.centers)) < 0.35).all(axis=1)
    fitting = (pieces.sides < 1.2 * np.array(lattice.pitch)).all(axis=1)
    return lattice if (middling & fitting).mean() >= 0.8 else None


def _by_cell(pieces: Pieces, large: Pieces, lattice: Lattice) -> tuple[np.ndarray, np.ndarray]:
    """Labels of specimens, int32 [h, w], one per cell of the lattice, and which of them touch, bool [N].

    In fractions of the reference size: the largest piece of a cell is a specimen if it is 0.25 long and near
    the centre of the cell, or 0.5 long; a flat one, below 0.35, requires others in its row that are not flat,
    unlike a line of text. Other pieces of the cell are parts if they overlap its box; if they are 0.2 long
    and not both flat and far out; or if they are 0.35 long and within 0.25 of it. The rest are figure numbers
    and captions.
    """
    reference = reference_size(large.sizes)
    pieces, touching = _split_by_cell(pieces, lattice, reference)
    cells, offsets = lattice.cells(pieces.centers), np.abs(lattice.offsets(pieces.centers))
    longest, shortest = pieces.sides.max(axis=1) / reference, pieces.sides.min(axis=1) / reference
    outer = (offsets > 0.3).any(axis=1)
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


def _split_by_cell(pieces: Pieces, lattice: Lattice, reference: float) -> tuple[Pieces, np.ndarray]:
    """Split pieces that fill several cells at the cell borders; return them and a mask of such parts."""
    labels, last, parts = pieces.labels.copy(), len(pieces), []
    limit = 1.15 * np.array(lattice.pitch)
    typical = (pieces.labels > 0).sum() / max(
        1, (pieces.sizes > 0.5 * reference).sum()
    )  # ink of one specimen
    for index in np.flatnonzero((pieces.sides > limit).any(axis=1)):
        y, x = np.nonzero(pieces.labels == index + 1)
        cells, inverse, counts = np.unique(
            lattice.cells(np.stack([x, y], axis=1) + 0.5), axis=0, return_inverse=True, return_counts=True
        )
        full = np.flatnonzero(counts > 0.3 * typical)
        if len(full) < 2:
            continue
        distance = np.abs(cells[:, None] - cells[full][None]).sum(axis=2)
        owner = distance.argmin(axis=1)[inverse.ravel()]  # other ink belongs to the nearest full cell
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
        labels: int32 [h, w], cells of factor x factor pixels, each labelled cell has a pixel of ink.
        factor: pixels per cell.

    Returns:
        int64 [N, 4], (x0, y0, x1, y1) px, for labels 1..N.
    """
    boxes = np.zeros((int(labels.max(initial=0)), 4), np.int64)
    for index, (rows, cols) in enumerate(scipy.ndimage.find_objects(labels)):
        own = labels[rows, cols] == index + 1
        x0, y0 = cols.start * factor, rows.start * factor

        def first(cells: np.ndarray, pixels: np.ndarray) -> int:
            """First row with ink: bool [w] cells of the outermost row, bool [factor, W] pixels."""
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
    """Row number of each box, int64 [N]: boxes that overlap the highest of the row by half."""
    v = rotate((boxes[:, :2] + boxes[:, 2:]) / 2, angle_deg)[:, 1]
    heights = boxes[:, 3] - boxes[:, 1]
    rows = np.zeros(len(boxes), np.int64)
    row, center, reach = -1, -math.inf, 0.0
    for index in np.argsort(v, kind="stable"):
        if v[index] > center + reach:
            row, center, reach = row + 1, v[index], heights[index] / 2
        rows[index] = row
    return rows
