"""`verify`: check the integrity and quality of a dataset."""

import contextlib
import dataclasses
from pathlib import Path

from tyro.conf import Positional

from data_prep import outputs
from data_prep.commands.dataset_output import describe
from data_prep.errors import InputError
from data_prep.progress import counted, progress
from data_prep.records import quality_report
from data_prep.records.dataset import Dataset, exclude, read_reasons, refuse_damages
from data_prep.records.quality import SurveyConfig, check, survey
from data_prep.workers import check_workers, default_workers


def verify(
    dataset: Positional[Path],
    config: SurveyConfig = SurveyConfig(),  # noqa: B008
    report: Path | None = None,
    exclude_blank: bool = False,
    exclude_blurred: bool = False,
    exclude_duplicates: bool = False,
    include_all: bool = False,
    workers: int | None = None,
    overwrite: bool = False,
) -> None:
    """Read every record of a dataset: counts, sizes, checksums, duplicates, and optionally image quality.

    Damaged records are listed; `pack` or `unpack` of the dataset leaves them out.

    Args:
        dataset: Dataset folder.
        report: Folder for measurements (ink, sharpness, duplicates) and contact sheets.
        exclude_blank: Exclude blank records by a list in dataset.json; nothing is deleted. Replaces an
            earlier list of blank records; other exclusions stay.
        exclude_blurred: Exclude blurred records; replaces an earlier list.
        exclude_duplicates: Exclude records whose pixels equal those of an earlier record that is not
            excluded; replaces an earlier list.
        include_all: Include all records again, except those that this command excludes.
        workers: Number of processes; default: one per core. Does not affect the result.
        overwrite: Replace an earlier result in --report.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    check(config)
    opened = Dataset(dataset, everything=True)
    if report is not None and report.resolve() == dataset.resolve():
        raise InputError(f"--report {report}: must not be the dataset itself")
    measure = report is not None or exclude_blank or exclude_blurred
    with contextlib.ExitStack() as work:
        if report is not None:
            settings = dataclasses.asdict(config) | {"dataset": opened.content_hash}
            work.enter_context(
                outputs.work(
                    report, command="data-prep verify", settings=settings, source=dataset, overwrite=overwrite
                )
            )
        with progress(len(opened), unit="img", label="verify") as bar:
            found = survey(dataset, config, measure=measure, workers=count, on_record=bar.update)
        if report is not None:
            for path in quality_report.write_report(report, opened, found):
                print(path)
    refuse_damages(found.damages)

    if exclude_blank or exclude_blurred or exclude_duplicates or include_all:
        reasons = {} if include_all else read_reasons(dataset)
        found.add_reasons(
            reasons, blank=exclude_blank, blurred=exclude_blurred, duplicates=exclude_duplicates
        )
        exclude(dataset, reasons)
        opened = Dataset(dataset, everything=True)
    facts = [f"whole: {describe(len(opened), opened.image_shape, len(opened.shards), kind=opened.kind)}"]
    facts += [counted(len(found.duplicates), "duplicate")]
    facts += [f"{len(found.blank)} blank, {len(found.blurred)} blurred"] if measure else []
    facts += [f"{len(opened.excluded)} excluded"] if len(opened.excluded) else []
    print(f"{dataset}  {', '.join(facts)}")
