"""TFRecord files and Examples written from the format's description, to be read back by tests."""

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from data_prep.sources.tfrecord import masked_crc32c


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    parts = []
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def feature(value: bytes | float | list[int], *, packed: bool = True) -> bytes:
    if isinstance(value, bytes):
        return field(1, field(1, value))
    if isinstance(value, float):
        return field(2, field(1, struct.pack("<f", value)))
    if packed:
        return field(3, field(1, b"".join(map(varint, value))))
    return field(3, b"".join(varint(1 << 3) + varint(item) for item in value))


def example(features: dict[str, bytes | float | list[int]], *, packed: bool = True) -> bytes:
    entries = [
        field(1, field(1, name.encode()) + field(2, feature(value, packed=packed)))
        for name, value in features.items()
    ]
    return field(1, b"".join(entries))


def image_example(image: np.ndarray, label: int | None = None, *, packed: bool = True) -> bytes:
    features: dict[str, bytes | float | list[int]] = {"weight": 0.5}
    features |= {"image_bytes": image.tobytes(), "image_shape": list(image.shape)}
    return example(features | ({} if label is None else {"label": [label]}), packed=packed)


def frame(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    crcs = [struct.pack("<I", masked_crc32c(part)) for part in (length, data)]
    return length + crcs[0] + data + crcs[1]


def write_tfrecord(path: Path, records: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(frame, records)))
