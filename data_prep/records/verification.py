"""Verify a dataset: integrity and quality of its records, a report of them, and exclusions."""

import contextlib
import dataclasses
from pathlib import Path

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.progress import Progress, counted, no_progress
from data_prep.records import quality_report
from data_prep.records.dataset import Dataset, exclude, read_reasons
from data_prep.records.quality import Survey, SurveyConfig, check, survey
from data_prep.records.tile_files import describe
from data_prep.workers import check_workers


@dataclasses.dataclass(frozen=True)
class Exclusions:
    """Records to exclude by a list in dataset.json; nothing is deleted."""

    exclude_blank: bool = False
    """Exclude blank records by a list in dataset.json; nothing is deleted. Replaces an earlier list of blank
    records; other exclusions stay."""
    exclude_blurred: bool = False
    """Exclude blurred records; replaces an earlier list."""
    exclude_duplicates: bool = False
    """Exclude records whose pixels equal those of an earlier record that is not excluded; replaces an
    earlier list."""
    include_all: bool = False
    """Include all records again, except those that this command excludes."""

    @property
    def change(self) -> bool:
        """Whether the list of excluded records changes."""
        return any(dataclasses.astuple(self))

    @property
    def measure(self) -> bool:
        """Whether ink and sharpness are needed."""
        return self.exclude_blank or self.exclude_blurred


NO_EXCLUSIONS = Exclusions()


@dataclasses.dataclass(frozen=True)
class VerifyResult:
    """Integrity and quality of a dataset."""

    folder: Path
    survey: Survey
    damages: tuple[str, ...]  # messages; empty: the dataset is whole
    files: tuple[Path, ...]  # of the report
    summary: str  # counts; exclusions do not change where there is damage

    def __str__(self) -> str:
        return f"{self.folder}  {self.summary}"


def verify_dataset(
    folder: Path,
    config: SurveyConfig,
    *,
    report: Path | None = None,
    exclusions: Exclusions = NO_EXCLUSIONS,
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> VerifyResult:
    """Read every record of a dataset; write a report and change the excluded records, if requested.

    Args:
        folder: dataset folder.
        config: thresholds of blank and blurred records.
        report: folder of the report; None: none.
        exclusions: records to exclude; unchanged if records are damaged.
        workers: number of processes; does not affect the result.
        overwrite: replace an earlier result in `report`.
        progress: opens a progress bar.

    Raises: InputError: not a dataset, an invalid threshold, `report` holds something else, or every record
        would be excluded.
    """
    check_workers(workers)
    check(config)
    dataset = Dataset(folder, everything=True)
    if report is not None and report.resolve() == folder.resolve():
        raise InputError(f"--report {report}: must not be the dataset itself")
    measure = report is not None or exclusions.measure
    files: tuple[Path, ...] = ()
    with contextlib.ExitStack() as work:
        if report is not None:
            settings = dataclasses.asdict(config) | {"dataset": dataset.content_hash}
            claim = outputs.work(
                report, command="data-prep verify", settings=settings, source=folder, overwrite=overwrite
            )
            work.enter_context(claim)
        with progress(len(dataset), unit="img", label="verify") as bar:
            found = survey(folder, config, measure=measure, workers=workers, on_record=bar.update)
        if report is not None:
            files = tuple(quality_report.write_report(report, dataset, found))
    if exclusions.change and not found.damages:
        _exclude(folder, found, exclusions)
        dataset = Dataset(folder, everything=True)
    facts = [f"whole: {describe(len(dataset), dataset.image_shape, len(dataset.shards), kind=dataset.kind)}"]
    facts += [counted(len(found.duplicates), "duplicate")]
    facts += [f"{len(found.blank)} blank, {len(found.blurred)} blurred"] if measure else []
    facts += [f"{len(dataset.excluded)} excluded"] if len(dataset.excluded) else []
    return VerifyResult(folder, found, tuple(found.damages), files, ", ".join(facts))


def _exclude(folder: Path, found: Survey, exclusions: Exclusions) -> None:
    """Change the list of excluded records."""
    reasons = {} if exclusions.include_all else read_reasons(folder)
    found.add_reasons(
        reasons,
        blank=exclusions.exclude_blank,
        blurred=exclusions.exclude_blurred,
        duplicates=exclusions.exclude_duplicates,
    )
    exclude(folder, reasons)
