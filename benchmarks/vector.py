"""How well does `inkloop vector` find the centre lines of strokes that are known, and how fast?

Strokes of kanji, of Omniglot and of Quick, Draw! are drawn at 256 px with an antialiased round pen and
traced. Recall: fraction of the true length within 0.5 px of a traced line. Clear: the same without lengths
that cannot be told apart in the ink: beside another line in about its direction, or under the ink of others
(see known_strokes.py); false lengths and junctions are counted among these. False: fraction of the traced
length farther than 1 px (and than 0.5 px) from any true line. Ink: pixels that differ by more than half their
coverage when the strokes are drawn again with their widths, as a fraction of the ink. Junctions: traced ones
beyond the true number, and as fractions of these missed and extra ones, within half the width and 2 px.

    python benchmarks/vector.py DATA [--count 24]     DATA: folder with kanji/, omniglot/ and quickdraw/
    python benchmarks/vector.py --page PNG            time of a 1024 px crop, pen-up travel, potrace, vpype
    python benchmarks/vector.py --order 10000         pen-up travel and time of so many short strokes
"""

import argparse
import itertools
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from known_strokes import SETS, STEP_PX, Samples, coverage_of, fitted
from scipy.spatial import cKDTree

from data_prep.images import read_image
from fill.strokes.bezier import flatten_cubics
from fill.strokes.config import SheetConfig, TraceConfig
from fill.strokes.drawing import find_ink, stroke_ends, vectorize
from fill.strokes.pen_order import order_strokes, pen_up_length
from fill.strokes.tracing import Stroke, trace

WIDTHS_PX = (1, 2, 3, 5, 7, 9)


def measure(strokes: list[np.ndarray], width_px: float) -> np.ndarray:
    """Numbers of samples: true, recalled, clear, clear and recalled; traced, false at 1 and at 0.5 px; pixels
    of ink, and those that differ; seconds; junctions: true, traced, missed, extra."""
    coverage = coverage_of(strokes, width_px)
    began = time.process_time()
    found = trace(coverage > 0.37, coverage, TraceConfig())
    seconds = time.process_time() - began
    true = Samples(strokes, width_px)
    lines = [flatten_cubics(one.cubics, step_px=STEP_PX) for one in found.strokes if len(one.cubics)]
    points = np.concatenate([(one[1:] + one[:-1]) / 2 for one in lines])
    near = cKDTree(points).query(true.points)[0] <= 0.5
    away, nearest = true.tree.query(points)
    away = away[true.clear[nearest]]
    differs = (np.abs(redrawn(found.strokes, len(coverage)) - coverage) > 0.5).sum()
    return np.array(
        [
            *(len(near), near.sum(), true.clear.sum(), (near & true.clear).sum()),
            *(len(away), (away > 1).sum(), (away > 0.5).sum()),
            *(coverage.sum(), differs, seconds),
            *compare_junctions(true, found.junctions),
        ]
    )


def compare_junctions(true: Samples, found: np.ndarray) -> tuple[int, int, int, int]:
    """Numbers of clear junctions, of those that were traced, of those missed, and of those that are none."""
    places, is_clear = true.junctions()
    reach = true.width_px / 2 + 2
    unclear = [*true.points[~true.clear], *places[~is_clear]]
    if unclear and len(found):
        found = found[cKDTree(unclear).query(found)[0] > reach]
    apart = np.hypot(*np.moveaxis(places[:, None] - found[None], -1, 0))
    left_true, left_found = set(range(len(places))), set(range(len(found)))
    for i, j in sorted(np.argwhere(apart <= reach).tolist(), key=lambda pair: apart[tuple(pair)]):
        if i in left_true and j in left_found:
            left_true.remove(i)
            left_found.remove(j)
    missed = sum(is_clear[i] for i in left_true)
    return int(is_clear.sum()), int(is_clear.sum() - missed + len(left_found)), missed, len(left_found)


def redrawn(strokes: tuple[Stroke, ...], size_px: int) -> np.ndarray:
    """The strokes with their widths, float32 [size_px, size_px]."""
    ink = np.zeros((size_px, size_px), np.float32)
    for one in strokes:
        line = flatten_cubics(one.cubics) if len(one.cubics) else one.start[None]
        ink = np.maximum(ink, coverage_of([line], one.width_px, size_px))
    return ink


