"""What `--palette` may be: a picture, a named palette, or colours."""

from pathlib import Path
from typing import TYPE_CHECKING

from configs.fill import PALETTES
from data_prep.errors import InputError
from data_prep.images import read_image

if TYPE_CHECKING:
    import numpy as np


def read_palette(name: str, *, overlay: bool, colors: int = 0) -> "np.ndarray":
    """A picture, a named palette, or hex colours -> uint8 [h, w, 3], in `colors` colours if not 0.

    Raises: InputError: it is none of them, or `overlay` asks for a picture and it is none.
    """
    if colors < 0:
        raise InputError(f"--palette-colors {colors}: it should be 1 or more, or 0 for all")
    is_colors = name in PALETTES or name.startswith("#")
    if not is_colors and Path(name).is_file():
        picture = read_image(Path(name), mode="rgb")
        if not colors:
            return picture
        from fill.palette import reduce_colors

        return reduce_colors(picture, colors)
    if overlay:
        raise InputError(
            f"--overlay takes its colours from a picture, and {name} is none; give --palette IMAGE"
        )
    if colors:
        raise InputError(f"--palette-colors reduces a picture, and {name} is none; give --palette IMAGE")
    if is_colors:
        from fill.palette import from_hex

        return from_hex(PALETTES.get(name) or name.split(","))
    raise InputError(
        f"--palette {name}: no such image; give one, or colours such as #1b4d5c,#f2c14e, "
        f"or one of {', '.join(PALETTES)}"
    )
