"""`pack`: convert existing images to a dataset."""

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional, UseAppendAction

from data_prep import images, outputs
from data_prep.commands.dataset_output import write_or_find
from data_prep.commands.page_selection import warn
from data_prep.commands.whole_pages import check_flags, pack_pages
from data_prep.progress import Failures, progress
from data_prep.records import writer
from data_prep.records.pages import PagesConfig
from data_prep.sources import pack as packing
from data_prep.sources.pack import PackConfig
from data_prep.workers import check_workers, default_workers


def pack(
    source: Positional[Path],
    out: Path,
    config: PackConfig = PackConfig(),  # noqa: B008
    pages: bool = False,
    grid: PagesConfig = PagesConfig(),  # noqa: B008
    page: UseAppendAction[tuple[str, ...]] = (),
    adjustments: Path | None = None,
    encoding: Literal["raw", "png"] = "raw",
    shard_mb: float = 300,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert existing images to a dataset.

    Args:
        source: Folder of images (including sub-folders), a .zip of them, TFRecord shards of Examples with
            image_bytes and image_shape, or another dataset, without its excluded records.
        out: Folder for the dataset.
        pages: Store whole pages, from which training cuts tiles: anywhere in the grid, or around the
            specimen centres of adjustments.json (see spec).
        page: With --pages, only these pages, by name, stem or pattern; repeatable.
        adjustments: With --pages, file of offsets and centres; default: adjustments.json next to the pages.
        encoding: Image encoding in records: raw is faster to read, png is smaller.
        shard_mb: Shard size in megabytes of raw images.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    writer.check_shard_mb(shard_mb)
    images.check_max_megapixels(config.max_megapixels)
    check_flags(config, grid, pages=pages, page=page, adjustments=adjustments)
    if pages:
        return pack_pages(
            source,
            out,
            grid,
            page=page,
            adjustments=adjustments,
            mode=config.mode,
            max_megapixels=config.max_megapixels,
            encoding=encoding,
            shard_mb=shard_mb,
            workers=count,
            overwrite=overwrite,
        )
    outputs.check_outside(out, source)
    failures = Failures("image")
    with progress(None, unit="img", label="inspect") as bar:
        plan = packing.plan_pack(
            source, config, workers=count, report=failures, warn=warn, on_image=bar.update
        )
    settings = dataclasses.asdict(config) | {"mode": plan.mode, "encoding": encoding, "shard_mb": shard_mb}
    settings |= {"images": len(plan.records), "inputs": plan.fingerprint}
    settings |= {"labels": config.labels_kind, "classes": plan.labels.fingerprint}
    with outputs.work(
        out, command="data-prep pack", settings=settings, source=source, overwrite=overwrite
    ) as state:
        write_or_find(
            "pack",
            plan.records,
            out,
            state,
            plan.image_shape,
            encoding,
            shard_mb,
            settings,
            kind=plan.kind,
            label_names=plan.labels.names,
        )
        failures.leave()
