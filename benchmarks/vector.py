"""How well does `inkloop vector` find the centre lines of strokes that are known, and how fast?

Strokes of kanji, of Omniglot and of Quick, Draw! are drawn at 256 px with an antialiased round pen and
traced. Recall: fraction of the true length within 0.5 px of a traced line. False: fraction of the
traced length farther than 1 px (and than 0.5 px) from any true line. Ink: pixels that differ by more
than half their coverage when the strokes are drawn again with their widths, as a fraction of the ink.
Omniglot's points are whole pixels of a mouse; they are smoothed first. Where another line runs within
its width and 2 px at less than 30 degrees, as in scribbles, one drawing has many sets of strokes: such
lengths are left out of "apart" and of false lengths.

    python benchmarks/vector.py DATA [--count 24]     DATA: folder with kanji/, omniglot/ and quickdraw/
    python benchmarks/vector.py DATA --page PNG       time of a 1024 px crop, pen-up travel, potrace, vpype
"""

import argparse
import gzip
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from data_prep.images import read_image
from data_prep.sources.strokes import _pieces, _squared_distances
from fill.strokes.bezier import flatten_cubics
from fill.strokes.config import SheetConfig, TraceConfig
from fill.strokes.drawing import find_ink, vectorize
from fill.strokes.tracing import Stroke, trace

SIZE_PX = 256
WIDTHS_PX = (1, 2, 3, 5, 7, 9)
SIMILAR_DEG = 30


def kanji(data: Path) -> Iterator[list[np.ndarray]]:
    """Stroke drawings of KanjiVG."""
    stored = np.load(data / "kanji" / "kanji_strokes3_6k.npz")
    for a, b in itertools.pairwise(stored["offsets"]):
        part = stored["strokes"][a:b]
        points, ends = np.cumsum(part[:, :2], axis=0).astype(float), np.flatnonzero(part[:, 2]) + 1
        yield [one for one in np.split(points, ends) if len(one) > 1]


def omniglot(data: Path) -> Iterator[list[np.ndarray]]:
    """Stroke drawings of Omniglot, smoothed."""
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


def fitted(strokes: list[np.ndarray], margin_px: float) -> list[np.ndarray]:
    """Scale a drawing to the image."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = (SIZE_PX - 2 * margin_px) / max(float((high - low).max()), 1e-9)
    return [(one - (low + high) / 2) * scale + SIZE_PX / 2 for one in strokes]


def coverage_of(lines: list[np.ndarray], width_px: float) -> np.ndarray:
    """Ink of a round pen, float32 [SIZE_PX, SIZE_PX]."""
    starts, ends = _pieces(lines)
    distance = np.sqrt(_squared_distances(starts, ends, SIZE_PX, reach_px=width_px / 2 + 1))
    return np.clip(width_px / 2 + 0.5 - distance, 0, 1).astype(np.float32)


def samples(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points a quarter of a pixel apart, and directions: [N, 2] each."""
    at, directions = [], []
    for a, b in itertools.pairwise(line):
        length = float(np.hypot(*(b - a)))
        count = max(1, round(4 * length))
        at.append(a + (b - a) * ((np.arange(count) + 0.5) / count)[:, None])
        directions.append(np.repeat([(b - a) / max(length, 1e-9)], count, axis=0))
    return np.concatenate(at), np.concatenate(directions)


def crowded(points: np.ndarray, directions: np.ndarray, along: np.ndarray, width_px: float) -> np.ndarray:
    """Whether another line runs beside each point in about its direction, bool [N]."""
    reach = width_px + 2
    found = np.zeros(len(points), bool)
    cosine = np.cos(np.radians(SIMILAR_DEG))
    for i, near in enumerate(cKDTree(points).query_ball_point(points, reach)):
        others = np.array(near)
        far = np.abs(along[others] - along[i]) > 3 * reach
        found[i] = bool((far & (np.abs(directions[others] @ directions[i]) > cosine)).any())
    return found


