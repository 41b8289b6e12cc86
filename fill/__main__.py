"""The door: `inkloop fill blob SOURCE --out DIR`."""

import dataclasses
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from configs.fill import CONFIGS, DEFAULT_PALETTE, PALETTES
from data_prep import door, outputs
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, read_header, read_image
from fill.config import BlobConfig

if TYPE_CHECKING:
    import numpy as np


def blob(
    source: tyro.conf.Positional[Path],
    config: BlobConfig = CONFIGS["blob"],
    *,
    out: Path,
    palette: str = DEFAULT_PALETTE,
    seed: int = 0,
    batch: int = 8,
    max_megapixels: float = MAX_MEGAPIXELS,
    overwrite: bool = False,
) -> None:
    """Colour the regions between the lines of drawings. Run again, it fills what is missing or has changed.

    Args:
        source: Folder of images, or one image: dark lines on light paper.
        out: Folder for the PNG files, which keep their names.
        palette: Image whose pixels are the colours, or a named palette, or colours such as #1b4d5c,#f2c14e.
        seed: Random colours follow from it and from the file's name.
        batch: Images of one size that are filled at once.
        max_megapixels: Larger images are refused.
        overwrite: Replace what `out` holds of other settings.
    """
    if not 0 <= seed < 2**32:
        raise InputError(f"--seed {seed}: it should be 0 to {2**32 - 1}")
    if batch < 1:
        raise InputError(f"--batch {batch}: it should be 1 or more")
    if not 0 <= config.threshold <= 254:
        raise InputError(f"--threshold {config.threshold}: it should be 0 to 254")
    colors = _read_palette(palette, overlay=config.overlay)
    if source.is_file():
        read_header(source, max_megapixels=max_megapixels)  # nothing could start

    from fill import folder

    drawings = folder.find_drawings(source, out)
    settings = {
        "source": str(source),
        "palette": [palette, zlib.crc32(colors.tobytes())],
        "seed": seed,
        **dataclasses.asdict(config),
    }
    outputs.claim(out, command="fill blob", settings=settings, overwrite=overwrite, source=source)
    missing = [drawing for drawing in drawings if not drawing.is_filled()]
    if missing:
        folder.fill_drawings(missing, colors, config, seed=seed, batch=batch, max_megapixels=max_megapixels)
    outputs.mark_done(out)
    print(f"{out}  {len(drawings)} images" + ("" if missing else ", already done"))


def _read_palette(name: str, *, overlay: bool) -> "np.ndarray":
    """A picture, a named palette, or hex colours -> uint8 [h, w, 3]."""
    if Path(name).is_file():
        return read_image(Path(name), mode="rgb")
    if overlay:
        raise InputError(
            f"--overlay takes its colours from a picture, and {name} is none; give --palette IMAGE"
        )
    if name in PALETTES or name.startswith("#"):
        from fill.palette import from_hex

        return from_hex(PALETTES.get(name) or name.split(","))
    raise InputError(
        f"--palette {name}: no such image; give one, or colours such as #1b4d5c,#f2c14e, "
        f"or one of {', '.join(PALETTES)}"
    )


app = door.open_door({"blob": blob})


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop fill ARGS...`; returns the exit code."""
    return door.run(app, prog="inkloop fill", description="Line drawings -> coloured drawings.", args=args)


if __name__ == "__main__":
    sys.exit(main())
