"""Config of frames of any size: canvases, and paths side by side. Imports no jax."""

import dataclasses
import re

from data_prep.errors import InputError
from gan.canvas.size import parse_size

MOST_PATHS = 64
GRID = re.compile(r"(\d{1,4})[xX](\d{1,4})")


@dataclasses.dataclass(frozen=True)
class LayoutConfig:
    """What a frame shows: an image of the network, a canvas, or a mosaic."""

    canvas: str | None = None
    """Size of the frames in px, such as 1920x1080, for networks of family field: every cell of the drawing
    moves along a path of its own, at a phase of its own. Opposite edges meet if the sides are
    whole cells."""
    still: bool = False
    """With --canvas: the cells keep still, and only the style of the whole canvas moves."""
    global_still: bool = False
    """With --canvas: the style of the whole canvas keeps still, and only the cells move."""
    mosaic: str | None = None
    """Paths side by side, such as 3x2 (columns by rows), of this seed and the next ones; any network."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        for name in ("still", "global_still"):
            if getattr(self, name) and self.canvas is None:
                raise InputError(f"--{name.replace('_', '-')} requires --canvas WIDTHxHEIGHT")
        if self.still and self.global_still:
            raise InputError("--still and --global-still: nothing would move; pass one of them")
        if self.canvas is not None:
            if self.mosaic is not None:
                raise InputError(f"--canvas {self.canvas} and --mosaic {self.mosaic}: pass one of them")
            parse_size(self.canvas)
        if self.mosaic is not None:
            _ = self.mosaic_grid

    @property
    def mosaic_grid(self) -> tuple[int, int]:
        """(rows, columns) of the mosaic. Raises: InputError: invalid."""
        match = GRID.fullmatch(self.mosaic or "")
        rows, columns = (int(match[2]), int(match[1])) if match else (0, 0)
        if not (1 <= rows * columns <= MOST_PATHS):
            raise InputError(
                f"--mosaic {self.mosaic}: must be COLUMNSxROWS, such as 3x2, of at most {MOST_PATHS} paths"
            )
        return rows, columns
