"""Connected ink on a coarse page: closed over gaps, freed of specks and frames, parted at narrow necks. Pure.

Coordinates are cells of the coarse page; shares are of its longer side.
"""

import dataclasses

import numpy as np
import scipy

SPECK = 0.07  # of the reference size: what is no longer is a speck ...
SPECKS = 0.004, 0.008  # ... within these shares of the page
STRIP = 0.016  # a strip of bed is no wider
FRAME = 0.6  # of both sides of the page: a piece as large, around a hole, is a frame
FRAME_WIDTH = 0.02  # how far a hand-drawn frame strays from its box
MAX_HOLE = 0.25  # of the page's area; what a larger outline holds is not part of it
MAX_MESH = 0.003  # of it; larger holes may lie between bodies
BODY = 0.015  # least radius of a body that can be parted from another
NECK = 0.65  # of the smaller body's radius: a narrower neck parts them
STEP = 1.25  # between levels of depth
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
    boxes = [(x.start, y.start, x.stop, y.stop) for y, x in scipy.ndimage.find_objects(labels)]
    return Pieces(labels.astype(np.int32, copy=False), np.array(boxes, np.int64).reshape(-1, 4))


def reference_size(sizes: np.ndarray) -> float:
    """Size of the piece at which, from the largest down, half of all pieces' area is reached; 0 of none."""
    if not len(sizes):
        return 0.0
    falling = np.sort(sizes)[::-1]
    areas = np.cumsum(falling**2)
    return float(falling[np.searchsorted(areas, areas[-1] / 2)])


def without_specks_and_frames(cells: np.ndarray) -> np.ndarray:
    """Ink, bool [h, w], less dust, frames around the page, and strips of bed along its edges."""
    touching = boxed(scipy.ndimage.label(cells, EIGHT)[0])
    low, high = (share * max(cells.shape) for share in SPECKS)
    dull = touching.sides.max(axis=1, initial=0) <= min(
        max(SPECK * reference_size(touching.sizes), low), high
    )
    dull |= _is_edge_strip(touching, cells.shape)
    cells = touching.select(~dull).labels > 0
    for index in np.flatnonzero((touching.sides >= FRAME * np.array(cells.shape[::-1])).all(axis=1)):
        cells = _without_frame(cells, touching, int(index))
    return cells


def find_pieces(cells: np.ndarray, *, gap: float) -> Pieces:
    """Connected ink of bool [h, w]; gaps up to a share `gap` are closed, and outlines own what they hold."""
    reach = round(gap * max(cells.shape) / 2)
    near = scipy.ndimage.maximum_filter(cells.view(np.uint8), 2 * reach + 1, mode="constant") > 0
    labels = scipy.ndimage.label(_filled(near), EIGHT)[0]
    return boxed(np.where(cells, labels, 0))


def part_bodies(pieces: Pieces, *, gap: float) -> tuple[Pieces, np.ndarray]:
    """Part pieces whose bodies hang together by narrow necks: spines that cross, rims that touch.

    A body is a region deep inside a piece, by the Euclidean distance to its outside; two bodies are parted
    where the distance along every way between them falls below a share of the smaller one's depth. Ink goes
    to the nearest body of its piece, and pieces that share a body are one. This is the watershed of the
    distance transform, its minima filtered by dynamics (Najman & Schmitt 1996), in steps.

    Returns:
        The pieces, and which of them were parted from others, bool [N].
    """
    closed = _closed(pieces.labels > 0, max(1, round(gap * max(pieces.labels.shape) / 2)))
    solid = _filled(closed, MAX_MESH)
    depth = scipy.ndimage.distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1].astype(np.float32)
    least = BODY * max(solid.shape)
    deep = np.flatnonzero(depth > NECK * least / 4)
    deep = deep[np.argsort(depth.ravel()[deep], kind="stable")]  # the deepest is written last
    depths = depth.ravel()[deep]
    bodies, count = np.zeros(solid.size, np.int32), 0
    radius = NECK * least / 4
    while len(depths) and radius <= NECK * depths[-1]:
        labels, found = scipy.ndimage.label(depth > radius)
        beyond = np.searchsorted(depths, radius, side="right")
        own = labels.ravel()[deep[beyond:]]
        deepest, parent = np.zeros(found + 1, np.float32), np.zeros(found + 1, np.int32)
        deepest[own] = depths[beyond:]
        parent[own] = bodies[deep[beyond:]]
        good = deepest >= max(radius / NECK, least)
        # A body stays whole until a level shows two bodies in it.
        parted = (np.bincount(parent[good], minlength=count + 1) > 1) | (count == 0)
        new = np.where(good & parted[parent], np.arange(count, count + found + 1), 0)
        inside = deep[parted[bodies[deep]]]
        bodies[inside] = new[labels.ravel()[inside]]
        bodies, count = _renumbered(bodies)
        radius *= STEP
    if count < 2:
        return pieces, np.zeros(len(pieces), bool)
    return _share_out(pieces, bodies.reshape(solid.shape))


