"""`spec`: specimens that stand on pages, each found and cut into an upright tile."""

import dataclasses
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from tyro.conf import Positional, UseAppendAction

from configs.data_prep import CONFIGS
from data_prep import blob_pages, images, outputs, records, specimen_pages
from data_prep.adjustments import write_adjustments
from data_prep.commands.datasets import write_or_find
from data_prep.commands.pages import Pages, find_pages, fingerprint, warn
from data_prep.failures import Failures
from data_prep.progress import progress
from data_prep.specimen_pages import PageSpecimens, SpecConfig
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
    records.check_shard_mb(shard_mb)
    failures = Failures("page")
    found = find_pages(pages, chosen=page, adjustments=adjustments, may_be_missing=True)
    noted = {} if redetect else found.adjustments
    with progress(len(found.paths), unit="page", label="find") as bar:
        plans, mode = specimen_pages.find_pages(
            found.paths, config, noted, workers=count, report=failures, on_page=bar.update
        )
    crop_px = specimen_pages.crop_px(plans, config)
    if format == "png":
        blob_pages.check_stems([plan.path for plan in plans])
    _warn_of(plans, crop_px)
    total = sum(len(plan.specimens) for plan in plans)
    if dry_run:
        for plan in plans:
            print("\n".join([f"{plan.path}  {_counts(plan)}", *_table(plan)]))
        print(f"{out}  would hold {total} tiles of {config.tile_px} x {config.tile_px} px, {mode}")
        return failures.leave()

    settings = dataclasses.asdict(config) | {"crop_px": crop_px, "mode": mode, "format": format}
    settings |= {"encoding": encoding, "shard_mb": shard_mb}
    settings |= {"inputs": fingerprint([plan.path for plan in plans]), "centers": _centers_crc(plans)}
    state = outputs.claim(out, command="data-prep spec", settings=settings, overwrite=overwrite, source=pages)
    overlays = out.with_name(out.name + "-overlays")
    outputs.claim(overlays, command="data-prep spec overlays", settings={"of": str(out)}, overwrite=overwrite)
    _note_centers(found, plans)
    if format == "png":
        with progress(total, unit="tile", label="spec") as bar:
            done = specimen_pages.write_tiles(
                plans, out, config, crop_px=crop_px, mode=mode, workers=count, overlays=overlays,
                report=failures, on_tile=bar.update,
            )  # fmt: skip
        print(f"{out}  {done} tiles as PNG files")
    else:
        tiles = specimen_pages.SpecimenRecords(plans, config, crop_px, mode, count, overlays, failures)
        shape = (config.tile_px, config.tile_px, images.CHANNELS[mode])
        write_or_find("spec", tiles, out, state, shape, encoding, shard_mb, settings)
    print(f"{overlays}  pictures of {len(plans)} pages with their specimens")
    failures.leave()
    outputs.mark_done(overlays)
    outputs.mark_done(out)


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
    print(f"{file}  centres of {len(plans)} pages; correct them and cut again with --overwrite")


def _centers_crc(plans: Sequence[PageSpecimens]) -> str:
    """Changes with any centre or box: 'N specimens, crc32 0a1b2c3d'."""
    crc, count = 0, 0
    for plan in plans:
        values = np.concatenate([plan.specimens.centers_px, plan.specimens.boxes_px], axis=1)
        crc, count = zlib.crc32(values.tobytes(), crc), count + len(values)
    return f"{count} specimens, crc32 {crc:08x}"


def _counts(plan: PageSpecimens) -> str:
    specimens = plan.specimens
    if not len(specimens):
        return "no specimens"
    width, height = np.median(specimens.boxes_px[:, 2:] - specimens.boxes_px[:, :2], axis=0)
    line = f"{len(specimens)} specimens, {width:g} x {height:g} px in the middle"
    return line + (f"; {int(specimens.touching.sum())} touch" if specimens.touching.any() else "")


def _table(plan: PageSpecimens) -> list[str]:
    """A line per specimen: number, centre, ink box."""
    specimens = plan.specimens
    rows = zip(specimens.centers_px, specimens.boxes_px, specimens.touching, strict=True)
    return [
        f"  {number:3d}  centre {x:7.1f} {y:7.1f}  box {x0:5d} {y0:5d} {x1:5d} {y1:5d}"
        + "  touches" * int(touches)
        for number, ((x, y), (x0, y0, x1, y1), touches) in enumerate(rows, start=1)
    ]


def _warn_of(plans: Sequence[PageSpecimens], crop_px: int) -> None:
    """Tell of specimens whose ink is cut off or runs into a neighbour."""
    for plan in plans:
        if large := specimen_pages.oversized(plan, crop_px):
            sides = plan.specimens.boxes_px[:, 2:] - plan.specimens.boxes_px[:, :2]
            named = ", ".join(f"{i + 1} ({sides[i, 0]} x {sides[i, 1]} px)" for i in large[:5])
            more = f" and {len(large) - 5} more" if len(large) > 5 else ""
            warn(f"{plan.name}: ink exceeds the square of {crop_px} px at {named}{more}; see --crop-px")
        if touching := np.flatnonzero(plan.specimens.touching).tolist():
            warn(
                f"{plan.name}: neighbours touch, look at specimens {', '.join(str(i + 1) for i in touching)}"
            )
