"""Pack existing images (folder, zip, TFRecord shards or another dataset) as records of one size.

The kind of a source is detected from its content, not its name.
"""

import dataclasses
import functools
import math
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from data_prep import images, outputs
from data_prep.checksums import fingerprint
from data_prep.errors import InputError
from data_prep.images import MAX_MEGAPIXELS, Mode
from data_prep.images.crop_file import ImagePart, find_parts
from data_prep.images.resize import center_square, resize
from data_prep.progress import Failures, Progress, Report, Warn, ignore, no_progress
from data_prep.records.dataset import Dataset
from data_prep.records.labels import Labels, holds_labels
from data_prep.records.plan import ChunkedPlan, Items, make_each
from data_prep.records.tile_files import RecordFiles, TilesResult, write_records
from data_prep.records.writer import DATASET_JSON, Kind, Record
from data_prep.sources import image_files, pack_labels, tf_examples
from data_prep.sources.image_files import Inspection
from data_prep.sources.tf_examples import Place, Places

CHUNK_IMAGES, CHUNK_BYTES = 64, 1 << 24  # maximum that a worker returns at a time
SERIAL_FILES = 10_000  # fewer headers are read in this process, faster than workers start
FILES = RecordFiles()

_ACCEPTED = "a folder of images, a .zip of them, TFRecord shards, or a dataset"

SourceKind = Literal["files", "examples", "dataset"]


class LabelledFile(NamedTuple):
    """An image file of a folder or zip."""

    name: str
    label: int | None
    part: ImagePart | None = None  # None: all of it


Item = LabelledFile | int | Place  # a file, a position in a dataset, an Example's place


@dataclasses.dataclass(frozen=True)
class PackConfig:
    """Conversion of images to records."""

    size: int | None = None
    """Crop the centre square and resize it to this side in px by area means; None keeps the size."""
    mode: Mode | None = None
    """Channels; None: gray if every image is gray, else rgb."""
    labels: str = "auto"
    """Classes: auto (from the source: its dataset.json, Examples or records), subfolders (the folder of each
    image is its class), none, or a JSON file, {"labels": [["a.png", 0], ...]}."""
    max_megapixels: float = MAX_MEGAPIXELS
    """Maximum image size in megapixels; larger images are left out."""

    @property
    def labels_kind(self) -> str:
        """`labels`, or "file" for a JSON file of any name."""
        return self.labels if self.labels in ("auto", "subfolders", "none") else "file"

    def check_for_pages(self) -> None:
        """Raise InputError naming a flag that has no effect on whole pages."""
        for name, is_set in {"size": self.size is not None, "labels": self.labels != "auto"}.items():
            if is_set:
                raise InputError(
                    f"--{name}: must not be combined with --pages: whole pages are stored, and training "
                    "cuts them"
                )


@dataclasses.dataclass(frozen=True)
class PackPlan:
    """The images of a source, in natural order."""

    records: ChunkedPlan[Item]
    fingerprint: str  # changes when images are added, removed, renamed or edited
    labels: Labels  # of files by name; for other sources only the class names
    image_shape: tuple[int, int, int]
    kind: Kind
    mode: Mode | None
    unlabelled: int = 0  # images without a class, if there are classes


def pack_images(
    source: Path,
    out: Path,
    config: PackConfig,
    *,
    files: RecordFiles = FILES,
    progress: Progress = no_progress,
    report: Report = ignore,
    warn: Warn = ignore,
) -> TilesResult:
    """Convert existing images to a dataset; an interrupted run is resumed, an existing result returned.

    Args:
        source: see `plan_pack`.
        out: folder of the dataset.
        config: size, channels, classes.
        files: how records are written.
        progress: opens a progress bar.
        report: called with each image that is left out, and the reason.
        warn: called with a message about labels and images that do not match, and what was changed about
            images on reading.

    Raises:
        InputError: as `plan_pack`, or `out` holds something else or lies in `source`. WorkError: a file
            could not be written.
    """
    files.check()
    images.check_max_megapixels(config.max_megapixels)
    outputs.check_outside(out, source)
    failures = Failures(report)
    with progress(None, unit="img", label="inspect") as bar:
        plan = plan_pack(
            source, config, workers=files.worker_count, report=failures, warn=warn, on_image=bar.update
        )
    settings = dataclasses.asdict(config) | {"mode": plan.mode, "encoding": files.encoding}
    settings |= {"shard_mb": files.shard_mb, "images": len(plan.records), "inputs": plan.fingerprint}
    settings |= {"labels": config.labels_kind, "classes": plan.labels.fingerprint}
    with outputs.work(
        out,
        command="data-prep pack",
        settings=settings,
        source=source,
        overwrite=files.overwrite,
        failures=failures,
    ) as state:
        made = write_records(
            plan.records,
            out,
            state=state,
            command="pack",
            image_shape=plan.image_shape,
            files=files,
            settings=settings | {"unlabelled": plan.unlabelled},
            failures=failures,
            kind=plan.kind,
            label_names=plan.labels.names,
            progress=progress,
        )
        plan.records.describe_notes(warn)
        return made


