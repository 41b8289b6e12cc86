"""Drawings whose centre lines are known, for vector.py: pen strokes of kanji, of Omniglot and of Quick, Draw!

What can be seen of them is defined by geometry alone: a line is crowded where another one runs beside it in
about its direction, hidden where the ink of others covers both of its edges for longer than a crossing does.
A junction is where the centre line of a stroke is in the ink of another one, with at least three lines that
leave this ink.
"""

import gzip
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from data_prep.sources.strokes import _pieces, _squared_distances

SIZE_PX = 256
SIMILAR_DEG = 30
STEP_PX = 0.25


def kanji(data: Path) -> Iterator[list[np.ndarray]]:
    """Stroke drawings of KanjiVG."""
    stored = np.load(data / "kanji" / "kanji_strokes3_6k.npz")
    for a, b in itertools.pairwise(stored["offsets"]):
        part = stored["strokes"][a:b]
        points, ends = np.cumsum(part[:, :2], axis=0).astype(float), np.flatnonzero(part[:, 2]) + 1
        yield [one for one in np.split(points, ends) if len(one) > 1]


def omniglot(data: Path) -> Iterator[list[np.ndarray]]:
    """Stroke drawings of Omniglot. Its points are whole pixels of a mouse: they are smoothed."""
    stored = np.load(data / "omniglot" / "omniglot_strokes.npz")
    for a, b in itertools.pairwise(stored["offsets"]):
        part = stored["points"][a:b]
        lines = np.split(part[:, :2].astype(float), np.flatnonzero(part[:, 2]) + 1)
        yield [gaussian_filter1d(one, 3.0, axis=0, mode="nearest") for one in lines if len(one) > 1]


def quickdraw(data: Path) -> Iterator[list[np.ndarray]]:
    """Simplified drawings of Quick, Draw!"""
    with gzip.open(data / "quickdraw" / "simplified_341classes.ndjson.gz", "rt") as file:
        for line in file:
            lines = [np.array(one[:2], float).T for one in json.loads(line)["drawing"]]
            yield [one for one in lines if len(one) > 1]


SETS = {"kanji": kanji, "omniglot": omniglot, "quickdraw": quickdraw}


