"""Tiles and pages as files: how commands write them, as a dataset or as PNG files, and the result."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep import outputs
from data_prep.outputs import State
from data_prep.progress import Progress, counted, no_progress
from data_prep.records import writer
from data_prep.records.dataset import Dataset
from data_prep.workers import chosen_workers


@dataclasses.dataclass(frozen=True)
class RecordFiles:
    """How a dataset is written."""

    encoding: Literal["raw", "png"] = "raw"
    """Image encoding in records: raw is faster to read, png is smaller."""
    shard_mb: float = writer.SHARD_MB
    """Shard size in megabytes of raw images."""
    workers: int | None = None
    """Number of processes; default: one per core. Does not affect the result."""
    overwrite: bool = False
    """Replace an earlier result in --out."""

    @property
    def worker_count(self) -> int:
        """Number of processes."""
        return chosen_workers(self.workers)

    def check(self) -> None:
        """Validate; raises InputError naming the flag."""
        chosen_workers(self.workers)
        writer.check_shard_mb(self.shard_mb)


@dataclasses.dataclass(frozen=True)
class TileFiles(RecordFiles):
    """How tiles are written."""

    format: Literal["records", "png"] = "records"
    """Dataset of records, or PNG files."""


@dataclasses.dataclass(frozen=True)
class TilesResult:
    """Tiles or pages that were written, or existed already."""

    folder: Path
    count: int  # records or files that exist now
    summary: str  # e.g. "748 records of 256 x 256 x 1 in 1 shard"
    failures: Mapping[str, str]  # items that were left out -> reason

    def __str__(self) -> str:
        return f"{self.folder}  {self.summary}"


def write_records(
    plan: writer.Plan,
    out: Path,
    *,
    state: State,
    command: str,
    image_shape: tuple[int, int, int],
    files: RecordFiles,
    settings: dict[str, Any],
    failures: Mapping[str, str],
    kind: writer.Kind = "tiles",
    label_names: Sequence[str] = (),
    progress: Progress = no_progress,
) -> TilesResult:
    """Write the records of a plan as a dataset, unless it exists.

    Args:
        plan: the records.
        out: folder of the dataset, claimed.
        state: of the folder; if "done", the existing dataset is the result.
        command: name of the command, stored in dataset.json.
        image_shape: see `writer.write_dataset`.
        files: encoding and shard size.
        settings: stored in dataset.json.
        failures: items that were left out, collected while records are made.
        kind: tiles or pages.
        label_names: names of the classes.
        progress: opens a progress bar.
    """
    if state == "done" and (out / writer.DATASET_JSON).exists():
        old = Dataset(out)
        summary = f"already done: {describe(old.count, old.image_shape, len(old.shards), kind=kind)}"
        return TilesResult(out, old.count, summary, failures)
    with progress(len(plan), unit="img", label=command) as bar:
        info = writer.write_dataset(
            plan,
            out,
            image_shape=image_shape,
            kind=kind,
            encoding=files.encoding,
            shard_mb=files.shard_mb,
            label_names=label_names,
            settings={"command": command} | settings,
            on_record=bar.update,
        )
    summary = describe(info["count"], image_shape, len(info["shards"]), kind=kind)
    return TilesResult(out, info["count"], summary, failures)


def write_tiles(
    plan: writer.Plan,
    out: Path,
    *,
    command: str,
    source: Path,
    image_shape: tuple[int, int, int],
    files: TileFiles,
    settings: dict[str, Any],
    failures: Mapping[str, str],
    write_files: Callable[[Callable[[int], None]], int],
    describe_files: Callable[[int], str],
    label_names: Sequence[str] = (),
    progress: Progress = no_progress,
) -> TilesResult:
    """Claim `out`, and write the records of a plan as a dataset or as PNG files.

    Args:
        plan, image_shape, failures, label_names, progress: as for `write_records`.
        out: folder of the dataset, or of the tiles.
        command: name of the command of `inkloop data-prep`.
        source: what is read.
        files: encoding, shard size and format.
        settings: what else decides the result.
        write_files: writes the PNG files that are missing, calls its argument with their number as it goes,
            and returns how many exist.
        describe_files: count -> "8 tiles of 2 classes".

    Raises: InputError: `out` holds something else. WorkError: a file could not be written.
    """
    settings = settings | {"format": files.format, "encoding": files.encoding, "shard_mb": files.shard_mb}
    with outputs.work(
        out,
        command=f"data-prep {command}",
        settings=settings,
        source=source,
        overwrite=files.overwrite,
        failures=failures,
    ) as state:
        if files.format == "png":
            with progress(len(plan), unit="img", label=command) as bar:
                count = write_files(bar.update)
            return TilesResult(out, count, f"{describe_files(count)} as PNG files", failures)
        return write_records(
            plan,
            out,
            state=state,
            command=command,
            image_shape=image_shape,
            files=files,
            settings=settings,
            failures=failures,
            label_names=label_names,
            progress=progress,
        )


def describe(count: int, image_shape: Sequence[int], shards: int, *, kind: writer.Kind = "tiles") -> str:
    """Summary, e.g. '748 records of 256 x 256 x 1 in 1 shard', or '17 pages of up to 2048 x ...'."""
    what = f"{counted(count, 'record')} of" if kind == "tiles" else f"{counted(count, 'page')} of up to"
    return f"{what} {' x '.join(map(str, image_shape))} in {counted(shards, 'shard')}"
