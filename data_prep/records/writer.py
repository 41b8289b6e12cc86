"""Encode images as records, and write records as a dataset folder of ArrayRecord shards.

A record is a msgpack map: image (bytes), encoding ("raw" uint8 or "png"), shape [h, w, c], label (optional)
and source (provenance). `dataset.json` is written last: a folder without it is not a dataset. Which records
belong to which shard is known in advance, so a rerun skips finished shards.
"""

import contextlib
import dataclasses
import hashlib
import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import msgpack
import numpy as np
from array_record.python.array_record_module import ArrayRecordReader, ArrayRecordWriter

from data_prep import outputs
from data_prep.checksums import crc_of_file
from data_prep.errors import InputError, WorkError
from data_prep.images.notes import Note
from data_prep.images.png import decode_png, encode_png
from data_prep.workers import ahead

DATASET_JSON = "dataset.json"
SHARD_MB = 300
AHEAD_BYTES = 1 << 24  # of pixels in the queue before the writer
Encoding = Literal["raw", "png"]
Kind = Literal["tiles", "pages"]

# One record per group, for random access.
_WRITER = {"raw": "group_size:1,zstd:3", "png": "group_size:1,uncompressed"}


class NoRecordsError(WorkError):
    """Not one of the planned records could be made."""


@dataclasses.dataclass(frozen=True)
class Record:
    """An image with its class, if any, and its provenance."""

    image: np.ndarray  # uint8 [H, W, C]
    source: dict[str, Any] = dataclasses.field(default_factory=dict)
    label: int | None = None
    notes: tuple[Note, ...] = ()  # about its file; not stored


