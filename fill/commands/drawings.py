"""`fill blob` and `fill spec`: colour a folder of line drawings."""

import dataclasses
from pathlib import Path

import tyro

from configs.fill import BLOB, DEFAULT_PALETTE, SPEC
from data_prep.images import read_header
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from fill.commands.palettes import read_masked_palette, read_palette
from fill.config import BlobConfig, FillConfig, FolderConfig, PaletteConfig, SpecConfig
from fill.masked_palette import MaskedPaletteConfig
from fill.pins import NO_PINS, read_pins

PALETTE_CONFIG, NO_MASK = PaletteConfig(), MaskedPaletteConfig()


@dataclasses.dataclass(frozen=True)
class FilesConfig(FolderConfig):
    """Files read and written."""

    palette: str = DEFAULT_PALETTE
    """Image whose pixels are the colours, a palette file (.json), a named palette, or colours such as
    #1b4d5c,#f2c14e."""
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG
    """How the palette is read."""
    pins: Path | None = None
    """File of pins (.json): places whose regions have a chosen colour, by file name."""


def blob(
    source: tyro.conf.Positional[Path],
    config: BlobConfig = BLOB,
    *,
    files: FilesConfig,
    masked: tyro.conf.OmitArgPrefixes[MaskedPaletteConfig] = NO_MASK,
) -> None:
    """Colour the regions between the lines of drawings. Run again to fill missing or changed files.

    Args:
        source: Folder of images, or one image: dark lines on light paper.
        masked: A second palette.
    """
    fill_files(source, config, files, command="fill blob", masked=masked)


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


def fill_files(
    source: Path,
    config: FillConfig,
    files: FilesConfig,
    *,
    command: str,
    masked: MaskedPaletteConfig = NO_MASK,
) -> None:
    """Fill a folder of drawings and print a summary."""
    files.check()
    config.check()
    masked.check()
    colors = read_palette(files.palette, files.palette_config, overlay=config.overlay)
    second = read_masked_palette(masked, files.palette_config, overlay=config.overlay)
    pins = NO_PINS if files.pins is None else read_pins(files.pins)
    if source.is_file():
        read_header(source, max_megapixels=files.max_megapixels)  # raises if it cannot be read

    from fill.image_folder import fill_folder
    from fill.parallel import reuse_freed_memory

    reuse_freed_memory()
    made = fill_folder(
        source,
        colors,
        config,
        files,
        palette_name=files.palette,
        command=command,
        pins=pins,
        masked=second,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(made)
    refuse_failures(made.failures, "image")
