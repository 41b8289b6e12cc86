"""`animate explore` and `animate summary`: contact sheets of seeds and of a video."""

from pathlib import Path

import tyro

from gan.explore.seeds import distinct_seeds


def explore(
    run: tyro.conf.Positional[Path],
    *,
    out: Path,
    seeds: str = "0-99",
    truncation: float = 1.0,
    columns: int = 10,
    tile_px: int = 96,
    label: str | None = None,
    overwrite: bool = False,
) -> None:
    """Draw a sheet of images with their seeds, to choose keyframes from.

    Args:
        run: Run folder, or its generator/ folder.
        out: Sheet, an image file.
        seeds: Numbers and ranges, such as 0-99 or 3,17,40-49; `animate keyframes --keys` takes the same.
        truncation: Truncation psi: 1 = off, 0 = mean image.
        columns: Images per row.
        tile_px: Side of an image on the sheet.
        label: Class by name or number, for generators with classes; default: the first.
        overwrite: Replace another sheet.
    """
    from animate.sheets import check_sheet, seed_sheet, write_sheet
    from gan.sample import load_generator

    numbers = distinct_seeds(seeds, flag="--seeds")
    check_sheet(out)
    sheet = seed_sheet(
        load_generator(run), numbers, truncation=truncation, columns=columns, tile_px=tile_px, label=label
    )
    write_sheet(out, sheet, overwrite=overwrite)
    print(f"{out}  {len(numbers)} images; pass their numbers to `animate keyframes --keys`")


def summary(
    clip: tyro.conf.Positional[Path],
    *,
    out: Path,
    rows: int = 4,
    columns: int = 6,
    tile_px: int = 160,
    overwrite: bool = False,
) -> None:
    """Draw a sheet of frames of a video at equal intervals, with their times.

    Args:
        clip: Video.
        out: Sheet, an image file.
        rows: Rows of frames.
        columns: Frames per row.
        tile_px: Longer side of a frame on the sheet.
        overwrite: Replace another sheet.
    """
    from animate.sheets import check_sheet, video_sheet, write_sheet

    check_sheet(out)
    sheet = video_sheet(clip, rows=rows, columns=columns, tile_px=tile_px)
    write_sheet(out, sheet.image, overwrite=overwrite)
    print(f"{out}  {len(sheet.frames)} of {sheet.total} frames of {clip}")
