"""`spec`: detect the specimens of pages, and cut each into an upright tile."""

import sys
from pathlib import Path

from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep.pages.selection import find_pages
from data_prep.progress import counted, print_failure, print_warning, progress, refuse_failures
from data_prep.records.tile_files import TileFiles
from data_prep.specimens.dataset import cut_specimens
from data_prep.specimens.pages import SpecConfig, counts, table
from data_prep.specimens.plan import plan_specimens
from data_prep.tiles.names import check_stems


def spec(
    pages: Positional[Path],
    out: Path,
    config: SpecConfig = CONFIGS["spec"],
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    redetect: bool = False,
    files: TileFiles = TileFiles(),  # noqa: B008
    dry_run: bool = False,
) -> None:
    """Detect the specimens of each page, write their centres to adjustments.json, and cut a tile of each.

    Check the images in OUT-overlays, correct centres in adjustments.json, and run it again with
    --overwrite: existing centres are not changed.

    Args:
        pages: Folder of scans, or one scan; adjustments.json next to them is read and written.
        out: Folder for the dataset, or for the tiles; overlays of the pages go to OUT-overlays.
        page: Only these pages, by name, stem or pattern: 01.png, 01, '1*'; repeatable.
        adjustments: File of centres; default: adjustments.json next to the pages.
        redetect: Replace existing centres by detected ones.
        dry_run: Print the table of specimens and write nothing.
    """
    files.check()
    found = find_pages(pages, chosen=page, adjustments=adjustments, may_be_missing=True, warn=print_warning)
    plan = plan_specimens(
        found,
        config,
        redetect=redetect,
        workers=files.worker_count,
        progress=progress,
        report=print_failure,
        warn=print_warning,
    )
    if plan.stored:
        taken = f"centres of {counted(plan.stored, 'page')} taken from {found.adjustments_file}"
        print(f"{taken}; --redetect replaces them", file=sys.stderr)
    if dry_run:
        if files.format == "png":
            check_stems([planned.path for planned in plan.pages])
        for planned in plan.pages:
            print("\n".join([f"{planned.path}  {counts(planned)}", *table(planned)]))
        tiles, side = counted(plan.count, "tile"), config.tile_px
        print(f"{out}  would hold {tiles} of {side} x {side} px, {plan.mode}")
    else:
        print(cut_specimens(plan, out, files=files, progress=progress, warn=print_warning))
    refuse_failures(plan.failures, "page")
