"""Size of a canvas: parsed, rounded up to whole cells. Imports no jax."""

import dataclasses
import re

from data_prep.errors import InputError

SIZE = re.compile(r"(\d{1,9})[xX](\d{1,9})")
MOST_PX = 1_000_000  # of a side


@dataclasses.dataclass(frozen=True)
class CanvasSize:
    """A canvas in px, and the map of cells that it is drawn from."""

    height_px: int
    width_px: int
    cell_px: int

    @property
    def cells(self) -> tuple[int, int]:
        """(h, w) of the map: sides rounded up to whole cells."""
        return -(-self.height_px // self.cell_px), -(-self.width_px // self.cell_px)

    @property
    def drawn_px(self) -> tuple[int, int]:
        """(height, width) of the map as drawn."""
        return self.cells[0] * self.cell_px, self.cells[1] * self.cell_px

    @property
    def is_whole(self) -> bool:
        """Whether both sides are whole cells."""
        return self.drawn_px == (self.height_px, self.width_px)

    def rounded_up(self) -> "CanvasSize":
        """The canvas of whole cells that holds this one."""
        return CanvasSize(*self.drawn_px, self.cell_px)

    def __str__(self) -> str:
        return f"{self.width_px}x{self.height_px}"


def parse_size(text: str, *, flag: str = "--canvas") -> tuple[int, int]:
    """'1920x1080' -> (height, width) = (1080, 1920). Raises: InputError, naming the flag."""
    match = SIZE.fullmatch(text.strip())
    sides = (int(match[2]), int(match[1])) if match else (0, 0)
    if not all(1 <= side <= MOST_PX for side in sides):
        raise InputError(
            f"{flag} {text}: must be WIDTHxHEIGHT in px, such as 1920x1080, sides of 1 to {MOST_PX}"
        )
    return sides


def rounding_note(size: CanvasSize, *, tileable: bool) -> str:
    """One line about a canvas whose sides are not whole cells; "" if they are."""
    if size.is_whole:
        return ""
    whole = size.rounded_up()
    if tileable:
        return f"--canvas {size}: tiles are whole cells of {size.cell_px} px; made {whole}"
    return f"--canvas {size}: drawn as {whole}, whole cells of {size.cell_px} px, and cropped"
