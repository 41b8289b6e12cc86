"""Log of a run: JSON lines, and grids of images."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.images import to_uint8, write_image
from data_prep.outputs import replacing

FILE = "log.jsonl"


class Log:
    """Appends one JSON object per line to <run>/log.jsonl, flushed line by line.

    Args:
        run: the run folder.
        nimg: where the run resumes; later lines, of work that was lost and is repeated, are dropped, and
            all lines at 0.
    """

    def __init__(self, run: Path, *, nimg: int) -> None:
        self.path = run / FILE
        if self.path.exists():
            before = [line for line in read_log(run) if 0 < nimg >= line.get("nimg", 0)]
            with replacing(self.path) as partial:
                partial.write_text("".join(json.dumps(line) + "\n" for line in before), encoding="utf-8")

    def write(self, **line: Any) -> None:
        """Append one line."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def read_log(run: Path) -> list[dict[str, Any]]:
    """The lines of <run>/log.jsonl; an incomplete last line is left out."""
    lines = []
    for text in (run / FILE).read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    return lines


def image_grid(images: Any, *, columns: int) -> np.ndarray:
    """Images row by row: [N, H, W, C] float in [-1, 1] or uint8 -> [rows H, columns W, C] uint8.

    Empty places in the last row are white.
    """
    tiles = np.asarray(images)
    if tiles.dtype != np.uint8:
        tiles = to_uint8(tiles)
    n, h, w, c = tiles.shape
    rows = -(-n // columns)
    padded = np.full((rows * columns, h, w, c), 255, np.uint8)
    padded[:n] = tiles
    return padded.reshape(rows, columns, h, w, c).swapaxes(1, 2).reshape(rows * h, columns * w, c)


def square_columns(count: int) -> int:
    """Columns of the smallest square grid with `count` places."""
    return math.isqrt(count - 1) + 1


def write_grid(path: Path, images: Any, *, columns: int) -> None:
    """Write `image_grid` as a PNG."""
    write_image(path, image_grid(images, columns=columns))
