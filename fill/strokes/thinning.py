"""Thin a bitmap to lines one pixel wide, and the links between the pixels of these lines. Pure.

Guo and Hall (1989), "Parallel thinning with two-subiteration algorithms", algorithm A1, by lookup tables
over the 8 neighbours of the pixels at the border of the ink: an iteration costs as much as the border.
"""

import cv2
import numpy as np

NEIGHBOURS = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))  # (dx, dy), bit 0 to 7


def _tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a code of 8 neighbours means: deletable in each subiteration, bool [256]; linked bits."""
    code = np.arange(256)
    n, ne, e, se, s, sw, w, nw = (((code >> bit) & 1).astype(bool) for bit in range(8))
    crossings = sum(
        (~a & (b | c)).astype(int) for a, b, c in ((n, ne, e), (e, se, s), (s, sw, w), (w, nw, n))
    )
    ones = sum((a | b).astype(int) for a, b in ((nw, n), (ne, e), (se, s), (sw, w)))
    twos = sum((a | b).astype(int) for a, b in ((n, ne), (e, se), (s, sw), (w, nw)))
    fewest = np.minimum(ones, twos)
    thick = (crossings == 1) & (fewest >= 2) & (fewest <= 3)
    linked = code & 0b01010101
    for bit in (1, 3, 5, 7):  # a diagonal neighbour is linked where no pixel lies beside both
        between = (1 << (bit - 1)) | (1 << ((bit + 1) % 8))
        linked |= np.where(code & between, 0, code & (1 << bit))
    return thick & ~((n | ne | ~se) & e), thick & ~((s | sw | ~nw) & w), linked.astype(np.uint8)


_FIRST, _SECOND, LINKS = _tables()
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


def thin(ink: np.ndarray) -> np.ndarray:
    """Thin ink, bool [H, W], to lines of one pixel with the same connected parts and holes: bool [H, W]."""
    height, width = ink.shape
    padded = np.zeros((height + 2, width + 2), np.uint8)
    padded[1:-1, 1:-1] = ink
    flat = padded.reshape(-1)
    steps = [dx + dy * (width + 2) for dx, dy in NEIGHBOURS]
    inner = cv2.erode(padded, _CROSS, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    fresh = np.flatnonzero(flat > inner.reshape(-1))  # pixels whose neighbours changed
    waiting = fresh[:0]  # those that only one of the subiterations has tried since
    latest = np.zeros(len(flat), np.int32)
    table, other = _FIRST, _SECOND
    while len(fresh) or len(waiting):
        tried = np.concatenate([waiting, fresh])
        latest[tried] = np.arange(len(tried), dtype=np.int32)
        is_once = latest[tried] == np.arange(len(tried))
        is_fresh = is_once & (np.arange(len(tried)) >= len(waiting))
        is_gone = table[codes(flat, tried, steps)]
        gone = tried[is_once & is_gone]
        waiting = tried[is_fresh & ~is_gone]
        flat[gone] = 0
        near = (gone[:, None] + np.array(steps)).reshape(-1)
        fresh = near[flat[near] > 0]
        latest[fresh] = np.arange(len(fresh), dtype=np.int32)
        fresh = fresh[latest[fresh] == np.arange(len(fresh))]
        table, other = other, table
    return padded[1:-1, 1:-1].astype(bool)


def codes(flat: np.ndarray, at: np.ndarray, steps: list[int]) -> np.ndarray:
    """Codes of neighbourhoods, uint8 [N]: bit k is neighbour k.

    Args:
        flat: uint8 [H * W], 0 or 1.
        at: positions in it, int [N], not at its border.
        steps: from a pixel to its 8 neighbours, in the order of NEIGHBOURS.
    """
    code = np.zeros(len(at), np.uint8)
    for bit, step in enumerate(steps):
        code |= flat[at + step] << bit
    return code
