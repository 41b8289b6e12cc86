"""`fill blob` and `fill spec`: a folder of drawings -> a folder of coloured ones."""

import dataclasses
import zlib
from pathlib import Path
from typing import Literal

import tyro

from configs.fill import BLOB, DEFAULT_PALETTE, SPEC
from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, read_header
from fill.commands.palettes import read_palette
from fill.config import BlobConfig, FillConfig, PaletteConfig, SpecConfig

PALETTE_CONFIG = PaletteConfig()


@dataclasses.dataclass(frozen=True)
class FilesConfig:
    """What is read and written."""

    out: Path
    """Folder for the files, which keep their names."""
    palette: str = DEFAULT_PALETTE
    """Image whose pixels are the colours, or a named palette, or colours such as #1b4d5c,#f2c14e."""
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG
    """How it is read."""
    seed: int = 0
    """Random colours follow from it and from the file's name."""
    batch: int = 8
    """Images of one size that are filled at once."""
    format: Literal["png", "jpg", "webp"] = "png"
    """Of the files; jpg and webp are smaller and blur edges a little."""
    png_level: int = 3
    """Effort of PNG files, 0 (large and fast) to 9."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Larger images are refused."""
    overwrite: bool = False
    """Replace what `out` holds of other settings."""

    def check(self) -> None:
        """Raise InputError, naming the flag, for what cannot be meant."""
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: it should be 0 to {2**32 - 1}")
        if self.batch < 1:
            raise InputError(f"--batch {self.batch}: it should be 1 or more")
        if not 0 <= self.png_level <= 9:
            raise InputError(f"--png-level {self.png_level}: it should be 0 to 9")


def blob(
    source: tyro.conf.Positional[Path],
    config: BlobConfig = BLOB,
    *,
    files: FilesConfig,
) -> None:
    """Colour the regions between the lines of drawings. Run again, it fills what is missing or has changed.

    Args:
        source: Folder of images, or one image: dark lines on light paper.
    """
    fill_files(source, config, files, command="fill blob")


def spec(
    source: tyro.conf.Positional[Path],
    config: SpecConfig = SPEC,
    *,
    files: FilesConfig,
) -> None:
    """Colour symmetric specimens: regions that mirror one another share a colour, paper around stays white.

    Args:
        source: Folder of images of one specimen each, or one image: dark lines on light paper.
    """
    fill_files(source, config, files, command="fill spec")


def fill_files(source: Path, config: FillConfig, files: FilesConfig, *, command: str) -> None:
    """Fill a folder's drawings, and say what was done."""
    files.check()
    config.check()
    colors = read_palette(files.palette, files.palette_config, overlay=config.overlay)
    if source.is_file():
        read_header(source, max_megapixels=files.max_megapixels)  # nothing could start

    from fill import image_folder
    from fill.parallel import keep_pages

    keep_pages()
    drawings = image_folder.find_drawings(source, files.out, suffix=f".{files.format}")
    settings = {
        "source": str(source),
        "palette": [files.palette, zlib.crc32(colors.tobytes())],
        "seed": files.seed,
        "format": files.format,
        **({"png_level": files.png_level} if files.format == "png" else {}),
        **dataclasses.asdict(config),
    }
    outputs.claim(files.out, command=command, settings=settings, overwrite=files.overwrite, source=source)
    missing = [drawing for drawing in drawings if not drawing.is_filled()]
    found = ""
    if missing:
        tally = image_folder.fill_drawings(
            missing,
            colors,
            config,
            seed=files.seed,
            batch=files.batch,
            max_megapixels=files.max_megapixels,
            png_level=files.png_level,
        )
        if isinstance(config, SpecConfig):
            found = f"  {tally['orbits']} orbits found, {tally['single']} regions left single"
    outputs.mark_done(files.out)
    print(f"{files.out}  {len(drawings)} images" + (found if missing else ", already done"))