def fitted(strokes: list[np.ndarray], margin_px: float) -> list[np.ndarray]:
    """Scale a drawing to the image."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (SIZE_PX - 2 * margin_px) / max(float((high - low).max()), 1e-9)
    return [(one - (low + high) / 2) * scale + SIZE_PX / 2 for one in strokes]


def coverage_of(lines: list[np.ndarray], width_px: float, size_px: int = SIZE_PX) -> np.ndarray:
    """Ink of a round pen, float32 [size_px, size_px]."""
    starts, ends = _pieces(lines)
    distance = np.sqrt(_squared_distances(starts, ends, size_px, reach_px=width_px / 2 + 1))
    return np.clip(width_px / 2 + 0.5 - distance, 0, 1).astype(np.float32)


class Samples:
    """Points STEP_PX apart on all strokes of a drawing.

    Args:
        strokes: float64 [N, 2] each, px.
        width_px: of the pen.
    """

    def __init__(self, strokes: list[np.ndarray], width_px: float) -> None:
        parts = [_samples(one) for one in strokes if len(one) > 1]
        self.width_px = width_px
        self.points = np.concatenate([points for points, _ in parts])  # float64 [M, 2]
        self.directions = np.concatenate([along for _, along in parts])  # float64 [M, 2], unit
        counts = [len(points) for points, _ in parts]
        self.stroke = np.repeat(np.arange(len(counts)), counts)  # int64 [M]
        self.along = np.concatenate([np.arange(count) * STEP_PX for count in counts])  # px from the start
        self.tree = cKDTree(self.points)
        self.clear = ~(self._crowded() | self._hidden())  # bool [M]

    def are_far(self, a: np.ndarray, b: np.ndarray, least_px: float) -> np.ndarray:
        """Whether samples are of different strokes, or far apart along one stroke."""
        return (self.stroke[a] != self.stroke[b]) | (np.abs(self.along[a] - self.along[b]) > least_px)

    def pairs(self, reach_px: float, least_px: float) -> np.ndarray:
        """Pairs of samples within reach that are far along the strokes, int64 [K, 2]."""
        found = self.tree.query_pairs(reach_px, output_type="ndarray")
        return found[self.are_far(found[:, 0], found[:, 1], least_px)]

    def _crowded(self) -> np.ndarray:
        reach = self.width_px + 2
        pairs = self.pairs(reach, 3 * reach)
        cosines = np.abs((self.directions[pairs[:, 0]] * self.directions[pairs[:, 1]]).sum(axis=1))
        found = np.zeros(len(self.points), bool)
        found[pairs[cosines > np.cos(np.radians(SIMILAR_DEG))]] = True
        return found

    def _hidden(self) -> np.ndarray:
        """Both edges are in the ink of others, for longer than two widths."""
        normal = np.stack([-self.directions[:, 1], self.directions[:, 0]], axis=1)
        covered = np.ones(len(self.points), bool)
        for side in (-0.5, 0.5):
            edge = self.points + side * self.width_px * normal
            reach = max(self.width_px / 2 - 0.5, 0.25)
            near = cKDTree(edge).sparse_distance_matrix(self.tree, reach, output_type="ndarray")
            others = self.are_far(near["i"], near["j"], 3 * self.width_px)
            covered &= np.bincount(near["i"][others], minlength=len(covered)) > 0
        hidden = np.zeros(len(covered), bool)
        for a, b in runs(covered & np.append(True, self.stroke[1:] == self.stroke[:-1])):
            hidden[a:b] = (b - a) * STEP_PX > 2 * self.width_px
        return hidden

    def junctions(self) -> tuple[np.ndarray, np.ndarray]:
        """Places of the junctions, float64 [J, 2], and which of them are clear, bool [J]."""
        width, count = self.width_px, len(self.points)
        touching = self.pairs(max(width / 2, 0.3), 3 * width)
        first = np.append(True, self.stroke[1:] != self.stroke[:-1])
        is_end = first | np.append(first[1:], True)
        near_ends = self.pairs(width + 0.5, 3 * width)  # a gap of half a pixel is not seen
        near_ends = near_ends[is_end[near_ends].any(axis=1)]
        pairs = np.concatenate([touching, near_ends])
        is_inside = np.zeros(count, bool)
        is_inside[pairs] = True
        following = np.flatnonzero(is_inside[:-1] & is_inside[1:] & ~first[1:])
        links = np.concatenate([pairs, np.stack([following, following + 1], axis=1)])
        while True:
            graph = coo_matrix((np.ones(len(links)), links.T), shape=(count, count))
            blob = np.where(is_inside, connected_components(graph, directed=False)[1], -1)
            arms, short = self._arms(blob, first)
            if not short:
                break
            links = np.concatenate([links, np.array(short)])
        names = [name for name, number in arms.items() if number >= 3]
        places = [self.points[blob == name].mean(axis=0) for name in names]
        is_clear = [bool(self.clear[blob == name].all()) for name in names]
        return np.array(places).reshape(-1, 2), np.array(is_clear, bool)

    def _arms(self, blob: np.ndarray, first: np.ndarray) -> tuple[dict[int, int], list[tuple[int, int]]]:
        """Lines that leave each blob, and pairs of samples of blobs that are less than a pixel apart."""
        arms: dict[int, int] = {}
        short: list[tuple[int, int]] = []
        for begin, end in runs_of(np.flatnonzero(first), len(blob)):
            for a, b in runs(blob[begin:end] < 0):
                a, b = a + begin, b + begin
                length = (b - a) * STEP_PX
                ends = [blob[a - 1] if a > begin else -1, blob[b] if b < end else -1]
                if min(ends) < 0:  # one end is free, or both
                    if length > 1.5 - self.width_px / 2 and max(ends) >= 0:
                        arms[max(ends)] = arms.get(max(ends), 0) + 1
                elif ends[0] != ends[1] and length < 1:
                    short.append((a - 1, b))
                elif ends[0] != ends[1] or length > 3 * self.width_px:
                    for name in ends:
                        arms[name] = arms.get(name, 0) + 1
        return arms, short


def runs(flags: np.ndarray) -> Iterator[tuple[int, int]]:
    """Half-open runs of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def runs_of(starts: np.ndarray, count: int) -> Iterator[tuple[int, int]]:
    """Half-open runs that begin at `starts` and end at the next."""
    yield from zip(starts.tolist(), [*starts[1:].tolist(), count], strict=True)


def _samples(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points STEP_PX apart along a line, the first and the last its ends, and directions: [N, 2] each."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    line = line[np.append(True, steps > 1e-9)]
    at = np.append(0, np.cumsum(steps[steps > 1e-9]))
    count = max(2, round(at[-1] / STEP_PX) + 1)
    wanted = np.linspace(0, at[-1], count)
    points = np.stack([np.interp(wanted, at, line[:, c]) for c in (0, 1)], axis=1)
    along = np.gradient(points, axis=0)
    return points, along / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