def measure(strokes: list[np.ndarray], width_px: float) -> np.ndarray:
    """Lengths: true, recalled, apart, recalled of these, traced, false at 1 and 0.5 px; ink, differing; s."""
    coverage = coverage_of(strokes, width_px)
    began = time.process_time()
    traced = trace(coverage > 0.37, coverage, TraceConfig()).strokes
    seconds = time.process_time() - began
    parts = [samples(one) for one in strokes]
    points, directions = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    along = np.concatenate([i * 1e5 + np.arange(len(part[0])) / 4 for i, part in enumerate(parts)])
    lines = [flatten_cubics(one.cubics, step_px=0.25) for one in traced if len(one.cubics)]
    found = np.concatenate([(one[1:] + one[:-1]) / 2 for one in lines])
    is_crowded = crowded(points, directions, along, width_px)
    near = cKDTree(found).query(points)[0] <= 0.5
    away, nearest = cKDTree(points).query(found)
    open_ = ~is_crowded[nearest]
    differs = (np.abs(redrawn(traced) - coverage) > 0.5).sum()
    return np.array(
        [
            *(len(points), near.sum(), (~is_crowded).sum(), (near & ~is_crowded).sum()),
            *(open_.sum(), ((away > 1) & open_).sum(), ((away > 0.5) & open_).sum()),
            *(coverage.sum(), differs, seconds),
        ]
    )


def redrawn(strokes: tuple[Stroke, ...]) -> np.ndarray:
    """The strokes with their widths, float32 [SIZE_PX, SIZE_PX]."""
    ink = np.zeros((SIZE_PX, SIZE_PX), np.float32)
    for one in strokes:
        line = flatten_cubics(one.cubics) if len(one.cubics) else one.start[None]
        ink = np.maximum(ink, coverage_of([line], one.width_px))
    return ink


def report_strokes(data: Path, count: int) -> None:
    """Print one row for each set and width."""
    print("| strokes | width, px | recall | recall, apart | false, 1 px | 0.5 px | ink | ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, read in {"kanji": kanji, "omniglot": omniglot, "quickdraw": quickdraw}.items():
        drawings = list(itertools.islice(read(data), 0, 3600, 3600 // count))[:count]
        for width in WIDTHS_PX:
            rows = [measure(fitted(one, width + 4), width) for one in drawings]
            true, near, apart, apart_near, traced, far, farther, ink, differs, seconds = np.sum(rows, axis=0)
            print(
                f"| {name} | {width} | {near / true:.1%} | {apart_near / apart:.1%} | {far / traced:.1%} | "
                f"{farther / traced:.1%} | {differs / ink:.1%} | {1000 * seconds / count:.0f} |"
            )


def report_page(page: Path) -> None:
    """Print time, size and pen-up travel of a crop, and of potrace and vpype if they are installed."""
    image = read_image(page, mode="gray")[200:1224, 200:1224]
    cv2.setNumThreads(1)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        inked = find_ink(image, TraceConfig())
        made = vectorize(inked, TraceConfig(), SheetConfig(), mm_per_px=25.4 / 300)
        seconds.append(time.process_time() - began)
    text = made.document.text()
    print(f"{min(seconds):.2f} s, {len(made.strokes)} strokes, {len(text) / 1000:.0f} kB", end="")
    print(f", {made.pen_up_mm:.0f} mm with the pen up")
    with tempfile.TemporaryDirectory() as folder:
        ours, sorted_ = Path(folder) / "ours.svg", Path(folder) / "sorted.svg"
        ours.write_text(text)
        if potrace := shutil.which("potrace"):
            bitmap = Path(folder) / "ink.pbm"
            cv2.imwrite(str(bitmap), np.where(inked.ink, 0, 255).astype(np.uint8))
            subprocess.run([potrace, "-s", bitmap, "-o", sorted_], check=True)
            print(f"potrace: {sorted_.stat().st_size / 1000:.0f} kB")
        if vpype := shutil.which("vpype"):
            for words in ([], ["linesort"]):
                subprocess.run([vpype, "read", ours, *words, "stat"], check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    if options.page:
        report_page(options.page)
    else:
        report_strokes(options.data, options.count)
