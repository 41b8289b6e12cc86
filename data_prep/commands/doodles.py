"""`doodles`: convert small bitmaps and pen strokes to tiles."""

import dataclasses
from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from configs.data_prep import CONFIGS
from data_prep import outputs
from data_prep.commands.dataset_output import write_or_find
from data_prep.progress import Failures, counted, progress
from data_prep.records import writer
from data_prep.sources import doodles as drawing
from data_prep.sources.doodles import DoodlesConfig
from data_prep.workers import check_workers, default_workers


def doodles(
    source: Positional[Path],
    out: Path,
    config: DoodlesConfig = CONFIGS["doodles"],
    format: Literal["records", "png"] = "records",
    encoding: Literal["raw", "png"] = "raw",
    shard_mb: float = 300,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Convert small drawings to tiles: 28x28 bitmaps (.npy, .npz) or strokes (.ndjson, .ndjson.gz, .npz).

    Strokes are drawn with a round pen, scaled to the tile. Classes come from the words, names or alphabets
    in the files, else from file names.

    Args:
        source: A file, or a folder of such files, including sub-folders.
        out: Folder for the dataset, or for the tiles, with a sub-folder per class.
        format: Dataset of records, or PNG files.
        encoding: Image encoding in records: raw is faster to read, png is smaller.
        shard_mb: Shard size in megabytes of raw images.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    writer.check_shard_mb(shard_mb)
    failures = Failures("drawing")
    with progress(None, unit="file", label="inspect") as bar:
        plan = drawing.plan_doodles(source, config, workers=count, report=failures, on_file=bar.update)
    if format == "png":
        plan.check_names()
    settings = dataclasses.asdict(config) | {"format": format, "encoding": encoding, "shard_mb": shard_mb}
    settings |= {"drawings": len(plan), "inputs": plan.fingerprint}
    with outputs.work(
        out, command="data-prep doodles", settings=settings, source=source, overwrite=overwrite
    ) as state:
        classes = counted(len(plan.label_names), "class")
        if format == "png":
            with progress(len(plan), unit="tile", label="doodles") as bar:
                done = plan.write_files(out, on_tile=bar.update)
            print(f"{out}  {counted(done, 'tile')} of {classes} as PNG files")
        else:
            shape = (config.size, config.size, 1)
            write_or_find(
                "doodles",
                plan.records,
                out,
                state,
                shape,
                encoding,
                shard_mb,
                settings,
                label_names=plan.label_names,
            )
        failures.leave()
