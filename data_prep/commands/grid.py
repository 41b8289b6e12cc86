"""`grid`: draw the grid by which `blob` cuts pages."""

from pathlib import Path

from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep.pages.selection import find_pages
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.tiles.blob_plan import BlobConfig
from data_prep.tiles.grid_overlays import draw_grids
from data_prep.workers import chosen_workers


def grid(
    pages: Positional[Path],
    out: Path,
    config: BlobConfig = CONFIGS["blob"],
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Draw the grid on copies of pages; adjustments.json next to them shifts it, and is created if missing.

    Args:
        pages: Folder of scans, or one scan.
        out: Folder for the copies.
        page: Only these pages, by name, stem or pattern: 01.png, 01, '1*'; repeatable.
        adjustments: File of offsets in grid cells (256/300 inch); default: adjustments.json next to the
            pages, or adjustment.json or adj_xy.json of older tools, also in cells.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    count = chosen_workers(workers)
    made = draw_grids(
        find_pages(pages, chosen=page, adjustments=adjustments, may_be_missing=True, warn=print_warning),
        out,
        config,
        workers=count,
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    print(made)
    refuse_failures(made.failures, "page")
