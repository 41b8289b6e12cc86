"""`spec`: specimens that stand on pages, each found and cut into an upright tile."""

import contextlib
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

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
    """Find the specimens of each page, note their centres in adjustments.json, and cut a tile of each.

    Look at the pictures in OUT-overlays, correct centres in adjustments.json, and run it again with
    --overwrite: centres that are noted there are taken as they are.

    Args:
        pages: Folder of scans, or one scan; adjustments.json beside them is read, and written.
        out: Folder of the dataset, or of the tiles; pictures of the pages go to OUT-overlays.
        page: Only this page, by its name, stem or a pattern: 01.png, 01, '1*'; may be given several times.
        adjustments: File of centres, in place of the one beside the pages.
        redetect: Replace the centres noted there by those found.
        format: A dataset of records, or PNG files.
        encoding: Of images in records; raw reads fastest, png takes less disk.
        shard_mb: Raw image megabytes per shard.
        workers: Processes, one per core by default; they do not change the result.
        dry_run: Only print the table of specimens.
        overwrite: Replace what an earlier command left in --out.
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
    overlays = _overlays_of(out)
    if adjustments is not None:
        for folder in (out, overlays):  # --overwrite would delete it
            outputs.check_outside(adjustments, folder, flag="--adjustments")
    with _both(out, overlays, settings, source=pages, overwrite=overwrite) as state:
        _note_centers(found, plans)
        pictures = {plan.name: overlays / f"{found.label(plan.path)}_spec.jpg" for plan in plans}
        cut = Cut(config, crop_px, mode, pictures, count, failures)
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
        print(f"{overlays}  pictures of {counted(len(plans), 'page')} with their specimens")
        failures.leave()


def _find(
    found: Pages, config: SpecConfig, redetect: bool, workers: int, report: Report
) -> tuple[list[PageSpecimens], images.Mode]:
    """The specimens of every page; says whose centres are taken from the file of adjustments."""
    noted = {} if redetect else found.adjustments
    known = sum(path.name in noted and noted[path.name].centers_px is not None for path in found.paths)
    if known:
        print(
            f"centres of {counted(known, 'page')} taken from {found.adjustments_file}; "
            "--redetect finds them anew",
            file=sys.stderr,
        )
    with progress(len(found.paths), unit="page", label="find") as bar:
        return specimen_pages.find_on_pages(
            found.paths, config, noted, workers=workers, report=report, on_page=bar.update
        )


def _overlays_of(out: Path) -> Path:
    """The folder beside `out` for pictures of the pages."""
    named = out if out.name not in ("", "..") else out.resolve()  # "." has no name
    return named.parent / f"{named.name}-overlays"


@contextlib.contextmanager
def _both(
    out: Path, overlays: Path, settings: dict[str, Any], *, source: Path, overwrite: bool
) -> Iterator[outputs.State]:
    """Claim both folders for the block, or neither."""
    of = {"of": out.resolve().name} | {key: settings[key] for key in ("crop_px", "inputs", "centers")}
    drawing: dict[str, Any] = {"command": "data-prep spec overlays", "settings": of}
    cutting: dict[str, Any] = {"command": "data-prep spec", "settings": settings}
    outputs.check_claim(out, **cutting, source=source, overwrite=overwrite)
    with (
        outputs.work(overlays, **drawing, source=source, overwrite=overwrite),
        outputs.work(out, **cutting, source=source, overwrite=overwrite) as state,
    ):
        yield state


def _note_centers(found: Pages, plans: Sequence[PageSpecimens]) -> None:
    """Write the centres that are used into the file of adjustments, if they are not there."""
    noted = dict(found.adjustments)
    for plan in plans:
        noted[plan.name] = dataclasses.replace(noted[plan.name], centers_px=plan.centers_px)
    file = found.adjustments_file
    if noted != found.adjustments:
        try:
            write_adjustments(file, noted)
        except OSError as error:
            return warn(f"{file} could not be made ({error.strerror}); --adjustments FILE puts it elsewhere")
    print(f"{file}  centres of {counted(len(plans), 'page')}; correct them and cut again with --overwrite")