def report_strokes(data: Path, count: int, widths: list[float]) -> None:
    """Print one row for each set and width."""
    print(
        "| strokes | width, px | recall | clear | false, 1 px | 0.5 px | ink | junctions | missed | extra "
        "| ms |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, read in SETS.items():
        drawings = list(itertools.islice(read(data), 0, 3600, 3600 // count))[:count]
        for width in widths:
            rows = [measure(fitted(one, width + 4), width) for one in drawings]
            total = np.sum(rows, axis=0)
            true, near, clear, clear_near, traced, far, farther, ink, differs, seconds = total[:10]
            junctions, junctions_traced, missed, extra = total[10:]
            print(
                f"| {name} | {width:g} | {near / true:.1%} | {clear_near / clear:.1%} | {far / traced:.1%} | "
                f"{farther / traced:.1%} | {differs / ink:.1%} | {junctions:.0f} "
                f"{junctions_traced / junctions - 1:+.1%} | "
                f"{missed / junctions:.1%} | {extra / junctions:.1%} | {1000 * seconds / count:.0f} |",
                flush=True,
            )


def report_page(page: Path) -> None:
    """Print time, size, pen-up travel and fidelity of a crop, and those of potrace and vpype if installed."""
    image = read_image(page, mode="gray")[200:1224, 200:1224]
    cv2.setNumThreads(1)
    seconds = []
    for _ in range(5):
        began = time.process_time()
        inked = find_ink(image, TraceConfig())
        made = vectorize(inked, TraceConfig(), SheetConfig(), mm_per_px=25.4 / 300)
        text = made.document.text()
        seconds.append(time.process_time() - began)
    drawn = redrawn(made.strokes, len(image))
    print(f"{min(seconds):.2f} s, {len(made.strokes)} strokes, {len(text) / 1000:.0f} kB", end="")
    print(f", {fidelity(drawn > 0.5, inked.ink):.1%} of the ink differs", end="")
    print(f", {made.pen_up_mm:.0f} mm with the pen up; greedy {greedy_mm(made.strokes):.0f} mm")
    with tempfile.TemporaryDirectory() as folder:
        ours, other = Path(folder) / "ours.svg", Path(folder) / "other"
        ours.write_text(text)
        if potrace := shutil.which("potrace"):
            bitmap = Path(folder) / "ink.pbm"
            cv2.imwrite(str(bitmap), np.where(inked.ink, 0, 255).astype(np.uint8))
            subprocess.run([potrace, "-b", "svg", bitmap, "-o", other], check=True)
            size = other.stat().st_size
            subprocess.run([potrace, "-b", "pgm", bitmap, "-o", other], check=True)
            gray = cv2.imdecode(np.frombuffer(other.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
            assert gray is not None
            outlined = np.asarray(gray < 128)
            print(f"potrace: {size / 1000:.0f} kB, {fidelity(outlined, inked.ink):.1%} of the ink differs")
        else:
            print("potrace: not installed")
        if vpype := shutil.which("vpype"):
            for words in ([], ["linesort"]):
                done = subprocess.run(
                    [vpype, "read", ours, *words, "stat"], check=True, capture_output=True, text=True
                )
                print("vpype", *words, *re.findall("[Pp]en-up.*", done.stdout))
        else:
            print("vpype: not installed")


def fidelity(drawn: np.ndarray, ink: np.ndarray) -> float:
    """Pixels that differ as a fraction of the ink."""
    return float((drawn != ink).sum() / ink.sum())


def greedy_mm(strokes: tuple[Stroke, ...]) -> float:
    """Way with the pen up at 300 dpi as `vpype linesort`: from stroke to stroke to the nearest end."""
    starts, ends = stroke_ends(strokes)
    return greedy(starts, ends) * 25.4 / 300


def greedy(starts: np.ndarray, ends: np.ndarray) -> float:
    """Way with the pen up, from (0, 0) always to the nearest end of the strokes that are left."""
    points = np.concatenate([starts, ends])
    left = np.ones(len(points), bool)
    pen, way = np.zeros(2), 0.0
    for _ in starts:
        distances = np.where(left, np.hypot(*(points - pen).T), np.inf)
        at = int(np.argmin(distances))
        other = (at + len(starts)) % len(points)
        way, pen = way + float(distances[at]), points[other]
        left[[at, other]] = False
    return way


def report_order(count: int) -> None:
    """Print the time and the way of strokes at random places."""
    rng = np.random.default_rng(3)
    starts = rng.uniform(0, 1000, (count, 2))
    ends = starts + rng.normal(0, 10, (count, 2))
    began = time.process_time()
    order, is_reversed = order_strokes(starts, ends)
    seconds = time.process_time() - began
    begin = np.where(is_reversed[:, None], ends[order], starts[order])
    finish = np.where(is_reversed[:, None], starts[order], ends[order])
    way = pen_up_length(begin, finish)
    print(f"{count} strokes: {seconds:.2f} s, {way / greedy(starts, ends):.3f} of the greedy way")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("../shared/data"))
    parser.add_argument("--count", type=int, default=24)
    parser.add_argument("--widths", type=float, nargs="*", default=WIDTHS_PX)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--order", type=int)
    options = parser.parse_args()
    if options.page:
        report_page(options.page)
    elif options.order:
        report_order(options.order)
    else:
        report_strokes(options.data, options.count, options.widths)
