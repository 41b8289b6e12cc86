"""Shared by commands that create datasets: write a dataset unless it exists, and print its size."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from data_prep.progress import counted, progress
from data_prep.records import writer
from data_prep.records.dataset import Dataset


def write_or_find(
    label: str,
    plan: writer.Plan,
    out: Path,
    state: str,
    image_shape: tuple[int, int, int],
    encoding: Literal["raw", "png"],
    shard_mb: float,
    settings: dict[str, Any],
    *,
    kind: writer.Kind = "tiles",
    label_names: Sequence[str] = (),
) -> None:
    """Write the records of `plan` with progress, unless `state` is "done"; print the result."""
    if state == "done" and (out / writer.DATASET_JSON).exists():
        done = Dataset(out)
        print(f"{out}  already done: {describe(done.count, done.image_shape, len(done.shards), kind=kind)}")
        return
    with progress(len(plan), unit="img", label=label) as bar:
        info = writer.write_dataset(
            plan,
            out,
            image_shape=image_shape,
            kind=kind,
            encoding=encoding,
            shard_mb=shard_mb,
            label_names=label_names,
            settings={"command": label} | settings,
            on_record=bar.update,
        )
    print(f"{out}  {describe(info['count'], image_shape, len(info['shards']), kind=kind)}")


def describe(count: int, image_shape: Sequence[int], shards: int, *, kind: writer.Kind = "tiles") -> str:
    """Summary, e.g. '748 records of 256 x 256 x 1 in 1 shard', or '17 pages of up to 2048 x ...'."""
    what = f"{counted(count, 'record')} of" if kind == "tiles" else f"{counted(count, 'page')} of up to"
    return f"{what} {' x '.join(map(str, image_shape))} in {counted(shards, 'shard')}"
