"""Order strokes for a plotter: short ways with the pen up. Pure.

Nearest neighbour, then 2-opt: a run of strokes is drawn backwards wherever that shortens the way.
"""

import numpy as np
from scipy.spatial import cKDTree

NEAREST = 24  # ends around a stroke that are tried before all others
WINDOW = 1000  # strokes of the longest run that is reversed
MAX_PASSES = 12
ENOUGH = 1e-9


def order_strokes(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Choose the order and the directions of strokes.

    Args:
        starts, ends: float64 [N, 2]; the pen begins at (0, 0).

    Returns:
        Strokes in order, int64 [N]; and which of these are drawn from end to start, bool [N].
    """
    if not len(starts):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    order, is_reversed = _nearest_neighbours(starts, ends)
    begin = np.where(is_reversed[:, None], ends[order], starts[order])
    finish = np.where(is_reversed[:, None], starts[order], ends[order])
    for _ in range(MAX_PASSES):
        if not _two_opt(begin, finish, order, is_reversed):
            break
    return order, is_reversed


def pen_up_length(begin: np.ndarray, finish: np.ndarray) -> float:
    """Length of the way with the pen up from (0, 0): float64 [N, 2] each, in the order of drawing."""
    before = np.concatenate([np.zeros((1, 2)), finish[:-1]])
    return float(np.hypot(*(begin - before).T).sum()) if len(begin) else 0.0


def _nearest_neighbours(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = len(starts)
    points = np.concatenate([starts, ends])
    tree = cKDTree(points)
    near = tree.query(points, k=min(NEAREST, 2 * count))[1].reshape(2 * count, -1).tolist()
    left = np.ones(2 * count, bool)
    at = int(tree.query(np.zeros(2))[1])
    order, is_reversed = [], []
    for remaining in range(count - 1, -1, -1):
        stroke = at % count
        order.append(stroke)
        is_reversed.append(at >= count)
        left[stroke] = left[stroke + count] = False
        if not remaining:
            break
        other = (at + count) % (2 * count)  # the pen is at the other end
        following = next((i for i in near[other] if left[i]), -1)
        if following < 0:
            open_ = np.flatnonzero(left)
            following = int(open_[np.argmin(((points[open_] - points[other]) ** 2).sum(axis=1))])
        at = following
    return np.array(order, np.int64), np.array(is_reversed)


def _two_opt(begin: np.ndarray, finish: np.ndarray, order: np.ndarray, is_reversed: np.ndarray) -> bool:
    """One pass over the first strokes of runs, in place; whether the way became shorter."""
    count, improved = len(begin), False
    for i in range(count):
        last = min(count, i + WINDOW)
        before = finish[i - 1] if i else np.zeros(2)
        now = np.hypot(*(begin[i] - before))
        ends = finish[i:last]
        after = begin[i + 1 : last + 1]
        gain = now - np.hypot(ends[:, 0] - before[0], ends[:, 1] - before[1])
        old = np.hypot(after[:, 0] - ends[: len(after), 0], after[:, 1] - ends[: len(after), 1])
        new = np.hypot(after[:, 0] - begin[i, 0], after[:, 1] - begin[i, 1])
        gain[: len(after)] += old - new
        best = int(np.argmax(gain))
        if gain[best] > ENOUGH:
            run = slice(i, i + best + 1)
            flipped_begin, flipped_finish = finish[run][::-1].copy(), begin[run][::-1].copy()
            begin[run], finish[run] = flipped_begin, flipped_finish
            order[run] = order[run][::-1].copy()
            is_reversed[run] = ~is_reversed[run][::-1]
            improved = True
    return improved
