"""`grid`: pages that have no up or down, seen with the grid by which `blob` cuts them."""

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
    """Draw the grid on copies of pages; adjustments.json beside them moves it, and is made if missing.

    Args:
        pages: Folder of scans, or one scan.
        out: Folder of the copies.
        page: Only this page, by its name, stem or a pattern: 01.png, 01, '1*'; may be given several times.
        adjustments: File of offsets, in place of the one beside the pages.
        workers: Processes, one per core by default; they do not change the result.
        overwrite: Replace what an earlier command left in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    found = find_pages(pages, chosen=page, adjustments=adjustments, may_be_missing=True)
    plans, _, failures = plan_blobs(found, config)
    # Not the offsets, which one edits, nor --page: then copies are drawn again in their place.
    settings = dataclasses.asdict(config) | {"pages": str(pages.resolve())}
    with outputs.work(out, command="data-prep grid", settings=settings, source=pages, overwrite=overwrite):
        if not found.adjustments_file.exists():
            _make_adjustments(found)
        wanted = [(plan, out / f"{found.label(plan.path)}_grid.jpg") for plan in plans]
        tiles = 0
        with progress(len(plans), unit="page", label="grid") as bar:
            for plan, target in grid_overlays.draw_copies(
                wanted,
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


def _make_adjustments(pages: Pages) -> None:
    file, count = pages.adjustments_file, len(pages.adjustments)
    try:
        write_adjustments(file, pages.adjustments)
        print(f"{file}  offsets of {counted(count, 'page')}, in cells; edit them and draw the grid again")
    except OSError as error:
        warn(f"{file} could not be made ({error.strerror}); --adjustments FILE puts it elsewhere")