class Plan(Protocol):
    """Records to write, by position, e.g. a list of records.

    None stands for a record that could not be made; it is left out of its shard.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> Iterable[Record | None]: ...


def encode_record(record: Record, *, encoding: Encoding = "raw") -> bytes:
    """Encode a record as msgpack bytes."""
    pixels = record.image.tobytes() if encoding == "raw" else encode_png(record.image)
    value: dict[str, Any] = {"image": pixels, "encoding": encoding, "shape": list(record.image.shape)}
    value |= {"source": record.source} | ({} if record.label is None else {"label": record.label})
    return msgpack.packb(value, unicode_errors="surrogateescape")  # names that are not UTF-8


def decode_record(data: bytes) -> Record:
    """Decode msgpack bytes; the image of a raw record is a read-only view.

    Raises: ValueError: not the bytes of a record.
    """
    try:
        value = msgpack.unpackb(data, unicode_errors="surrogateescape")
        pixels, encoding, shape = value["image"], value["encoding"], tuple(value["shape"])
        source, label = value["source"], value.get("label")
    except (msgpack.UnpackException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record: {error!r}") from error
    whole = len(shape) == 3 and all(type(size) is int and size > 0 for size in shape)
    named = isinstance(source, dict) and (label is None or type(label) is int)
    if not (whole and named and isinstance(pixels, bytes) and encoding in ("raw", "png")):
        raise ValueError(f"not a record: shape {shape!r}, encoding {encoding!r}, label {label!r}"[:200])
    image = np.frombuffer(pixels, np.uint8) if encoding == "raw" else decode_png(pixels, size_px=shape[:2])
    if image.size != math.prod(shape):
        raise ValueError(f"not a record: {image.size} bytes of pixels, shape {shape}")
    return Record(image.reshape(shape), source, label)


def fits(shape: Sequence[int], image_shape: Sequence[int], kind: Kind) -> bool:
    """Whether the shape of an image fits a dataset: tiles equal it, pages are at most as high and wide."""
    if kind == "tiles":
        return tuple(shape) == tuple(image_shape)
    return shape[0] <= image_shape[0] and shape[1] <= image_shape[1] and shape[2] == image_shape[2]


def write_dataset(
    records: Plan,
    folder: Path,
    *,
    image_shape: tuple[int, int, int] | None = None,
    kind: Kind = "tiles",
    encoding: Encoding = "raw",
    shard_mb: float = SHARD_MB,
    label_names: Sequence[str] = (),
    settings: dict[str, Any] | None = None,
    on_record: Callable[[int], None] = lambda count: None,
) -> dict[str, Any]:
    """Write shards, then dataset.json, into `folder`; shards that exist and are valid are skipped.

    Args:
        records: plan of the records; ascending spans of it are read.
        folder: dataset folder. The caller ensures that existing shards are of the same plan (`outputs.work`).
        image_shape: of every tile, or the largest height and width of pages; None: that of the first record.
        kind: "tiles", all of one shape, or "pages", whole pages that training cuts (see `fits`).
        encoding: "raw", or "png": smaller and slower to read.
        shard_mb: raw image megabytes (1e6 bytes) per shard.
        label_names: name of label i at position i.
        settings: how the records were made; stored in dataset.json.
        on_record: called with the number of positions processed since the last call.

    Returns:
        The content of dataset.json.

    Raises:
        InputError: no records, or shard_mb is not positive.
        WorkError: an image has another shape, no record could be made, or a written shard is not readable.
    """
    if not len(records):
        raise InputError(f"no records for {folder}")
    check_shard_mb(shard_mb)
    if image_shape is None:
        first = next(iter(records[0:1]))
        assert first is not None
        image_shape = (first.image.shape[0], first.image.shape[1], first.image.shape[2])
    per_shard = max(1, int(shard_mb * 1e6) // math.prod(image_shape))
    spans = [slice(i, min(i + per_shard, len(records))) for i in range(0, len(records), per_shard)]
    paths = [folder / f"shard-{i:05d}-of-{len(spans):05d}.array_record" for i in range(len(spans))]
    folder.mkdir(parents=True, exist_ok=True)

    sizes: list[int] = [span.stop - span.start for span in spans]
    whole: list[bool] = []
    for path, size in zip(paths, sizes, strict=True):
        whole.append(_is_whole(path, size, image_shape, kind))
        if whole[-1]:
            on_record(size)
    missing = _merged(span for span, done in zip(spans, whole, strict=True) if not done)
    made = _stream(records, missing)
    shards: list[dict[str, Any]] = []
    # Records are made in another thread while this one compresses.
    with contextlib.closing(
        ahead(made, count=max(1, min(64, AHEAD_BYTES // math.prod(image_shape))))
    ) as stream:
        for path, size, done in zip(paths, sizes, whole, strict=True):
            count = size
            if not done:
                part = itertools.islice(stream, size)
                count = _write_shard(part, path, image_shape, kind, encoding, on_record)
            if count:
                fingerprint = {"bytes": path.stat().st_size, "crc32": crc_of_file(path)}
                shards.append({"name": path.name, "count": count} | fingerprint)
            else:
                path.unlink()
    if not shards:
        raise NoRecordsError(f"none of the {len(records)} records for {folder} could be made")

    value = {
        "schema": 1,
        "kind": kind,
        "image_shape": list(image_shape),
        "encoding": encoding,
        "count": sum(shard["count"] for shard in shards),
        "content_hash": _content_hash(image_shape, shards),
        "shards": shards,
        "label_names": list(label_names),
        "settings": settings or {},
    }
    outputs.write_json(folder / DATASET_JSON, value | _exclusion_to_keep(folder, value))
    return value


def _exclusion_to_keep(folder: Path, value: dict[str, Any]) -> dict[str, Any]:
    """Excluded records of an earlier dataset.json of the same content."""
    try:
        old = json.loads((folder / DATASET_JSON).read_text(encoding="utf-8"))
        same = old["content_hash"] == value["content_hash"]
        return {key: old[key] for key in ("excluded", "reasons") if same and key in old}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def check_shard_mb(shard_mb: float) -> None:
    """Raise InputError if the shard size is invalid."""
    if not 0 < shard_mb < math.inf:
        raise InputError(f"--shard-mb {shard_mb:g}: must be above 0")


def count_records(path: Path) -> int | None:
    """Number of records of a shard; None if it is missing or damaged."""
    if not path.is_file():
        return None
    reader = open_shard(path)
    try:
        return reader.num_records() if reader.ok() else None
    finally:
        if reader.ok():
            reader.close()


def open_shard(path: Path) -> ArrayRecordReader:
    """Open a shard for random access; check ok(): opening a damaged file does not raise."""
    return ArrayRecordReader(str(path), "readahead_buffer_size:0,max_parallelism:0")


def _is_whole(path: Path, size: int, image_shape: tuple[int, int, int], kind: Kind) -> bool:
    """Whether a shard holds `size` readable records of the right shape."""
    if count_records(path) != size:
        return False
    reader = open_shard(path)
    try:
        decoded = (decode_record(reader.read([i])[0]) for i in range(size))
        return all(fits(record.image.shape, image_shape, kind) for record in decoded)
    except (RuntimeError, ValueError):  # a hash that does not match, or an invalid record
        return False
    finally:
        with contextlib.suppress(RuntimeError):
            reader.close()


def _stream(records: Plan, spans: Iterable[slice]) -> Iterator[Record | None]:
    for span in spans:
        yield from records[span]


def _merged(spans: Iterable[slice]) -> Iterator[slice]:
    """Merge adjacent spans, so that workers can run ahead across shards."""
    start = stop = 0
    for span in spans:
        if span.start != stop:
            if stop:
                yield slice(start, stop)
            start = span.start
        stop = span.stop
    if stop:
        yield slice(start, stop)


def _write_shard(
    records: Iterator[Record | None],
    path: Path,
    image_shape: tuple[int, ...],
    kind: Kind,
    encoding: Encoding,
    on_record: Callable[[int], None],
) -> int:
    """Write one shard, verify its count, and return the number of its records."""
    written = 0
    with outputs.replacing(path) as partial:
        writer = ArrayRecordWriter(str(partial), _WRITER[encoding])
        try:
            for record in records:
                if record is not None:
                    if not fits(record.image.shape, image_shape, kind):
                        raise WorkError(f"{record.source} is {record.image.shape}, not {image_shape}")
                    data = encode_record(record, encoding=encoding)
                    with _writing(path):
                        writer.write(data)
                    written += 1
                on_record(1)
        except BaseException:
            with contextlib.suppress(RuntimeError):
                writer.close()
            raise
        with _writing(path):
            writer.close()
        if (count := count_records(partial)) != written and (count or written):
            raise WorkError(
                f"{path} was written with {written} records and reads back "
                f"{'as no shard' if count is None else f'with {count}'}; check the disk"
            )
    return written


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # e.g. no space left
        raise WorkError(f"{path} could not be written: {str(error).split(';')[0]}") from error


def _content_hash(image_shape: Sequence[int], shards: Sequence[dict[str, Any]]) -> str:
    content = [list(image_shape), [[shard["count"], shard["crc32"]] for shard in shards]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
