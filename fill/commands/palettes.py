"""Parse `--palette`: an image, a named palette, or colours; for a video also another video."""

from pathlib import Path

import numpy as np

from configs.fill import PALETTES
from data_prep.errors import InputError
from data_prep.images import read_image
from data_prep.video.codec import video_info
from data_prep.video.sources import is_video
from fill.config import PaletteConfig, VideoConfig
from fill.masked_palette import MaskedPalette, MaskedPaletteConfig
from fill.palette_file import SUFFIX, read_palette_file
from fill.video.palette import VideoPalette

NO_MASK = MaskedPaletteConfig()


def read_palette(name: str, config: PaletteConfig, *, overlay: bool, flag: str = "--palette") -> np.ndarray:
    """Read an image, a palette file or name, or hex colours -> uint8 [h, w, 3], reduced as the config says.

    Args:
        name: file name of an image or palette (.json), palette name, or comma-separated hex colours.
        config: validated here.
        overlay: whether an image is required.
        flag: named in errors.

    Raises: InputError: `name` is none of them, or not an image where one is required.
    """
    config.check()
    colors = config.palette_colors
    is_file = Path(name).suffix == SUFFIX and Path(name).is_file()
    is_colors = is_file or name in PALETTES or name.startswith("#")
    if not is_colors and Path(name).is_file():
        image = read_image(Path(name), mode="rgb")
        if not colors:
            return image
        from fill.palette import reduce_colors

        return reduce_colors(image, colors)
    if overlay:
        raise InputError(f"--overlay: needs an image, but {name} is not one; pass {flag} IMAGE")
    if colors:
        raise InputError(f"--palette-colors: needs an image, but {name} is not one; pass {flag} IMAGE")
    if is_colors:
        from fill.palette import from_hex

        if is_file:
            return from_hex(read_palette_file(Path(name)))
        return from_hex(PALETTES.get(name) or name.split(","))
    raise InputError(
        f"{flag} {name}: no such image; pass an image, a palette (.json), colours such as #1b4d5c,#f2c14e, "
        f"or one of {', '.join(PALETTES)}"
    )


def read_masked_palette(
    masked: MaskedPaletteConfig, config: PaletteConfig, *, overlay: bool
) -> MaskedPalette | None:
    """Read a second palette and its mask; None: there is none. Raises: InputError: as `read_palette`."""
    masked.check()
    if masked.mask is None or masked.mask_palette is None:
        return None
    second = read_palette(masked.mask_palette, config, overlay=overlay, flag="--mask-palette")
    return MaskedPalette(second, read_image(masked.mask, mode="gray").repeat(3, axis=2))


def read_video_palette(
    name: str,
    config: PaletteConfig,
    fill: VideoConfig,
    *,
    flag: str = "--palette",
    masked: MaskedPaletteConfig = NO_MASK,
) -> VideoPalette:
    """Read the palette of a video: as `read_palette`; with `overlay` it may be a video.

    Raises: InputError: as `read_palette`, or a video is combined with flags for still palettes.
    """
    video = Path(name) if fill.overlay and is_video(Path(name)) else None
    if video is None:
        first = read_palette(name, config, overlay=fill.overlay, flag=flag)
        return VideoPalette(name, first, masked=read_masked_palette(masked, config, overlay=fill.overlay))
    masked.check()
    if masked.mask is not None:
        raise InputError(f"--mask {masked.mask}: mixes still palettes, but {name} is a video; leave it out")
    video_info(video)  # raises if it cannot be read
    if config.palette_colors:
        raise InputError(f"--palette-colors: needs an image, but {name} is a video; leave it out")
    palette = VideoPalette(name, np.zeros((0, 0, 3), np.uint8), video)
    palette.check(fill)
    return palette
