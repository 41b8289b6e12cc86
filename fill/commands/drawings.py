"""`fill blob` and `fill spec`: colour a folder of line drawings."""

import dataclasses
import sys
import zlib
from pathlib import Path
from typing import Literal

import tyro

from configs.fill import BLOB, DEFAULT_PALETTE, SPEC
from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, read_header
from data_prep.progress import progress
from fill.commands.palettes import read_palette
from fill.config import BlobConfig, FillConfig, PaletteConfig, SpecConfig

PALETTE_CONFIG = PaletteConfig()


@dataclasses.dataclass(frozen=True)
class FilesConfig:
    """Files read and written."""

    out: Path
    """Output folder; files keep their names."""
    palette: str = DEFAULT_PALETTE
    """Image whose pixels are the colours, a named palette, or colours such as #1b4d5c,#f2c14e."""
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG
    """How the palette is read."""
    seed: int = 0
    """Seed of random colours, which also depend on the file name."""
    batch: int = 8
    """Images of one size filled at once."""
    format: Literal["png", "jpg", "webp"] = "png"
    """File format; jpg and webp are smaller and blur edges slightly."""
    png_level: int = 3
    """zlib level of PNG files, 0 (large, fast) to 9."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum image size in megapixels; larger images are skipped."""
    overwrite: bool = False
    """Replace an existing result with other settings."""

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        if not 0 <= self.seed < 2**32:
            raise InputError(f"--seed {self.seed}: must be between 0 and {2**32 - 1}")
        if self.batch < 1:
            raise InputError(f"--batch {self.batch}: must be at least 1")
        if not 0 <= self.png_level <= 9:
            raise InputError(f"--png-level {self.png_level}: must be between 0 and 9")


def blob(
    source: tyro.conf.Positional[Path],
    config: BlobConfig = BLOB,
    *,
    files: FilesConfig,
) -> None:
    """Colour the regions between the lines of drawings. Run again to fill missing or changed files.

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
    """Colour symmetric specimens: mirrored regions share a colour, the surrounding paper stays white.

    Args:
        source: Folder of images of one specimen each, or one image: dark lines on light paper.
    """
    fill_files(source, config, files, command="fill spec")


def fill_files(source: Path, config: FillConfig, files: FilesConfig, *, command: str) -> None:
    """Fill a folder of drawings and print a summary."""
    files.check()
    config.check()
    colors = read_palette(files.palette, files.palette_config, overlay=config.overlay)
    if source.is_file():
        read_header(source, max_megapixels=files.max_megapixels)  # raises if it cannot be read

    from fill import image_folder
    from fill.parallel import reuse_freed_memory

    reuse_freed_memory()
    drawings = image_folder.find_drawings(source, files.out, suffix=f".{files.format}")
    settings = {
        "source": str(source),
        "palette": [files.palette, zlib.crc32(colors.tobytes())],
        "seed": files.seed,
        "format": files.format,
        **({"png_level": files.png_level} if files.format == "png" else {}),
        **dataclasses.asdict(config),
    }
    with outputs.work(
        files.out, command=command, settings=settings, overwrite=files.overwrite, source=source
    ):
        todo = [drawing for drawing in drawings if not drawing.is_filled()]
        summary = ", already done"
        if todo:
            with progress(len(todo), unit="img", label="fill") as bar:
                result = image_folder.fill_drawings(
                    todo,
                    colors,
                    config,
                    seed=files.seed,
                    batch=files.batch,
                    max_megapixels=files.max_megapixels,
                    png_level=files.png_level,
                    on_image=bar.update,
                    warn=lambda message: bar.write(message, file=sys.stderr),
                )
            summary = ""
            if isinstance(config, SpecConfig):
                summary = f"  {result.orbits} orbits found, {result.single} regions without a mirror image"
    print(f"{files.out}  {len(drawings)} images{summary}")
