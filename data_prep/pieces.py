"""Connected ink on a coarse page: closed over gaps, freed of specks and frames, parted at narrow necks. Pure.

Coordinates are cells of the coarse page; shares are of its longer side.
"""

import dataclasses

import numpy as np
from scipy import ndimage

SPECK = 0.004  # what is no longer is a speck; also the least width of a strip of bed, four times
FRAME = 0.6  # of both sides of the page: a piece as large, around a hole, is a frame
FRAME_WIDTH = 0.02  # how far a hand-drawn frame strays from its box
MAX_HOLE = 0.25  # of the page's area; what a larger outline holds is not part of it
BODY = 0.015  # least radius of a body that can be parted from another
NECK = 0.5  # of the smaller body's radius: a neck as narrow parts them
EIGHT = np.ones((3, 3), bool)


@dataclasses.dataclass(frozen=True)
class Pieces:
    """Regions of ink by label from 1."""

    labels: np.ndarray  # int32 [h, w], 0 = no ink
    boxes: np.ndarray  # int64 [N, 4], (x0, y0, x1, y1) of piece 1..N

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def sides(self) -> np.ndarray:
        """(width, height), int64 [N, 2]."""
        return self.boxes[:, 2:] - self.boxes[:, :2]

    @property
    def sizes(self) -> np.ndarray:
        """Square roots of box areas, float64 [N]."""
        return np.sqrt(self.sides.prod(axis=1))

    @property
    def centers(self) -> np.ndarray:
        """Middles of the boxes (x, y), float64 [N, 2]."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    def select(self, kept: np.ndarray) -> "Pieces":
        """Those where bool [N] is true, numbered anew."""
        numbers = np.zeros(len(self) + 1, np.int32)
        numbers[1:][kept] = np.arange(1, int(np.sum(kept)) + 1)
        return Pieces(numbers[self.labels], self.boxes[kept])


def boxed(labels: np.ndarray) -> Pieces:
    """Labels 1..N, int [h, w], each of them there, with their boxes."""
    boxes = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labels)]
    return Pieces(labels.astype(np.int32, copy=False), np.array(boxes, np.int64).reshape(-1, 4))


def without_specks_and_frames(cells: np.ndarray) -> np.ndarray:
    """Ink, bool [h, w], less dust, frames around the page, and strips of bed along its edges."""
    longer = max(cells.shape)
    touching = boxed(ndimage.label(cells, EIGHT)[0])
    dull = touching.sides.max(axis=1, initial=0) <= SPECK * longer
    dull |= _is_edge_strip(touching, cells.shape)
    cells = touching.select(~dull).labels > 0
    for index in np.flatnonzero((touching.sides >= FRAME * np.array(cells.shape[::-1])).all(axis=1)):
        cells = _without_frame(cells, touching, int(index))
    return cells


def find_pieces(cells: np.ndarray, *, gap: float) -> Pieces:
    """Connected ink of bool [h, w]; gaps up to a share `gap` are closed, and outlines own what they hold."""
    reach = round(gap * max(cells.shape) / 2)
    near = ndimage.maximum_filter(cells.view(np.uint8), 2 * reach + 1, mode="constant") > 0
    labels = ndimage.label(_filled(near), EIGHT)[0]
    return boxed(np.where(cells, labels, 0))


def part_bodies(pieces: Pieces) -> Pieces:
    """Part pieces whose bodies hang together by narrow necks: spines that cross, rims that touch.

    A body is a region deep inside a piece, by the Euclidean distance to its outside; two bodies are parted
    where the distance along every way between them falls below half of the smaller one's depth. Ink goes
    to the nearest body. This is the watershed of the distance transform, its minima filtered by dynamics
    (Najman & Schmitt 1996), in steps.
    """
    solid = _filled(pieces.labels > 0)
    depth = ndimage.distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1].astype(np.float32)
    least = BODY * max(solid.shape)
    bodies = np.zeros(solid.shape, np.int32)
    count = 0
    radius = max(1.0, NECK * least / 4)
    owners = np.where(solid, 1, 0).astype(np.int32)  # bodies at the level before, or anything solid
    while radius <= NECK * depth.max(initial=0):
        labels, found = ndimage.label(depth > radius)
        deepest = ndimage.maximum(depth, labels, np.arange(1, found + 1)) if found else np.zeros(0)
        good = np.concatenate([[False], np.asarray(deepest) >= max(radius / NECK, least)])
        labels = np.where(good[labels], labels, 0)
        # A body stays whole unless this level shows two bodies in it.
        if count == 0:
            bodies, count = _renumbered(labels)
        else:
            inside = np.unique(np.stack([bodies[labels > 0], labels[labels > 0]], 1), axis=0)
            owner, shares = np.unique(inside[:, 0], return_counts=True)
            split = np.isin(bodies, owner[(shares > 1) & (owner > 0)])
            offset = labels + count
            bodies, count = _renumbered(np.where(split, np.where(labels > 0, offset, 0), bodies))
        radius *= 1.25
    del owners
    if count < 2:
        return pieces
    return _share_out(pieces, bodies)


def _share_out(pieces: Pieces, bodies: np.ndarray) -> Pieces:
    labels, last = pieces.labels.copy(), len(pieces)
    for index, (x0, y0, x1, y1) in enumerate(pieces.boxes):
        own = pieces.labels[y0:y1, x0:x1] == index + 1
        region = bodies[y0:y1, x0:x1]
        inked = np.unique(region[own & (region > 0)])
        if len(inked) < 2:
            continue
        mine = np.where(np.isin(region, inked), region, 0)
        _, (rows, cols) = ndimage.distance_transform_edt(mine == 0, return_indices=True)
        nearest = np.searchsorted(inked, mine[rows, cols])
        area = labels[y0:y1, x0:x1]
        area[own & (nearest > 0)] = (nearest + last)[own & (nearest > 0)]
        last += len(inked) - 1
    return boxed(_renumbered(labels)[0])


def _renumbered(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels that are there as 1..N, in their order, and N."""
    present = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    present[labels] = 1
    present[0] = 0
    numbers = np.cumsum(present, dtype=np.int32) * present
    return numbers[labels], int(present.sum())


