"""`grid` and `blob`: pages that have no up or down, seen with their grid and cut into tiles."""

import dataclasses
import sys
from pathlib import Path
from typing import Literal

from tqdm import tqdm
from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep import blob_pages, grid_copies, images, outputs, records
from data_prep.adjustments import write_adjustments
from data_prep.blob_pages import BlobConfig, PagePlan
from data_prep.commands.datasets import write_or_find
from data_prep.commands.pages import Pages, find_pages, fingerprint, warn
from data_prep.failures import Failures
from data_prep.grid import MANY_STEPS
from data_prep.grid_copies import counts
from data_prep.progress import progress
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
    if not found.adjustments_file.exists():
        _make_adjustments(found)
    plans, _, failures = _plan(found, config)
    outputs.claim(
        out, command="data-prep grid", settings={"pages": str(pages)}, overwrite=overwrite, source=pages
    )
    wanted = [(plan, out / f"{found.label(plan.path)}_grid.jpg") for plan in plans]
    tiles = 0
    with progress(len(plans), unit="page", label="grid") as bar:
        for plan, target in grid_copies.draw_copies(
            wanted,
            tile_px=config.tile_px,
            max_megapixels=config.max_megapixels,
            workers=count,
            report=failures,
        ):
            tqdm.write(f"{target}  {counts(plan)}", file=sys.stdout)
            tiles += len(plan.indices)
            bar.update()
    print(f"{out}  {tiles} tiles")
    failures.leave()
    outputs.mark_done(out)


def blob(
    pages: Positional[Path],
    out: Path,
    config: BlobConfig = CONFIGS["blob"],
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    format: Literal["records", "png"] = "records",
    encoding: Literal["raw", "png"] = "raw",
    shard_mb: float = 300,
    workers: int | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
) -> None:
    """Cut pages that have no up or down into tiles, each turned and mirrored at random.

    Args:
        pages: Folder of scans, or one scan; adjustments.json beside them is read, if there is one.
        out: Folder of the dataset, or of the tiles.
        page: Only this page, by its name, stem or a pattern: 01.png, 01, '1*'; may be given several times.
        adjustments: File of offsets, in place of the one beside the pages.
        format: A dataset of records, or PNG files.
        encoding: Of images in records; raw reads fastest, png takes less disk.
        shard_mb: Raw image megabytes per shard.
        workers: Processes, one per core by default; they do not change the result.
        dry_run: Only say how many tiles there would be.
        overwrite: Replace what an earlier command left in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    records.check_shard_mb(shard_mb)
    found = find_pages(pages, chosen=page, adjustments=adjustments)
    plans, mode, failures = _plan(found, config)
    if format == "png":
        blob_pages.check_stems([plan.path for plan in plans])
    total = sum(len(plan.indices) for plan in plans)
    if dry_run:
        for plan in plans:
            print(f"{plan.path}  {counts(plan)}")
        print(f"{out}  would hold {total} tiles of {config.side_px} x {config.side_px} px, {mode}")
        return failures.leave()
    settings = dataclasses.asdict(config) | {"mode": mode, "format": format, "encoding": encoding}
    settings |= {"shard_mb": shard_mb, "inputs": fingerprint([plan.path for plan in plans])}
    settings |= {"offsets_cell": {plan.name: plan.grid.offset_cell for plan in plans}}
    state = outputs.claim(out, command="data-prep blob", settings=settings, overwrite=overwrite, source=pages)
    if format == "png":
        with progress(total, unit="tile", label="blob") as bar:
            done = blob_pages.write_tiles(
                plans, out, config, mode=mode, workers=count, report=failures, on_tile=bar.update
            )
        print(f"{out}  {done} tiles as PNG files")
    else:
        tiles = blob_pages.BlobRecords(plans, config, mode, count, out / blob_pages.SCRATCH, failures)
        shape = (config.side_px, config.side_px, images.CHANNELS[mode])
        write_or_find("blob", tiles, out, state, shape, encoding, shard_mb, settings)
    failures.leave()
    outputs.mark_done(out)


def _make_adjustments(pages: Pages) -> None:
    file, count = pages.adjustments_file, len(pages.adjustments)
    try:
        write_adjustments(file, pages.adjustments)
        print(f"{file}  offsets of {count} pages, in cells; edit them and draw the grid again")
    except OSError as error:
        warn(f"{file} could not be made ({error.strerror}); --adjustments FILE puts it elsewhere")


def _plan(pages: Pages, config: BlobConfig) -> tuple[list[PagePlan], images.Mode, Failures]:
    """What will be cut, its channels, and what was left out; warns on stderr."""
    failures = Failures("page")
    plans, mode = blob_pages.plan_pages(pages.paths, config, pages.adjustments, report=failures)
    if config.steps > MANY_STEPS:
        warn(f"--steps {config.steps}: above {MANY_STEPS}, animations spin without the lines moving")
    for plan in plans:
        if plan.dpi is not None and abs(plan.dpi - config.dpi) > 1:
            warn(f"{plan.name} says {plan.dpi:g} dpi, --dpi is {config.dpi:g}")
            break
    return plans, mode, failures