def plan_pack(
    source: Path,
    config: PackConfig,
    *,
    workers: int,
    report: Report,
    warn: Warn = ignore,
    on_image: Callable[[int], None] = lambda count: None,
) -> PackPlan:
    """Find the images of `source`, read the header of each, and determine the shape of the records.

    Args:
        source: a folder of images (with its sub-folders; crops.json in each chooses parts), a zip of them,
            TFRecord shards or a folder of them, or a dataset.
        config: size, channels, classes.
        workers: number of processes for reading.
        report: called with each image that is left out, and the reason.
        warn: called with a message about labels and images that do not match.
        on_image: called with the number of images read since the last call.

    Raises:
        InputError: no images, several sizes without `config.size`, invalid labels, or a zip with names
            outside of it.
    """
    if config.size is not None and config.size < 1:
        raise InputError(f"--size {config.size}: must be at least 1")
    kind = kind_of(source)
    if kind == "dataset":
        return _plan_dataset(source, config, workers, report)
    items: Items[Item]
    labels = Labels()
    inspected: list[Inspection] = []
    if kind == "examples":
        pack_labels.refuse(source, config.labels, "the Examples contain their own")
        items = places = Places()
        shards = tf_examples.find_shards(source, report=report)
        limits = {"max_megapixels": config.max_megapixels}
        for place, seen in tf_examples.inspect_all(shards, report=report, **limits):
            places.append(place)
            inspected.append(seen)
            on_image(1)
        labels = pack_labels.of_examples(source, inspected, config.labels)
    else:
        names = image_files.list_names(source, warn=warn)
        parts = find_parts(source, names) if source.is_dir() else []
        names = list(dict.fromkeys(part.name for part in parts)) or names
        inspected = _inspect_files(source, names, config, workers, report, on_image)
        names = [seen.name for seen in inspected]
        if not names:
            raise InputError(f"none of the images in {source} can be read")
        labels = pack_labels.of_files(source, names, config.labels, warn)
        inspected = _cropped(inspected, parts)
        items = _LabelledFiles(inspected, labels.by_name)
    if not inspected:
        raise InputError(f"none of the images in {source} can be read")
    if config.size is None and len({(seen.height_px, seen.width_px) for seen in inspected}) > 1:
        raise InputError(
            f"{source} holds images of several sizes, {image_files.describe_sizes(inspected)}: pass --size"
        )
    height_px, width_px = (
        (inspected[0].height_px, inspected[0].width_px) if config.size is None else [config.size] * 2
    )
    mode: Mode = config.mode or ("gray" if {seen.mode for seen in inspected} == {"gray"} else "rgb")
    shape = (height_px, width_px, images.CHANNELS[mode])
    crcs = fingerprint((seen.part.key if seen.part else seen.name, seen.crc) for seen in inspected)
    records = _plan_records(source, items, config, shape, mode=mode, workers=workers, report=report)
    unlabelled = 0
    if labels.names:
        labelled = [seen.name in labels.by_name or seen.label is not None for seen in inspected]
        unlabelled = labelled.count(False)
    return PackPlan(records, crcs, labels, shape, "tiles", mode, unlabelled)


def kind_of(source: Path) -> SourceKind:
    """Detect the kind of a source from its content.

    Raises: InputError: nothing that can be packed.
    """
    if not source.exists():
        raise InputError(f"{source}: no such file or folder; use {_ACCEPTED}")
    if source.is_dir():
        info = source / DATASET_JSON
        if info.is_file() and not holds_labels(info.read_bytes()):
            return "dataset"
        has_images = any(path.suffix.lower() in images.SUFFIXES for path in source.rglob("*"))
        return "examples" if not has_images and tf_examples.find_shards(source) else "files"
    if zipfile.is_zipfile(source):
        return "files"
    if tf_examples.find_shards(source):
        return "examples"
    noun, advice = images.describe_file(source)
    if "zip archive" in noun:
        raise InputError(f"{source} is a truncated or damaged .zip; copy or create it again")
    raise InputError(f"{source} is {noun}; pack reads {_ACCEPTED}" + f"; {advice}" * bool(advice))


