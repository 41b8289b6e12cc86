"""`symmetries`: make eight rotated and mirrored copies of every tile."""

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
    """Rotate every tile and its mirror image by 0, 90, 180 and 270 degrees: r0 to r3, m_r0 to m_r3.

    A dataset is converted to a dataset, a folder of images to PNG files (stem_r0.png ... stem_m_r3.png).

    Args:
        tiles: A dataset, or a folder of square images, including sub-folders.
        out: Folder for the dataset, or for the files.
        encoding: Image encoding in records: raw is faster to read, png is smaller.
        shard_mb: Shard size in megabytes of raw images.
        workers: Number of threads or processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
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
        with progress(None, unit="tile", label="inspect") as bar:
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
