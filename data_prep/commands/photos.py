"""`photos`: crop photos to squares of one size."""

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep import outputs
from data_prep.commands.dataset_output import write_or_find
from data_prep.commands.page_selection import warn
from data_prep.images import CHANNELS
from data_prep.progress import Failures, counted, progress, some
from data_prep.records import writer
from data_prep.sources import photos as cutting
from data_prep.sources.photos import PhotosConfig
from data_prep.workers import check_workers, default_workers


def photos(
    source: Positional[Path],
    out: Path,
    config: PhotosConfig = CONFIGS["photos"],
    format: Literal["records", "png"] = "records",
    encoding: Literal["raw", "png"] = "raw",
    shard_mb: float = 300,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Crop photos to squares of one size, with the EXIF orientation applied.

    Args:
        source: Folder of images, including sub-folders, or one image.
        out: Folder for the dataset, or for the files, in the sub-folders of the source.
        format: Dataset of records, or PNG files.
        encoding: Image encoding in records: raw is faster to read, png is smaller.
        shard_mb: Shard size in megabytes of raw images.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    outputs.check_outside(out, source)
    writer.check_shard_mb(shard_mb)
    failures = Failures("image")
    with progress(None, unit="img", label="inspect") as bar:
        plan = cutting.plan_photos(source, config, workers=count, report=failures, on_photo=bar.update)
    if format == "png":
        plan.check_names()
    if plan.small:
        warn(
            f"too small, left out: {counted(len(plan.small), 'image')} ({some(plan.small)}); "
            "lower --min-px to include them"
        )
    settings = dataclasses.asdict(config) | {"format": format, "encoding": encoding, "shard_mb": shard_mb}
    settings |= {"inputs": plan.fingerprint}
    with outputs.work(
        out, command="data-prep photos", settings=settings, source=source, overwrite=overwrite
    ) as state:
        if format == "png":
            with progress(len(plan.names), unit="img", label="photos") as bar:
                done = plan.write_files(out, on_photo=bar.update)
            print(f"{out}  {counted(done, 'image')} of {config.size} x {config.size} px as PNG files")
        else:
            shape = (config.size, config.size, CHANNELS[config.mode])
            write_or_find("photos", plan.records, out, state, shape, encoding, shard_mb, settings)
        failures.leave()
