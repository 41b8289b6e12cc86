"""`unpack`: a dataset -> PNG files."""

from pathlib import Path

from tyro.conf import Positional

from data_prep import outputs
from data_prep.progress import Failures, counted, progress
from data_prep.records import unpack as unpacking
from data_prep.records.dataset import Dataset
from data_prep.records.unpack import LabelForm
from data_prep.workers import check_workers, default_workers


def unpack(
    dataset: Positional[Path],
    out: Path,
    labels: LabelForm = "auto",
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Write the images of a dataset as PNG files, byte for byte; names say where each comes from.

    What the dataset excludes is not written. `pack` of the files makes records of the same pixels and
    classes, whose source is the file; of whole pages, `pack --pages` with the same --dpi, --rows and --cols
    makes the same grids and centres, which are written into adjustments.json.

    Args:
        dataset: Its folder.
        out: Folder of the files.
        labels: Classes in a dataset.json beside the files (auto: where there are any), as sub-folders, or
            not at all.
        workers: Processes, one per core by default; they do not change the result.
        overwrite: Replace what an earlier command left in --out.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    opened = Dataset(dataset)
    settings = {"content_hash": opened.content_hash, "labels": labels}
    with outputs.work(
        out, command="data-prep unpack", settings=settings, source=dataset, overwrite=overwrite
    ):
        failures = Failures("record")
        with progress(len(opened), unit="img", label="unpack") as bar:
            written = unpacking.unpack(
                opened, out, labels=labels, workers=count, report=failures, on_record=bar.update
            )
        print(f"{out}  {counted(written, 'PNG file')}")
        failures.leave()
