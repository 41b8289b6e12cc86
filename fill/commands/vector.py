"""`inkloop vector`: line drawings, datasets and videos -> strokes as SVG."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import tyro

from configs.fill import DEFAULT_PALETTE, SHEET, TRACE
from data_prep import cli
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from fill.commands.palettes import read_palette
from fill.config import PaletteConfig
from fill.strokes.config import OutputConfig, SheetConfig, TraceConfig

PALETTE_CONFIG = PaletteConfig()


@dataclasses.dataclass(frozen=True)
class FilesConfig(OutputConfig):
    """Files read and written."""

    palette: str = DEFAULT_PALETTE
    """Colours of --regions: an image, a palette file (.json), a named palette, or colours such as
    #1b4d5c,#f2c14e."""
    palette_config: tyro.conf.OmitArgPrefixes[PaletteConfig] = PALETTE_CONFIG
    """How the palette is read."""


def vector(
    source: tyro.conf.Positional[Path],
    trace: TraceConfig = TRACE,
    sheet: SheetConfig = SHEET,
    *,
    files: FilesConfig,
) -> None:
    """Trace the lines of drawings to SVG in mm, for plotters and vector programs: one path per stroke.

    Strokes have the width of their lines and come in a short order for a pen; solid shapes are filled
    outlines. Frames of a video become numbered files, in which strokes that persist keep their ids, order
    and pens, and regions their colours. Run again to trace missing or changed files.

    Args:
        source: Folder of line drawings, one drawing, a dataset, or a video.
    """
    for config in (trace, sheet, files):
        config.check()
    from fill.strokes.folder import Palette, vector_folder
    from fill.strokes.sources import kind_of
    from fill.strokes.video import vector_video

    palette = None
    if sheet.regions != "off":
        palette = Palette(files.palette, read_palette(files.palette, files.palette_config, overlay=False))
    run = vector_video if kind_of(source) == "video" else vector_folder
    made = run(
        source,
        trace,
        sheet,
        files,
        palette=palette,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(made)
    refuse_failures(made.failures, "drawing")


COMMANDS = cli.Commands({"vector": vector}, description="")


def main(args: Sequence[str] | None = None) -> int:
    """Run `inkloop vector ARGS...`; returns the exit code."""
    return cli.run(COMMANDS, prog="inkloop", args=["vector", *(sys.argv[1:] if args is None else args)])


if __name__ == "__main__":
    sys.exit(main())
