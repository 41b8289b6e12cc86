"""`verify`: is a dataset whole, and worth training on?"""

import contextlib
import dataclasses
from pathlib import Path

from tyro.conf import Positional

from data_prep import outputs
from data_prep.commands.dataset_output import describe
from data_prep.errors import InputError
from data_prep.progress import counted, progress
from data_prep.records import quality_report
from data_prep.records.dataset import Dataset, exclude, read_reasons, refuse_damages, shown
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
    """Read every record of a dataset again: counts, sizes, checksums, duplicates, and at wish their worth.

    Damaged records are named; `pack` or `unpack` of the dataset goes on without them.

    Args:
        dataset: Its folder.
        report: Folder for numbers (ink, sharpness, duplicates) and contact sheets.
        exclude_blank: Leave blank records out of the dataset, by a list in its dataset.json; none is deleted.
            `pack` of a dataset makes that final. Given again, with another threshold perhaps, it makes
            the list of blank records anew; those of other reasons stay.
        exclude_blurred: Leave blurred records out, by a list made anew each time.
        exclude_duplicates: Leave records out that repeat, pixel by pixel, an earlier one that is shown; by a
            list made anew each time.
        include_all: Show again what was excluded before, less what is excluded now.
        workers: Processes, one per core by default; they do not change the result.
        overwrite: Replace what an earlier command left in --report.
    """
    count = default_workers() if workers is None else workers
    check_workers(count)
    check(config)
    opened = Dataset(dataset, everything=True)
    if report is not None and report.resolve() == dataset.resolve():
        raise InputError(f"--report is {report}, the dataset; choose a folder of its own")
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
        if exclude_blank:
            reasons["blank"] = found.blank.tolist()
        if exclude_blurred:
            reasons["blurred"] = found.blurred.tolist()
        if exclude_duplicates:
            others = shown(len(opened), reasons, but="duplicate")
            reasons["duplicate"] = found.duplicates_among(others).tolist()
        exclude(dataset, reasons)
        opened = Dataset(dataset, everything=True)
    told = [f"whole: {describe(len(opened), opened.image_shape, len(opened.shards), opened.kind)}"]
    told += [counted(len(found.duplicates), "duplicate")]
    told += [f"{len(found.blank)} blank, {len(found.blurred)} blurred"] if measure else []
    told += [f"{len(opened.excluded)} excluded"] if len(opened.excluded) else []
    print(f"{dataset}  {', '.join(told)}")
