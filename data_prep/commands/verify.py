"""`verify`: check the integrity and quality of a dataset."""

from pathlib import Path

from tyro.conf import Positional

from data_prep.progress import progress
from data_prep.records.dataset import refuse_damages
from data_prep.records.quality import SurveyConfig
from data_prep.records.verification import Exclusions, verify_dataset
from data_prep.workers import chosen_workers


def verify(
    dataset: Positional[Path],
    config: SurveyConfig = SurveyConfig(),  # noqa: B008
    report: Path | None = None,
    exclusions: Exclusions = Exclusions(),  # noqa: B008
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Read every record of a dataset: counts, sizes, checksums, duplicates, and optionally image quality.

    Damaged records are listed; `pack` or `unpack` of the dataset leaves them out.

    Args:
        dataset: Dataset folder.
        report: Folder for measurements (ink, sharpness, duplicates) and contact sheets.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --report.
    """
    found = verify_dataset(
        dataset,
        config,
        report=report,
        exclusions=exclusions,
        workers=chosen_workers(workers),
        overwrite=overwrite,
        progress=progress,
    )
    for path in found.files:
        print(path)
    refuse_damages(found.damages)
    print(found)