def _plan_dataset(source: Path, config: PackConfig, workers: int, report: Report) -> PackPlan:
    pack_labels.refuse(source, config.labels, "a dataset contains its own")
    _dataset.cache_clear()  # the folder may have changed since
    dataset = Dataset(source)
    if dataset.kind == "pages" and config.size is not None:
        raise InputError(f"{source} holds whole pages; --size is for tiles")
    height_px, width_px, channels = dataset.image_shape
    if config.size is not None:
        height_px = width_px = config.size
    shape = (height_px, width_px, images.CHANNELS[config.mode] if config.mode else channels)
    labels = Labels(names=() if config.labels == "none" else dataset.label_names)
    records = _plan_records(
        source, range(len(dataset)), config, shape, mode=config.mode, workers=workers, report=report
    )
    unlabelled = 0
    if labels.names and dataset.settings.get("unlabelled", 1):
        unlabelled = sum(dataset[i].label is None for i in range(len(dataset)))
    return PackPlan(records, dataset.content_hash, labels, shape, dataset.kind, config.mode, unlabelled)


@dataclasses.dataclass(frozen=True)
class _LabelledFiles:
    """Files with their classes, paired lazily."""

    inspected: list[Inspection]
    by_name: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.inspected)

    def __getitem__(self, span: slice) -> Iterator[LabelledFile]:
        return (LabelledFile(s.name, self.by_name.get(s.name), s.part) for s in self.inspected[span])


def _plan_records(
    source: Path,
    items: Items[Item],
    config: PackConfig,
    image_shape: tuple[int, int, int],
    *,
    mode: Mode | None,
    workers: int,
    report: Report,
) -> ChunkedPlan[Item]:
    chunk = max(1, min(CHUNK_IMAGES, CHUNK_BYTES // math.prod(image_shape)))
    make = functools.partial(_make_record, source=source, mode=mode, config=config)
    return ChunkedPlan(items, make, name=_name, workers=workers, report=report, chunk=chunk)


def _inspect_files(
    source: Path,
    names: list[str],
    config: PackConfig,
    workers: int,
    report: Report,
    on_image: Callable[[int], None],
) -> list[Inspection]:
    inspected: list[Inspection] = []
    made = make_each(
        names,
        functools.partial(_inspect, source=source, max_megapixels=config.max_megapixels),
        count=len(names),
        name=str,
        workers=workers if len(names) > SERIAL_FILES else 1,
        report=report,
        chunk=CHUNK_IMAGES,
    )
    for _, seen in made:
        if seen is not None:
            inspected.append(seen)
        on_image(1)
    return inspected


def _cropped(inspected: list[Inspection], parts: list[ImagePart]) -> list[Inspection]:
    """Replace images by their parts, with the sizes of these. Raises: InputError: a part is empty."""
    by_name: dict[str, list[ImagePart]] = {}
    for part in parts:
        by_name.setdefault(part.name, []).append(part)
    found = []
    for seen in inspected:
        for part in by_name.get(seen.name, [ImagePart(seen.name)]):
            if part.box_px is None:
                found.append(seen)
                continue
            x0, y0, x1, y1 = part.clipped(seen.height_px, seen.width_px)
            found.append(dataclasses.replace(seen, height_px=y1 - y0, width_px=x1 - x0, part=part))
    return found


def _inspect(name: str, *, source: Path, max_megapixels: float) -> Inspection:
    return image_files.inspect(source, name, max_megapixels=max_megapixels)


def _make_record(item: Item, *, source: Path, mode: Mode | None, config: PackConfig) -> Record:
    """Raises: InputError: a damaged image. WorkError: a damaged record."""
    record = _read_record(item, source=source, mode=mode, config=config)
    if config.size is None:
        return record
    return dataclasses.replace(record, image=resize(center_square(record.image), config.size, config.size))


def _read_record(item: Item, *, source: Path, mode: Mode | None, config: PackConfig) -> Record:
    limits: dict[str, Any] = {"mode": mode, "max_megapixels": config.max_megapixels}
    drops, notes = config.labels == "none", list[images.Note]()
    if isinstance(item, LabelledFile):
        image = image_files.read(source, item.name, **limits, note=notes.append)
        origin: dict[str, Any] = {"page": item.name}
        if item.part is not None:
            x0, y0, x1, y1 = item.part.clipped(*image.shape[:2])
            image, origin = image[y0:y1, x0:x1], origin | {"box_px": [x0, y0, x1, y1]}
        return Record(image, origin, item.label, tuple(notes))
    if isinstance(item, Place):
        image, label = tf_examples.read(item, **limits, note=notes.append)
        page = {"page": item.shard.name, "index": item.index}
        return Record(image, page, None if drops else label, tuple(notes))
    record = _dataset(source)[item]
    image = record.image if mode is None else images.with_mode(record.image, mode)
    return Record(image, record.source, None if drops else record.label)


def _name(item: Item) -> str:
    if isinstance(item, LabelledFile) and item.part is not None:
        return item.part.stem
    return f"record {item}" if isinstance(item, int) else item.name


@functools.lru_cache(maxsize=1)
def _dataset(source: Path) -> Dataset:
    return Dataset(source)
