"""`grid` and `blob`: pages that have no up or down, seen with their grid and cut into tiles."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from tqdm import tqdm
from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep import blob_pages, images, outputs, overlay, records, resize
from data_prep.adjustments import NAME, Adjustment, read_adjustments, write_adjustments
from data_prep.blob_pages import BlobConfig, PagePlan
from data_prep.checksum import crc_of_file, fingerprint
from data_prep.commands.datasets import write_or_find
from data_prep.errors import InputError
from data_prep.failures import Failures
from data_prep.grid import MANY_STEPS
from data_prep.progress import progress
from data_prep.workers import check_workers, default_workers

MAX_OVERLAY_PX = 4000  # longer sides of page copies are reduced


def grid(
    pages: Positional[Path],
    out: Path,
    config: BlobConfig = CONFIGS["blob"],
    page: str | None = None,
    adjustments: Path | None = None,
) -> None:
    """Draw the grid on copies of pages; adjustments.json beside them moves it, and is made if missing.

    Args:
        pages: Folder of scans, or one scan.
        out: Folder of the copies.
        page: Only this page, e.g. 01.png.
        adjustments: File of offsets, in place of the one beside the pages.
    """
    plans, _, _, failures = _plan(pages, page, adjustments, config, make_adjustments=True)
    outputs.claim(out, command="data-prep grid", settings={"pages": str(pages)})
    with progress(len(plans), unit="page", label="grid") as bar:
        for plan in plans:
            try:
                copy = images.read_image(plan.path, mode="rgb", max_megapixels=config.max_megapixels)
            except InputError as error:
                failures(plan.name, str(error))
                continue
            centers = plan.centers[plan.indices]
            copy = overlay.draw_grid(
                copy, plan.grid, centers=centers, tile_px=config.tile_px, label=_counts(plan)
            )
            shrink = -(-max(copy.shape) // MAX_OVERLAY_PX)
            copy = resize.resize(copy, copy.shape[0] // shrink, copy.shape[1] // shrink)
            target = out / f"{plan.path.stem}_grid.jpg"
            images.write_image(target, copy)
            tqdm.write(f"{target}  {_counts(plan)}", file=sys.stdout)
            bar.update()
    failures.leave()
    outputs.mark_done(out)


def blob(
    pages: Positional[Path],
    out: Path,
    config: BlobConfig = CONFIGS["blob"],
    page: str | None = None,
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
        page: Only this page, e.g. 01.png.
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
    plans, offsets, mode, failures = _plan(pages, page, adjustments, config, make_adjustments=False)
    if format == "png":
        blob_pages.check_stems(plans)
    total = sum(len(plan.indices) for plan in plans)
    if dry_run:
        for plan in plans:
            print(f"{plan.path}  {_counts(plan)}")
        print(f"{out}  would hold {total} tiles of {config.side_px} x {config.side_px} px, {mode}")
        return failures.leave()
    settings = dataclasses.asdict(config) | {"mode": mode, "format": format, "encoding": encoding}
    settings |= {"shard_mb": shard_mb, "inputs": _fingerprint(plans)}
    settings |= {"offsets_cell": {plan.name: offsets[plan.name].offset_cell for plan in plans}}
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


def _plan(
    pages: Path, page: str | None, adjustments: Path | None, config: BlobConfig, *, make_adjustments: bool
) -> tuple[list[PagePlan], dict[str, Adjustment], images.Mode, Failures]:
    """Pages with their grids, offsets by name, channels, and what was left out; warns on stderr."""
    folder = pages.parent if pages.is_file() else pages
    paths = images.list_images(folder)
    names = [path.name for path in paths]
    file = adjustments or folder / NAME
    offsets = {name: Adjustment() for name in names}
    if file.exists() or (adjustments is not None and not make_adjustments):
        offsets = read_adjustments(file, names, warn=_warn)
    elif make_adjustments:
        try:
            write_adjustments(file, offsets)
            print(f"{file}  offsets of {len(names)} pages, in cells; edit them and draw the grid again")
        except OSError as error:
            _warn(f"{file} could not be made ({error.strerror}); --adjustments FILE puts it elsewhere")
    wanted = pages.name if pages.is_file() else page
    if wanted is not None:
        paths = [path for path in paths if wanted in (path.name, path.stem)]
        if not paths:
            raise InputError(f"no page {wanted} in {folder}; there are {', '.join(names[:5])} ...")

    failures = Failures("page")
    plans, mode = blob_pages.plan_pages(paths, config, offsets, report=failures)
    if config.steps > MANY_STEPS:
        _warn(f"--steps {config.steps}: above {MANY_STEPS}, animations spin without the lines moving")
    for plan in plans:
        if plan.dpi is not None and abs(plan.dpi - config.dpi) > 1:
            _warn(f"{plan.name} says {plan.dpi:g} dpi, --dpi is {config.dpi:g}")
            break
    return plans, offsets, mode, failures


def _counts(plan: PagePlan) -> str:
    x, y = plan.grid.offset_cell
    return f"{plan.grid.rows} x {plan.grid.cols} cells from {x:g}, {y:g}: {len(plan.indices)} tiles" + (
        f", {plan.leaving} of {len(plan.centers)} leave the page" if plan.leaving else ""
    )


def _fingerprint(plans: Sequence[PagePlan]) -> str:
    crcs = []
    with progress(len(plans), unit="page", label="look") as bar:
        for plan in plans:
            crcs.append((plan.name, crc_of_file(plan.path)))
            bar.update()
    return fingerprint(crcs)


def _warn(message: str) -> None:
    tqdm.write(f"warning: {message}", file=sys.stderr)
