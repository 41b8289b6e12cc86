"""`grid`: draw the grid by which `blob` cuts pages."""

import dataclasses
import sys
from pathlib import Path

from tqdm import tqdm
from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep import outputs
from data_prep.commands.page_selection import Pages, find_pages, plan_blobs, warn
from data_prep.pages.adjustments import write_adjustments
from data_prep.progress import counted, progress
from data_prep.tiles import grid_overlays
from data_prep.tiles.blob_dataset import BlobConfig
from data_prep.tiles.grid_overlays import counts
from data_prep.workers import check_workers, default_workers


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
        adjustments: File of offsets; default: adjustments.json next to the pages.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    found = find_pages(pages, chosen=page, adjustments=adjustments, may_be_missing=True)
    plans, _, failures = plan_blobs(found, config)
    # Without the offsets, which users edit, and --page: copies are then drawn again in place.
    settings = dataclasses.asdict(config) | {"pages": str(pages.resolve())}
    with outputs.work(out, command="data-prep grid", settings=settings, source=pages, overwrite=overwrite):
        if not found.adjustments_file.exists():
            _create_adjustments(found)
        copies = [(plan, out / f"{found.label(plan.path)}_grid.jpg") for plan in plans]
        tiles = 0
        with progress(len(plans), unit="page", label="grid") as bar:
            for plan, target in grid_overlays.draw_copies(
                copies,
                tile_px=config.tile_px,
                max_megapixels=config.max_megapixels,
                workers=count,
                report=failures,
            ):
                tqdm.write(f"{target}  {counts(plan)}", file=sys.stdout)
                tiles += len(plan.indices)
                bar.update()
        print(f"{out}  {counted(tiles, 'tile')}")
        failures.leave()


def _create_adjustments(pages: Pages) -> None:
    file, count = pages.adjustments_file, len(pages.adjustments)
    try:
        write_adjustments(file, pages.adjustments)
        print(f"{file}  offsets of {counted(count, 'page')}, in cells; edit them and run the command again")
    except OSError as error:
        warn(f"{file} could not be written ({error.strerror}); choose another file with --adjustments")
