"""Write the images of a dataset as PNG files named after their provenance.

Classes are written to dataset.json, offsets and centres of whole pages to adjustments.json, both in the
format that `pack` reads.
"""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from data_prep import images, outputs
from data_prep.errors import WorkError
from data_prep.images import natural_key
from data_prep.pages import adjustments
from data_prep.pages.adjustments import Adjustment
from data_prep.progress import Failures, Progress, Report, counted, ignore, no_progress
from data_prep.records.dataset import Dataset
from data_prep.records.labels import write_labels
from data_prep.records.writer import DATASET_JSON, Record
from data_prep.workers import check_workers, map_in_order

CHUNK_RECORDS = 64

LabelForm = Literal["auto", "json", "subfolders", "none"]


@dataclasses.dataclass(frozen=True)
class UnpackResult:
    """PNG files of a dataset."""

    folder: Path
    files: int  # that exist now
    failures: Mapping[str, str]  # damaged records -> reason

    def __str__(self) -> str:
        return f"{self.folder}  {counted(self.files, 'PNG file')}"


def unpack_dataset(
    source: Path,
    out: Path,
    *,
    labels: LabelForm = "auto",
    workers: int = 1,
    overwrite: bool = False,
    progress: Progress = no_progress,
    report: Report = ignore,
) -> UnpackResult:
    """Write the images of a dataset folder into `out`; an interrupted run is resumed.

    Args:
        source: dataset folder; excluded records are not written.
        out: output folder.
        labels: see `unpack`.
        workers: number of processes; does not affect the result.
        overwrite: replace an earlier result in `out`.
        progress: opens a progress bar.
        report: called with each damaged record, and the reason.

    Raises: InputError: not a dataset, or `out` holds something else. WorkError: a file could not be written.
    """
    check_workers(workers)
    dataset, failures = Dataset(source), Failures(report)
    settings = {"content_hash": dataset.content_hash, "labels": labels}
    with (
        outputs.work(
            out,
            command="data-prep unpack",
            settings=settings,
            source=source,
            overwrite=overwrite,
            failures=failures,
        ),
        progress(len(dataset), unit="img", label="unpack") as bar,
    ):
        written = unpack(dataset, out, labels=labels, workers=workers, report=failures, on_record=bar.update)
    return UnpackResult(out, written, failures)


def unpack(
    dataset: Dataset,
    folder: Path,
    *,
    labels: LabelForm = "auto",
    workers: int = 1,
    report: Report,
    on_record: Callable[[int], None] = lambda count: None,
) -> int:
    """Write every image of a dataset without loss; existing files are skipped.

    Args:
        dataset: records to write.
        folder: output folder.
        labels: "json" lists classes in dataset.json, "subfolders" writes each class to its own folder, "none"
            drops them; "auto" is "json" if records have classes.
        workers: number of processes; does not affect the result.
        report: called with each damaged record, and the reason.
        on_record: called with the number of records processed since the last call.

    Returns: number of files that exist now.

    Raises: WorkError: a file could not be written.
    """
    folders = class_folders(dataset.label_names) if labels == "subfolders" else None
    starts = range(0, len(dataset), CHUNK_RECORDS)
    spans = [range(start, min(start + CHUNK_RECORDS, len(dataset))) for start in starts]
    jobs = [_Job(dataset, span, folder, folders) for span in spans]
    written: list[_Written] = []
    for job, done in zip(
        jobs, map_in_order(_write, jobs, workers=max(1, min(workers, len(jobs)))), strict=True
    ):
        for index, result in zip(job.span, done, strict=True):
            if isinstance(result, str):
                report(f"record {index}", result)
            else:
                written.append(result)
        on_record(len(done))
    found = any(file.label is not None for file in written)
    if labels == "json" or (labels == "auto" and found):
        listed = [(file.name, file.label) for file in written]
        write_labels(folder / DATASET_JSON, listed, dataset.label_names)
    if dataset.kind == "pages":
        path = folder / adjustments.NAME
        existed = path.exists()  # may have been edited
        if entries := {file.name: file.adjustment for file in written if file.is_new or not existed}:
            adjustments.write_adjustments(path, entries)
    return len(written)


def record_name(index: int, record: Record, *, count: int) -> str:
    """File name of a record: position, page, centre, mirroring, angle: 042_01_x309_y181_m_a271.33.png."""
    source = record.source
    page = re.sub(r"\.\w+$", "", str(source.get("page", "")))
    parts = [f"{index:0{len(str(count - 1))}d}", re.sub(r"[^\w.-]+", "_", page)[-100:]]
    if "center_px" in source:
        parts += [f"x{source['center_px'][0]}", f"y{source['center_px'][1]}"]
    parts += ["m"] if source.get("mirrored") else []
    parts += [f"a{source['angle_deg']:.2f}"] if "angle_deg" in source else []
    parts += [str(source["symmetry"])] if "symmetry" in source else []
    parts += [f"i{source['index']}"] if "index" in source else []
    return outputs.fit_name("_".join(part for part in parts if part), ".png")


def class_folders(label_names: Sequence[str]) -> list[str]:
    """Folder names of the classes; with numbers if `pack` would sort them differently."""
    folders = ["/".join(_safe(part) for part in name.split("/") if part) for name in label_names]
    in_order = len({name.casefold() for name in folders}) == len(folders) and all(folders)
    if in_order and sorted(folders, key=natural_key) == folders:
        return folders
    digits = len(str(len(folders) - 1))
    return [f"{i:0{digits}d}_{name.replace('/', '_')}" for i, name in enumerate(folders)]


@dataclasses.dataclass(frozen=True)
class _Job:
    dataset: Dataset
    span: range
    folder: Path
    folders: list[str] | None  # of the classes; None: a single folder


@dataclasses.dataclass(frozen=True)
class _Written:
    name: str  # inside the folder
    label: int | None
    adjustment: Adjustment  # of a page
    is_new: bool  # else it existed already


def _write(job: _Job) -> list[_Written | str]:
    """Write the records of a job; return the file or the damage of each."""
    done: list[_Written | str] = []
    for index in job.span:
        try:
            record = job.dataset[index]
        except WorkError as error:
            done.append(str(error))
            continue
        name = record_name(index, record, count=len(job.dataset))
        if job.folders is not None and record.label is not None:
            name = f"{_folder(job.folders, record.label)}/{name}"
        path = job.folder / name
        if is_new := not path.exists():
            images.write_image(path, record.image)
        done.append(_Written(name, record.label, _adjustment(record), is_new))
    return done


def _adjustment(record: Record) -> Adjustment:
    """Entry of adjustments.json for a page with its grid and specimens."""
    x, y = record.source.get("offset_cell", (0.0, 0.0))
    centers = record.source.get("centers_px")
    return Adjustment((x, y), None if centers is None else tuple((x, y) for x, y in centers))


def _folder(folders: Sequence[str], label: int) -> str:
    return folders[label] if label < len(folders) else str(label)


def _safe(name: str) -> str:
    """A valid name of a folder that is not hidden."""
    return re.sub(r"^\.+", "_", re.sub(r"[^\w.() -]+", "_", name))[:100].rstrip(". ") or "_"
