"""What is traced: image files, records of a dataset, frames of a video; each has its own SVG file."""

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import Note, read_header
from data_prep.pages.polarity import opaque, read_drawing
from data_prep.progress import Warn, ignore
from data_prep.records.dataset import Dataset
from data_prep.records.writer import DATASET_JSON
from data_prep.video.sources import is_video
from fill.drawings import Drawing, find_drawings

SUFFIX = ".svg"
Kind = Literal["images", "dataset", "video"]


@dataclasses.dataclass(frozen=True)
class Page:
    """A drawing that was read."""

    image: np.ndarray  # uint8 [H, W, C]
    dpi: float | None  # None: not stored in the file
    notes: tuple[Note, ...] = ()


@dataclasses.dataclass(frozen=True)
class ImageItem:
    """An image file to trace."""

    drawing: Drawing

    @property
    def name(self) -> str:
        """File name."""
        return self.drawing.source.name

    @property
    def item_id(self) -> int:
        """See Drawing.item_id."""
        return self.drawing.item_id

    @property
    def target(self) -> Path:
        """File to write."""
        return self.drawing.target

    def is_done(self) -> bool:
        """Whether the target exists and is not older than the image."""
        return self.drawing.is_filled()

    def read(self, *, max_megapixels: float) -> Page:
        """Read the image. Raises InputError if that fails."""
        notes: list[Note] = []
        path = self.drawing.source
        header = read_header(path, max_megapixels=max_megapixels)
        image = read_drawing(path, mode="rgb", max_megapixels=max_megapixels, note=notes.append)
        return Page(image, header.dpi, tuple(notes))


@dataclasses.dataclass(frozen=True)
class RecordItem:
    """A record of a dataset to trace."""

    dataset: Dataset
    item_id: int  # position
    target: Path

    @property
    def name(self) -> str:
        """ "record 12"."""
        return f"record {self.item_id}"

    def is_done(self) -> bool:
        """Whether the target exists."""
        return self.target.exists()

    def read(self, *, max_megapixels: float) -> Page:
        """Read the record; it has no size in mm. Raises WorkError if it is damaged."""
        image = self.dataset[self.item_id].image
        return Page(opaque(image, mode="rgb") if image.shape[2] == 4 else image, None)


Item = ImageItem | RecordItem


def kind_of(source: Path) -> Kind:
    """What a source is. Raises InputError: there is no such file or folder."""
    if source.is_dir():
        return "dataset" if _is_dataset(source) else "images"
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; pass drawings, a dataset or a video")
    return "video" if is_video(source) else "images"


def _is_dataset(folder: Path) -> bool:
    """Whether a folder holds records; a dataset.json next to images only lists their classes."""
    try:
        info = json.loads((folder / DATASET_JSON).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return any(folder.glob("*.array_record"))
    return isinstance(info, dict) and "shards" in info


def list_items(source: Path, out: Path, *, warn: Warn = ignore) -> list[Item]:
    """The images of a folder, one image, or the records of a dataset.

    Raises: InputError: there are none, two have one output, or the dataset is damaged.
    """
    if kind_of(source) == "dataset":
        dataset = Dataset(source)
        digits = len(str(len(dataset) - 1))
        return [RecordItem(dataset, i, out / f"{i:0{digits}d}{SUFFIX}") for i in range(len(dataset))]
    return [ImageItem(drawing) for drawing in find_drawings(source, out, suffix=SUFFIX, warn=warn)]


def write_document(path: Path, text: str) -> None:
    """Write an SVG file; it appears whole or not at all."""
    with outputs.replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def describe_source(source: Path) -> dict[str, Any]:
    """Settings that identify a source."""
    if kind_of(source) == "dataset":
        return {"dataset": Dataset(source).content_hash}
    return {"source": str(source)}
