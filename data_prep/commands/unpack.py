"""`unpack`: write the images of a dataset as PNG files."""

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
    """Write the images of a dataset as PNG files without loss, named after their provenance.

    Excluded records are not written. `pack` converts the files back to records of the same pixels and
    classes, whose source is the file; for whole pages, `pack --pages` with the same --dpi, --rows and --cols
    restores the same grids and centres, which are written to adjustments.json.

    Args:
        dataset: Dataset folder.
        out: Folder for the files.
        labels: Classes in a dataset.json next to the files (auto: if there are any), as sub-folders, or none.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --out.
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
