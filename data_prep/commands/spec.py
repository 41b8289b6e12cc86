"""`spec`: detect the specimens of pages, and cut each into an upright tile."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep import images, outputs
from data_prep.commands.dataset_output import write_or_find
from data_prep.commands.page_selection import Pages, find_pages, fingerprint, warn
from data_prep.pages.adjustments import write_adjustments
from data_prep.progress import Failures, Report, counted, progress
from data_prep.records import writer
from data_prep.specimens import dataset
from data_prep.specimens import pages as specimen_pages
from data_prep.specimens.dataset import Cut
from data_prep.specimens.pages import PageSpecimens, SpecConfig
from data_prep.tiles.names import check_stems
from data_prep.workers import check_workers, default_workers


def spec(
    pages: Positional[Path],
    out: Path,
    config: SpecConfig = CONFIGS["spec"],
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    redetect: bool = False,
    format: Literal["records", "png"] = "records",
    encoding: Literal["raw", "png"] = "raw",
    shard_mb: float = 300,
    workers: int | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
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
        format: Dataset of records, or PNG files.
        encoding: Image encoding in records: raw is faster to read, png is smaller.
        shard_mb: Shard size in megabytes of raw images.
        workers: Number of processes; default: one per core. Does not affect the result.
        dry_run: Print the table of specimens and write nothing.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    writer.check_shard_mb(shard_mb)
    failures = Failures("page")
    found = find_pages(pages, chosen=page, adjustments=adjustments, may_be_missing=True)
    plans, mode = _find(found, config, redetect, count, failures)
    crop_px = specimen_pages.crop_px(plans, config)
    if format == "png":
        check_stems([plan.path for plan in plans])
    for plan in plans:
        for doubt in specimen_pages.doubts(plan, crop_px):
            warn(f"{plan.name}: {doubt}")
    total = sum(len(plan.specimens) for plan in plans)
    if dry_run:
        for plan in plans:
            print("\n".join([f"{plan.path}  {specimen_pages.counts(plan)}", *specimen_pages.table(plan)]))
        print(f"{out}  would hold {counted(total, 'tile')} of {config.tile_px} x {config.tile_px} px, {mode}")
        return failures.leave()

    settings = dataclasses.asdict(config) | {"crop_px": crop_px, "mode": mode, "format": format}
    settings |= {"encoding": encoding, "shard_mb": shard_mb}
    settings |= {"inputs": fingerprint([plan.path for plan in plans])}
    settings |= {"centers": specimen_pages.centers_crc(plans)}
    overlays = dataset.overlays_folder(out)
    if adjustments is not None:
        for folder in (out, overlays):  # --overwrite would delete it
            outputs.check_outside(adjustments, folder, flag="--adjustments")
    with dataset.work(out, settings, source=pages, overwrite=overwrite) as state:
        _store_centers(found, plans)
        drawn = {plan.name: overlays / f"{found.label(plan.path)}_spec.jpg" for plan in plans}
        cut = Cut(config, crop_px, mode, drawn, count, failures)
        if format == "png":
            with progress(total, unit="tile", label="spec") as bar:
                done = dataset.write_tiles(plans, out, cut, on_tile=bar.update)
            print(f"{out}  {counted(done, 'tile')} as PNG files")
        else:
            shape = (config.tile_px, config.tile_px, images.CHANNELS[mode])
            tiles = dataset.plan_records(plans, cut)
            write_or_find("spec", tiles, out, state, shape, encoding, shard_mb, settings)
        with progress(len(plans), unit="page", label="overlays") as bar:
            dataset.draw_pages(plans, cut, on_page=bar.update)
        print(f"{overlays}  overlays of {counted(len(plans), 'page')}")
        failures.leave()


def _find(
    found: Pages, config: SpecConfig, redetect: bool, workers: int, report: Report
) -> tuple[list[PageSpecimens], images.Mode]:
    """Detect the specimens of every page; report on stderr if centres come from adjustments."""
    stored = {} if redetect else found.adjustments
    known = sum(path.name in stored and stored[path.name].centers_px is not None for path in found.paths)
    if known:
        print(
            f"centres of {counted(known, 'page')} taken from {found.adjustments_file}; "
            "--redetect replaces them",
            file=sys.stderr,
        )
    with progress(len(found.paths), unit="page", label="find") as bar:
        return specimen_pages.find_on_pages(
            found.paths, config, stored, workers=workers, report=report, on_page=bar.update
        )


def _store_centers(found: Pages, plans: Sequence[PageSpecimens]) -> None:
    """Write the centres to the file of adjustments, unless they are there already."""
    stored = dict(found.adjustments)
    for plan in plans:
        stored[plan.name] = dataclasses.replace(stored[plan.name], centers_px=plan.centers_px)
    file = found.adjustments_file
    if stored != found.adjustments:
        try:
            write_adjustments(file, stored)
        except OSError as error:
            return warn(
                f"{file} could not be written ({error.strerror}); choose another file with --adjustments"
            )
    print(f"{file}  centres of {counted(len(plans), 'page')}; correct them and run again with --overwrite")
