"""`blob`: cut pages without an orientation into tiles."""

from pathlib import Path

from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep.pages.selection import find_pages
from data_prep.progress import print_failure, print_warning, progress, refuse_failures
from data_prep.records.tile_files import TileFiles
from data_prep.tiles.blob_dataset import cut_blobs
from data_prep.tiles.blob_plan import BlobConfig, plan_blobs
from data_prep.tiles.names import check_stems


def blob(
    pages: Positional[Path],
    out: Path,
    config: BlobConfig = CONFIGS["blob"],
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    files: TileFiles = TileFiles(),  # noqa: B008
    dry_run: bool = False,
) -> None:
    """Cut pages without an orientation into tiles, each rotated and mirrored at random.

    Args:
        pages: Folder of scans, or one scan; adjustments.json next to them is read if present.
        out: Folder for the dataset, or for the tiles.
        page: Only these pages, by name, stem or pattern: 01.png, 01, '1*'; repeatable.
        adjustments: File of offsets in grid cells (256/300 inch); default: adjustments.json next to the
            pages, or adjustment.json or adj_xy.json of older tools, also in cells.
        dry_run: Print the number of tiles and write nothing.
    """
    files.check()
    found = find_pages(pages, chosen=page, adjustments=adjustments, warn=print_warning)
    plan = plan_blobs(found, config, report=print_failure, warn=print_warning)
    if dry_run:
        if files.format == "png":
            check_stems([planned.path for planned in plan.pages])
        for planned in plan.pages:
            print(f"{planned.path}  {planned}")
        side = config.side_px
        print(f"{out}  would hold {plan.count} tiles of {side} x {side} px, {plan.mode}")
    else:
        print(cut_blobs(plan, out, files=files, progress=progress, warn=print_warning))
    refuse_failures(plan.failures, "page")
