"""`unpack`: write the images of a dataset as PNG files."""

from pathlib import Path

from tyro.conf import Positional

from data_prep.progress import print_failure, progress, refuse_failures
from data_prep.records.unpack import LabelForm, unpack_dataset
from data_prep.workers import chosen_workers


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
    made = unpack_dataset(
        dataset,
        out,
        labels=labels,
        workers=chosen_workers(workers),
        overwrite=overwrite,
        progress=progress,
        report=print_failure,
    )
    print(made)
    refuse_failures(made.failures, "record")
