"""Images as records, and records as a dataset folder of ArrayRecord shards.

A record is a msgpack map: image (bytes), encoding ("raw" uint8 or "png"), shape [h, w, c], label (may be
absent) and source (where it comes from). `dataset.json` is written last: a folder without it is no
dataset yet. Shards are filled by a plan that is known beforehand, so a rerun keeps the finished ones.
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
from data_prep.images.png import decode_png, encode_png
from data_prep.workers import ahead

DATASET_JSON = "dataset.json"
SHARD_MB = 300
AHEAD_BYTES = 1 << 24  # of pixels that wait to be written
Encoding = Literal["raw", "png"]
Kind = Literal["tiles", "pages"]

# One record per group, for random access.
_WRITER = {"raw": "group_size:1,zstd:3", "png": "group_size:1,uncompressed"}


@dataclasses.dataclass(frozen=True)
class Record:
    """One image, its class if it has one, and where it comes from."""

    image: np.ndarray  # uint8 [H, W, C]
    source: dict[str, Any] = dataclasses.field(default_factory=dict)
    label: int | None = None


class Plan(Protocol):
    """Records to be written, by position; a list of records is one.

    None in a record's place: it could not be made, and is left out of its shard.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, span: slice, /) -> Iterable[Record | None]: ...


def encode_record(record: Record, *, encoding: Encoding = "raw") -> bytes:
    """Record -> msgpack bytes."""
    pixels = record.image.tobytes() if encoding == "raw" else encode_png(record.image)
    value: dict[str, Any] = {"image": pixels, "encoding": encoding, "shape": list(record.image.shape)}
    value |= {"source": record.source} | ({} if record.label is None else {"label": record.label})
    return msgpack.packb(value)


def decode_record(data: bytes) -> Record:
    """msgpack bytes -> Record; the image of a raw record is a read-only view of `data`'s copy.

    Raises: ValueError: these are not the bytes of a record.
    """
    try:
        value = msgpack.unpackb(data)
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
    """Whether an image belongs in a dataset: tiles have its shape, pages at most its height and width."""
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
    """Write shards and then dataset.json into `folder`; those that are there and read well are kept.

    Args:
        records: what to write, by position; spans of it are asked for, in order.
        folder: of the dataset. The caller sees to it that what lies there is of the same plan.
        image_shape: of every tile, or the largest height and width of pages; None: as the first record.
        kind: "tiles", all of one shape, or "pages", whole pages that training cuts (see `fits`).
        encoding: "raw", or "png" for less disk and slower reading.
        shard_mb: raw image megabytes (1e6 bytes) per shard.
        label_names: name of label i at position i.
        settings: how the records were made; kept in dataset.json.
        on_record: told how many positions have been passed, for progress.

    Returns:
        The content of dataset.json.

    Raises:
        InputError: no records, or shard_mb is not positive.
        WorkError: an image has another shape, nothing could be written, or what was written does not read.
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
    missing = _merged(span for span, kept in zip(spans, whole, strict=True) if not kept)
    made = _stream(records, missing)
    shards: list[dict[str, Any]] = []
    # Records are made while others are compressed, which is done in this thread.
    with contextlib.closing(
        ahead(made, count=max(1, min(64, AHEAD_BYTES // math.prod(image_shape))))
    ) as stream:
        for path, size, kept in zip(paths, sizes, whole, strict=True):
            count = size
            if not kept:
                part = itertools.islice(stream, size)
                count = _write_shard(part, path, image_shape, kind, encoding, on_record)
            if count:
                fingerprint = {"bytes": path.stat().st_size, "crc32": crc_of_file(path)}
                shards.append({"name": path.name, "count": count} | fingerprint)
            else:
                path.unlink()
    if not shards:
        raise WorkError(f"none of the {len(records)} records for {folder} could be made")

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
    """What an earlier dataset.json of the same records says of those it does not show."""
    try:
        old = json.loads((folder / DATASET_JSON).read_text(encoding="utf-8"))
        same = old["content_hash"] == value["content_hash"]
        return {key: old[key] for key in ("excluded", "reasons") if same and key in old}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def check_shard_mb(shard_mb: float) -> None:
    """Raise InputError unless shards can have this size."""
    if not 0 < shard_mb < math.inf:
        raise InputError(f"--shard-mb is {shard_mb:g}; it should be above 0")


def count_records(path: Path) -> int | None:
    """How many records a shard holds; None where there is no shard, or none that is whole."""
    if not path.is_file():
        return None
    reader = open_shard(path)
    try:
        return reader.num_records() if reader.ok() else None
    finally:
        if reader.ok():
            reader.close()


def open_shard(path: Path) -> ArrayRecordReader:
    """A reader for random access; check its ok(): opening a damaged file does not raise."""
    return ArrayRecordReader(str(path), "readahead_buffer_size:0,max_parallelism:0")


def _is_whole(path: Path, size: int, image_shape: tuple[int, int, int], kind: Kind) -> bool:
    """Whether a shard holds `size` records that fit, every one of which can be read."""
    if count_records(path) != size:
        return False
    reader = open_shard(path)
    try:
        decoded = (decode_record(reader.read([i])[0]) for i in range(size))
        return all(fits(record.image.shape, image_shape, kind) for record in decoded)
    except (RuntimeError, ValueError):  # the reader's word for bytes that do not fit their hash, and ours
        return False
    finally:
        with contextlib.suppress(RuntimeError):
            reader.close()


def _stream(records: Plan, spans: Iterable[slice]) -> Iterator[Record | None]:
    for span in spans:
        yield from records[span]


def _merged(spans: Iterable[slice]) -> Iterator[slice]:
    """Neighbouring spans as one, so that whoever makes the records may look ahead."""
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
    """Write one shard, read it back, and return how many records it holds."""
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
                f"{'as no shard' if count is None else f'with {count}'}; is the disk sound?"
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
