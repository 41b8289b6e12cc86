"""Order strokes for a plotter: short ways with the pen up. Pure.

Nearest neighbour, then 2-opt: a run of strokes is drawn backwards wherever that shortens the way. A way can
only become shorter if one of the two new ways with the pen up is shorter than one of those that it replaces,
so only the nearest ends are tried (Johnson and McGeoch 1997, "The traveling salesman problem: a case study").
"""

import math

import numpy as np
from scipy.spatial import cKDTree

NEAREST = 12  # ends around an end that are tried
MAX_PASSES = 30
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
    tour = _Tour(starts, ends)
    for _ in range(MAX_PASSES):
        if not tour.shorten():
            break
    return tour.begin % len(starts), tour.begin >= len(starts)


def pen_up_length(begin: np.ndarray, finish: np.ndarray) -> float:
    """Length of the way with the pen up from (0, 0): float64 [N, 2] each, in the order of drawing."""
    before = np.concatenate([np.zeros((1, 2)), finish[:-1]])
    return float(np.hypot(*(begin - before).T).sum()) if len(begin) else 0.0


class _Tour:
    """An order of strokes. End i is the start of stroke i, end i + N its end; 2 N is where the pen begins."""

    def __init__(self, starts: np.ndarray, ends: np.ndarray) -> None:
        self.count = len(starts)
        self.points = np.concatenate([starts, ends, np.zeros((1, 2))]).astype(np.float64)
        others = self.points[:-1]
        self.tree = cKDTree(others)
        near = self.tree.query(self.points, k=min(NEAREST + 1, len(others)))[1]
        self.near = near.reshape(len(self.points), -1).astype(np.int64)
        self.begin = self._nearest_neighbours()  # int64 [N], the end at which each stroke in order begins
        self.place = np.zeros(2 * self.count + 1, np.int64)  # of each end in the order
        self.place[-1] = -1
        self._place(0, self.count)

    def _nearest_neighbours(self) -> np.ndarray:
        """From the first end, always to the nearest of those that are left."""
        count, near = self.count, self.near.tolist()
        left = np.ones(2 * count, bool)
        tree, names = self.tree, np.arange(2 * count)
        at, order = near[-1][0], []
        for remaining in range(count - 1, -1, -1):
            order.append(at)
            left[at] = left[self._other(at)] = False
            if not remaining:
                break
            here = self._other(at)
            following = next((i for i in near[here] if left[i]), -1)
            if following < 0 and 4 * remaining < len(names):  # most of the tree is drawn
                names = np.flatnonzero(left)
                tree = cKDTree(self.points[names])
            tried = 2 * NEAREST
            while following < 0:
                tried = min(2 * tried, len(names))
                found = names[np.atleast_1d(tree.query(self.points[here], k=tried)[1])]
                following = int(next(iter(found[left[found]]), -1))
            at = following
        return np.array(order, np.int64)

    def _other(self, end: int) -> int:
        """The other end of a stroke."""
        return end - self.count if end >= self.count else end + self.count

    def _place(self, first: int, last: int) -> None:
        """Note the places of strokes first to last, half-open."""
        own = self.begin[first:last]
        self.place[own] = self.place[(own + self.count) % (2 * self.count)] = np.arange(first, last)

    def shorten(self) -> bool:
        """Draw runs backwards, those that shorten the way most first; whether there was one."""
        points, count = self.points, self.count
        finish = (self.begin + count) % (2 * count)
        before = np.concatenate([[2 * count], finish])  # the end before each way with the pen up
        after = np.append(self.begin, -1)  # the end behind it; -1: none
        ways = np.where(after >= 0, np.hypot(*(points[after] - points[before]).T), 0)
        # Way p is replaced with way q > p: the run of strokes p to q - 1 is drawn backwards.
        first, second = [], []
        for from_, kind in ((before, finish), (self.begin, self.begin)):
            is_kind = np.zeros(2 * count, bool)
            is_kind[kind] = True
            found = self.near[from_]
            way, column = np.nonzero(is_kind[found])
            there = self.place[found[way, column]] + (kind is finish)
            first.append(np.minimum(way, there))
            second.append(np.maximum(way, there))
        p, q = np.concatenate(first), np.concatenate(second)
        to_last = np.arange(count)  # all that is left, of which only the first way is replaced
        p, q = np.concatenate([p, to_last]), np.concatenate([q, np.full(count, count)])
        p, q = p[p < q], q[p < q]
        gain = ways[p] + ways[q] - np.hypot(*(points[before[p]] - points[before[q]]).T)
        gain -= np.where(after[q] >= 0, np.hypot(*(points[after[p]] - points[after[q]]).T), 0)
        good = np.flatnonzero(gain > ENOUGH)
        good = good[np.argsort(-gain[good], kind="stable")]
        names = np.stack([before[p[good]], after[p[good]], before[q[good]], after[q[good]]], axis=1)
        return sum(self._reverse(*ends) for ends in names.tolist()) > 0

    def _reverse(self, a: int, b: int, c: int, d: int) -> bool:
        """Replace ways a-b and c-d by a-c and b-d, if both still are ways and that is shorter."""
        place, count = self.place, self.count
        low, high = int(place[b]), int(place[c]) + 1
        if low >= high or self.begin[low] != b or int(place[a]) != low - 1:
            return False
        if low and self._other(int(self.begin[low - 1])) != a:
            return False
        if self._other(int(self.begin[high - 1])) != c or (high < count) != (d >= 0):
            return False
        if d >= 0 and self.begin[high] != d:
            return False
        now, then = self._apart(a, b), self._apart(a, c)
        if d >= 0:
            now, then = now + self._apart(c, d), then + self._apart(b, d)
        if now - then <= ENOUGH:
            return False
        self.begin[low:high] = (self.begin[low:high][::-1] + count) % (2 * count)
        self._place(low, high)
        return True

    def _apart(self, a: int, b: int) -> float:
        x, y = self.points[a] - self.points[b]
        return math.hypot(x, y)
