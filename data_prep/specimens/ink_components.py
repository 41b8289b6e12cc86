"""Connected components of ink on a coarse page: close gaps, remove specks and frames, split at necks. Pure.

Coordinates are cells of the coarse page; fractions are of its longer side.
"""

import dataclasses

import numpy as np
import scipy

SPECK = 0.07  # maximum length of a speck, as a fraction of the reference size ...
SPECKS = 0.004, 0.008  # ... clipped to these fractions of the page
STRIP = 0.016  # maximum width of a strip of scanner bed
FRAME = 0.6  # minimum width and height of a frame around the page
FRAME_WIDTH = 0.02  # maximum deviation of a hand-drawn frame from its box
MAX_HOLE = 0.25  # fraction of the page area; the inside of larger outlines is separate
MAX_MESH = 0.003  # fraction of the page area; larger holes may separate bodies
BODY = 0.015  # minimum radius of a body
NECK = 0.65  # bodies are split at necks below this fraction of the smaller radius
STEP = 1.25  # ratio of successive depth levels
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
        """Centres of the boxes (x, y), float64 [N, 2]."""
        return (self.boxes[:, :2] + self.boxes[:, 2:]) / 2

    def select(self, mask: np.ndarray) -> "Pieces":
        """Select pieces by a mask, bool [N], and renumber them."""
        numbers = np.zeros(len(self) + 1, np.int32)
        numbers[1:][mask] = np.arange(1, int(np.sum(mask)) + 1)
        return Pieces(numbers[self.labels], self.boxes[mask])


def boxed(labels: np.ndarray) -> Pieces:
    """Make Pieces of labels 1..N, int [h, w], all of them present."""
    boxes = [(x.start, y.start, x.stop, y.stop) for y, x in scipy.ndimage.find_objects(labels)]
    return Pieces(labels.astype(np.int32, copy=False), np.array(boxes, np.int64).reshape(-1, 4))


def reference_size(sizes: np.ndarray) -> float:
    """Area-weighted median of the sizes; 0 if there are none."""
    if not len(sizes):
        return 0.0
    falling = np.sort(sizes)[::-1]
    areas = np.cumsum(falling**2)
    return float(falling[np.searchsorted(areas, areas[-1] / 2)])


def without_specks_and_frames(cells: np.ndarray) -> np.ndarray:
    """Remove specks, frames around the page, and strips of scanner bed along its edges: bool [h, w]."""
    touching = boxed(scipy.ndimage.label(cells, EIGHT)[0])
    low, high = (fraction * max(cells.shape) for fraction in SPECKS)
    removed = touching.sides.max(axis=1, initial=0) <= min(
        max(SPECK * reference_size(touching.sizes), low), high
    )
    removed |= _is_edge_strip(touching, cells.shape)
    cells = touching.select(~removed).labels > 0
    for index in np.flatnonzero((touching.sides >= FRAME * np.array(cells.shape[::-1])).all(axis=1)):
        cells = _without_frame(cells, touching, int(index))
    return cells


def find_pieces(cells: np.ndarray, *, gap: float) -> Pieces:
    """Connected components of bool [h, w]; gaps up to a fraction `gap` are closed, outlines are filled."""
    reach = round(gap * max(cells.shape) / 2)
    near = scipy.ndimage.maximum_filter(cells.view(np.uint8), 2 * reach + 1, mode="constant") > 0
    labels = scipy.ndimage.label(_filled(near), EIGHT)[0]
    return boxed(np.where(cells, labels, 0))


def split_bodies(pieces: Pieces, *, gap: float) -> tuple[Pieces, np.ndarray]:
    """Split pieces whose bodies are connected by narrow necks, e.g. crossing spines or touching rims.

    A body is a region deep inside a piece, by the Euclidean distance to its outside. Two bodies are split
    if on every path between them the distance falls below a fraction of the smaller depth. Ink belongs to
    the nearest body of its piece; pieces with a common body are merged. This is the watershed of the
    distance transform with minima filtered by dynamics (Najman & Schmitt 1996), in discrete levels.

    Returns:
        The pieces, and a mask of those that were split from others, bool [N].
    """
    closed = _closed(pieces.labels > 0, max(1, round(gap * max(pieces.labels.shape) / 2)))
    solid = _filled(closed, max_hole=MAX_MESH)
    depth = scipy.ndimage.distance_transform_edt(np.pad(solid, 1))[1:-1, 1:-1].astype(np.float32)
    least = BODY * max(solid.shape)
    deep = np.flatnonzero(depth > NECK * least / 4)
    deep = deep[np.argsort(depth.ravel()[deep], kind="stable")]  # the deepest is assigned last
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
        # A body stays one until a level contains two bodies in it.
        split = (np.bincount(parent[good], minlength=count + 1) > 1) | (count == 0)
        new = np.where(good & split[parent], np.arange(count, count + found + 1), 0)
        inside = deep[split[bodies[deep]]]
        bodies[inside] = new[labels.ravel()[inside]]
        bodies, count = _renumbered(bodies)
        radius *= STEP
    if count < 2:
        return pieces, np.zeros(len(pieces), bool)
    return _assign_ink(pieces, bodies.reshape(solid.shape))


def _assign_ink(pieces: Pieces, bodies: np.ndarray) -> tuple[Pieces, np.ndarray]:
    """Assign the ink of pieces with bodies to the nearest body; other pieces stay."""
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
    split = np.unique(pairs[np.isin(pairs >> 32, owners[counts > 1])] & 0xFFFFFFFF)
    present = np.unique(labels[labels > 0])
    return boxed(_renumbered(labels)[0]), np.isin(present, split)


def _renumbered(labels: np.ndarray) -> tuple[np.ndarray, int]:
    """Renumber the labels that occur as 1..N, in order; return them and N."""
    present = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    present[labels] = 1
    present[0] = 0
    numbers = np.cumsum(present, dtype=np.int32) * present
    return numbers[labels], int(present.sum())


def _closed(mask: np.ndarray, reach: int) -> np.ndarray:
    """Close gaps of up to 2 * reach cells (morphological closing)."""
    padded = np.pad(mask, 2 * reach).view(np.uint8)
    closed = scipy.ndimage.minimum_filter(scipy.ndimage.maximum_filter(padded, 2 * reach + 1), 2 * reach + 1)
    return closed[2 * reach : -2 * reach, 2 * reach : -2 * reach] > 0


def _filled(mask: np.ndarray, *, max_hole: float = MAX_HOLE) -> np.ndarray:
    """Fill holes below a fraction of the page area."""
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
    """Clear a piece along its box if it is a frame, i.e. has one large hole."""
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