def _filled(mask: np.ndarray) -> np.ndarray:
    """Holes closed, unless they are as large as a page in a frame."""
    holes, count = ndimage.label(~mask)
    closed = np.bincount(holes.ravel(), minlength=count + 1) < MAX_HOLE * mask.size
    for edge in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        closed[edge] = False
    closed[0] = True
    return closed[holes]


def _is_edge_strip(pieces: Pieces, shape: tuple[int, ...]) -> np.ndarray:
    height, width = shape
    x0, y0, x1, y1 = pieces.boxes.T
    thin = 4 * SPECK * max(shape)
    flat = ((y0 == 0) | (y1 == height)) & (y1 - y0 <= thin) & (x1 - x0 > 8 * (y1 - y0))
    tall = ((x0 == 0) | (x1 == width)) & (x1 - x0 <= thin) & (y1 - y0 > 8 * (x1 - x0))
    return flat | tall


def _without_frame(cells: np.ndarray, pieces: Pieces, index: int) -> np.ndarray:
    """If a piece holds most of the page in one hole, clear it along its box; it is kept else."""
    x0, y0, x1, y1 = pieces.boxes[index]
    own = pieces.labels[y0:y1, x0:x1] == index + 1
    holes, count = ndimage.label(np.pad(~own, 1, constant_values=True))
    areas = np.bincount(holes.ravel(), minlength=count + 1)
    areas[[0, holes[0, 0]]] = 0
    if areas.max() < MAX_HOLE * cells.size:
        return cells
    inner = np.zeros_like(own)
    band = max(2, round(FRAME_WIDTH * max(cells.shape)))
    inner[band:-band, band:-band] = True
    cleared = cells.copy()
    cleared[y0:y1, x0:x1] &= ~own | inner
    return cleared
