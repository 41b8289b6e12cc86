"""`symmetries`: eight copies of every tile, turned and mirrored."""

from pathlib import Path
from typing import Literal

from tyro.conf import Positional

from data_prep import outputs
from data_prep.checksums import fingerprint
from data_prep.commands.dataset_output import write_or_find
from data_prep.progress import Failures, counted, progress
from data_prep.records import writer
from data_prep.records.dataset import Dataset
from data_prep.tiles import symmetric_dataset
from data_prep.workers import check_workers, default_workers


def symmetries(
    tiles: Positional[Path],
    out: Path,
    encoding: Literal["raw", "png"] = "raw",
    shard_mb: float = 300,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Turn every tile by 0, 90, 180 and 270 degrees, and its mirror image too: r0 to r3, m_r0 to m_r3.

    A dataset gives a dataset, a folder of images a folder of PNG files (stem_r0.png ... stem_m_r3.png).

    Args:
        tiles: A dataset, or a folder of square images with its sub-folders.
        out: Folder of the dataset, or of the files.
        encoding: Of images in records; raw reads fastest, png takes less disk.
        shard_mb: Raw image megabytes per shard.
        workers: One per core by default; they do not change the result.
        overwrite: Replace what an earlier command left in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    outputs.check_outside(out, tiles)
    writer.check_shard_mb(shard_mb)
    failures = Failures("tile")
    command = "data-prep symmetries"
    if (tiles / writer.DATASET_JSON).is_file():
        dataset = Dataset(tiles)
        plan = symmetric_dataset.plan_records(dataset, workers=count, report=failures)
        settings = {"encoding": encoding, "shard_mb": shard_mb, "inputs": dataset.content_hash}
        shape, names = dataset.image_shape, dataset.label_names
        with outputs.work(
            out, command=command, settings=settings, source=tiles, overwrite=overwrite
        ) as state:
            write_or_find(
                "symmetries", plan, out, state, shape, encoding, shard_mb, settings, label_names=names
            )
            failures.leave()
    else:
        with progress(None, unit="tile", label="look") as bar:
            crcs = symmetric_dataset.plan_files(tiles, report=failures, on_tile=bar.update)
        settings = {"inputs": fingerprint(crcs)}
        with outputs.work(out, command=command, settings=settings, source=tiles, overwrite=overwrite):
            found = [name for name, _ in crcs]
            with progress(len(found), unit="tile", label="symmetries") as bar:
                written = symmetric_dataset.write_files(
                    tiles, found, out, workers=count, report=failures, on_tile=bar.update
                )
            print(f"{out}  {written} copies of {counted(written // 8, 'tile')} as PNG files")
            failures.leave()
