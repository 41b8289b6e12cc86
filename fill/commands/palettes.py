"""What `--palette` may be: a picture, a named palette, or colours; of a film, another film too."""

from pathlib import Path

import numpy as np

from configs.fill import PALETTES
from data_prep.errors import InputError
from data_prep.images import read_image
from data_prep.video import sources
from data_prep.video.codec import video_info
from fill.config import FilmConfig, PaletteConfig
from fill.video.palette import FilmPalette


def read_palette(name: str, config: PaletteConfig, *, overlay: bool, flag: str = "--palette") -> np.ndarray:
    """A picture, a named palette, or hex colours -> uint8 [h, w, 3], reduced as the config says.

    `flag` named it, for errors.

    Raises: InputError: it is none of them, or `overlay` asks for a picture and it is none.
    """
    config.check()
    colors = config.palette_colors
    is_colors = name in PALETTES or name.startswith("#")
    if not is_colors and Path(name).is_file():
        picture = read_image(Path(name), mode="rgb")
        if not colors:
            return picture
        from fill.palette import reduce_colors

        return reduce_colors(picture, colors)
    if overlay:
        raise InputError(f"--overlay takes its colours from a picture, and {name} is none; give {flag} IMAGE")
    if colors:
        raise InputError(f"--palette-colors reduces a picture, and {name} is none; give {flag} IMAGE")
    if is_colors:
        from fill.palette import from_hex

        return from_hex(PALETTES.get(name) or name.split(","))
    raise InputError(
        f"{flag} {name}: no such image; give one, or colours such as #1b4d5c,#f2c14e, "
        f"or one of {', '.join(PALETTES)}"
    )


def read_film_palette(
    name: str, config: PaletteConfig, fill: FilmConfig, *, flag: str = "--palette"
) -> FilmPalette:
    """The palette of a film: as `read_palette`; with `overlay` a film as well.

    Raises: InputError: it is none, or does not fit the fill.
    """
    film = Path(name) if fill.overlay and sources.moves(Path(name)) else None
    if film is None:
        return FilmPalette(name, read_palette(name, config, overlay=fill.overlay, flag=flag))
    video_info(film)  # nothing could start
    if config.palette_colors:
        raise InputError(f"--palette-colors reduces a picture, and {name} is a film; leave it out")
    palette = FilmPalette(name, np.zeros((0, 0, 3), np.uint8), film)
    palette.check(fill)
    return palette
