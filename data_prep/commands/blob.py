"""`blob`: cut pages without an orientation into tiles."""

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep import images, outputs
from data_prep.commands.dataset_output import write_or_find
from data_prep.commands.page_selection import find_pages, fingerprint, plan_blobs
from data_prep.progress import progress
from data_prep.records import writer
from data_prep.tiles import blob_dataset
from data_prep.tiles.blob_dataset import BlobConfig
from data_prep.tiles.grid_overlays import counts
from data_prep.tiles.names import check_stems
from data_prep.workers import check_workers, default_workers


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
    """Cut pages without an orientation into tiles, each rotated and mirrored at random.

    Args:
        pages: Folder of scans, or one scan; adjustments.json next to them is read if present.
        out: Folder for the dataset, or for the tiles.
        page: Only these pages, by name, stem or pattern: 01.png, 01, '1*'; repeatable.
        adjustments: File of offsets; default: adjustments.json next to the pages.
        format: Dataset of records, or PNG files.
        encoding: Image encoding in records: raw is faster to read, png is smaller.
        shard_mb: Shard size in megabytes of raw images.
        workers: Number of processes; default: one per core. Does not affect the result.
        dry_run: Print the number of tiles and write nothing.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    writer.check_shard_mb(shard_mb)
    found = find_pages(pages, chosen=page, adjustments=adjustments)
    plans, mode, failures = plan_blobs(found, config)
    if format == "png":
        check_stems([plan.path for plan in plans])
    total = sum(len(plan.indices) for plan in plans)
    if dry_run:
        for plan in plans:
            print(f"{plan.path}  {counts(plan)}")
        print(f"{out}  would hold {total} tiles of {config.side_px} x {config.side_px} px, {mode}")
        return failures.leave()
    settings = dataclasses.asdict(config) | {"mode": mode, "format": format, "encoding": encoding}
    settings |= {"shard_mb": shard_mb, "inputs": fingerprint([plan.path for plan in plans])}
    settings |= {"offsets_cell": {plan.name: plan.grid.offset_cell for plan in plans}}
    with outputs.work(
        out, command="data-prep blob", settings=settings, source=pages, overwrite=overwrite
    ) as state:
        if format == "png":
            with progress(total, unit="tile", label="blob") as bar:
                done = blob_dataset.write_tiles(
                    plans, out, config, mode=mode, workers=count, report=failures, on_tile=bar.update
                )
            print(f"{out}  {done} tiles as PNG files")
        else:
            scratch = out / blob_dataset.SCRATCH
            tiles = blob_dataset.plan_records(
                plans, config, mode=mode, workers=count, scratch=scratch, report=failures
            )
            shape = (config.side_px, config.side_px, images.CHANNELS[mode])
            write_or_find("blob", tiles, out, state, shape, encoding, shard_mb, settings)
        failures.leave()