def _share_out(pieces: Pieces, bodies: np.ndarray) -> tuple[Pieces, np.ndarray]:
    """Pieces with bodies give their ink to the nearest of those; others stay as they are."""
    inked = (bodies > 0) & (pieces.labels > 0)
    pairs = np.unique(pieces.labels[inked].astype(np.int64) << 32 | bodies[inked])
    owners, counts = np.unique(pairs >> 32, return_counts=True)
    names = np.arange(len(pieces) + 1, dtype=np.int32) + int(bodies.max())
    names[0] = 0
    names[owners] = pairs[np.searchsorted(pairs >> 32, owners)] & 0xFFFFFFFF
    labels = names[pieces.labels]
    for label in owners[counts > 1]:
        x0, y0, x1, y1 = pieces.boxes[label - 1]
        own = pieces.labels[y0:y1, x0:x1] == label
        region = bodies[y0:y1, x0:x1]
        mine = pairs[pairs >> 32 == label] & 0xFFFFFFFF
        _, (rows, cols) = scipy.ndimage.distance_transform_edt(~np.isin(region, mine), return_indices=True)
        labels[y0:y1, x0:x1][own] = region[rows, cols][own]
    parted = np.unique(pairs[np.isin(pairs >> 32, owners[counts > 1])] & 0xFFFFFFFF)
    present = np.unique(labels[labels > 0])
    return boxed(_renumbered(labels)[0]), np.isin(present, parted)


def _renumbered(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels that are there as 1..N, in their order, and N."""
    present = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    present[labels] = 1
    present[0] = 0
    numbers = np.cumsum(present, dtype=np.int32) * present
    return numbers[labels], int(present.sum())


def _closed(mask: np.ndarray, reach: int) -> np.ndarray:
    """Gaps of up to 2 * reach cells closed, without growing outwards."""
    padded = np.pad(mask, 2 * reach).view(np.uint8)
    closed = scipy.ndimage.minimum_filter(scipy.ndimage.maximum_filter(padded, 2 * reach + 1), 2 * reach + 1)
    return closed[2 * reach : -2 * reach, 2 * reach : -2 * reach] > 0


def _filled(mask: np.ndarray, max_hole: float = MAX_HOLE) -> np.ndarray:
    """Holes closed, unless they are larger than a share of the page."""
    holes, count = scipy.ndimage.label(~mask)
    closed = np.bincount(holes.ravel(), minlength=count + 1) < max_hole * mask.size
    for edge in (holes[0], holes[-1], holes[:, 0], holes[:, -1]):
        closed[edge] = False
    closed[0] = True
    return closed[holes]


def _is_edge_strip(pieces: Pieces, shape: tuple[int, ...]) -> np.ndarray:
    height, width = shape
    x0, y0, x1, y1 = pieces.boxes.T
    thin = STRIP * max(shape)
    flat = ((y0 == 0) | (y1 == height)) & (y1 - y0 <= thin) & (x1 - x0 > 8 * (y1 - y0))
    tall = ((x0 == 0) | (x1 == width)) & (x1 - x0 <= thin) & (y1 - y0 > 8 * (x1 - x0))
    return flat | tall


def _without_frame(cells: np.ndarray, pieces: Pieces, index: int) -> np.ndarray:
    """If a piece holds most of the page in one hole, clear it along its box; it is kept else."""
    x0, y0, x1, y1 = pieces.boxes[index]
    own = pieces.labels[y0:y1, x0:x1] == index + 1
    holes, count = scipy.ndimage.label(np.pad(~own, 1, constant_values=True))
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
