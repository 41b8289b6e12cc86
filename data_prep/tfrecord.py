"""TFRecord files of Examples, read without TensorFlow; what any bytes hold is told, never raised as a fault.

A file is a run of records: length (uint64, little endian), masked CRC-32C of those eight bytes, data, masked
CRC-32C of the data. The data is a protocol buffer, tf.train.Example: a map from names to lists of bytes,
floats or int64. Of it are read `image_bytes`, `image_shape` and, where there is one, `label`.
"""

import dataclasses
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from data_prep.crc32c import masked_crc32c

HEADER_BYTES, FOOTER_BYTES = 12, 4
CHANNELS = (1, 3, 4)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_NAMES = (b"image_bytes", b"image_shape", b"label")
_BYTES_LIST, _INT64_LIST = 1, 3  # fields of a Feature

Feature = list[bytes] | list[int]


@dataclasses.dataclass(frozen=True)
class Example:
    """An image, raw or as the bytes of a file, and its class."""

    data: bytes
    shape: tuple[int, ...] | None  # as written: height x width, with channels last or first
    label: int | None

    @property
    def is_raw(self) -> bool:
        """Whether the data is pixels: as many bytes as the shape says. Else it is an image file."""
        return self.shape is not None and len(self.data) == int(np.prod(self.shape, dtype=object))

    def raw_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of raw pixels; channels are last if the last size is 1, 3 or 4.

        Raises: ValueError: neither the last nor the first size is a number of channels.
        """
        assert self.shape is not None
        if len(self.shape) == 2:
            return self.shape[0], self.shape[1], 1
        a, b, c = self.shape
        if c in CHANNELS:
            return a, b, c
        if a in CHANNELS:
            return b, c, a
        raise ValueError(f"image_shape {list(self.shape)} has no 1, 3 or 4 channels, first or last")

    def raw_image(self) -> np.ndarray:
        """The pixels, uint8 [H, W, C]. Raises: ValueError: as raw_shape."""
        height_px, width_px, channels = self.raw_shape()
        pixels = np.frombuffer(self.data, np.uint8)
        if self.shape == (height_px, width_px, channels) or len(self.shape or ()) == 2:
            return pixels.reshape(height_px, width_px, channels)
        return pixels.reshape(channels, height_px, width_px).transpose(1, 2, 0)


def is_tfrecord(path: Path) -> bool:
    """Whether a file begins like one: with a length under its own checksum."""
    try:
        with path.open("rb") as file:
            return _length(file.read(HEADER_BYTES)) is not None
    except OSError:
        return False


def find_records(path: Path) -> Iterator[tuple[int, int]]:
    """(offset, length in bytes) of each record's data, by reading lengths alone.

    Raises: ValueError: the file is cut short or damaged from here on; what came before stands.
    """
    size, offset = path.stat().st_size, 0
    with path.open("rb") as file:
        while offset < size:
            file.seek(offset)
            header = file.read(HEADER_BYTES)
            length = _length(header)
            if length is None:
                raise ValueError(
                    f"{'damaged' if len(header) == HEADER_BYTES else 'cut short'} at byte {offset}"
                )
            end = offset + HEADER_BYTES + length + FOOTER_BYTES
            if end > size:
                raise ValueError(f"cut short at byte {size} of {end}")
            yield offset + HEADER_BYTES, length
            offset = end


def read_record(file: BinaryIO, offset: int, length: int) -> bytes:
    """A record's data, held against its checksum. Raises: ValueError: they differ."""
    file.seek(offset)
    data = file.read(length)
    footer = file.read(FOOTER_BYTES)
    if len(footer) < FOOTER_BYTES or masked_crc32c(data) != struct.unpack("<I", footer)[0]:
        raise ValueError("does not fit its checksum")
    return data


def read_checksum(file: BinaryIO, offset: int, length: int) -> int:
    """A record's checksum as it is stored: changes with its data."""
    file.seek(offset + length)
    return int.from_bytes(file.read(FOOTER_BYTES), "little")


def parse_example(data: bytes) -> Example:
    """The image of a tf.train.Example.

    Raises: ValueError: these are not the bytes of an Example, or it holds no image.
    """
    features: dict[bytes, Feature] = {}
    for message in _messages(memoryview(data), 1):
        for entry in _messages(message, 1):
            fields = dict(_fields(entry))
            key, feature = fields.get(1), fields.get(2)
            if not (isinstance(key, memoryview) and isinstance(feature, memoryview)):
                continue
            if (name := bytes(key)) in _NAMES:
                features[name] = _feature(feature)
    image, shape, label = (features.get(name, []) for name in _NAMES)
    if len(image) != 1 or not isinstance(image[0], bytes):
        raise ValueError("no Example with image_bytes")
    return Example(image[0], _shape(shape), _label(label))


def _length(header: bytes) -> int | None:
    if len(header) < HEADER_BYTES or masked_crc32c(header[:8]) != struct.unpack("<I", header[8:])[0]:
        return None
    return struct.unpack("<Q", header[:8])[0]


def _shape(sizes: Feature) -> tuple[int, ...] | None:
    whole = len(sizes) in (2, 3) and all(isinstance(size, int) and size > 0 for size in sizes)
    if sizes and not whole:
        raise ValueError(f"image_shape is {str(sizes)[:60]}, not three sizes")
    return tuple(int(size) for size in sizes) or None


def _label(values: Feature) -> int | None:
    if not values:
        return None
    if len(values) != 1 or not isinstance(values[0], int) or values[0] < 0:
        raise ValueError(f"label is {str(values)[:60]}, not one class, a number from 0")
    return values[0]


def _feature(feature: memoryview) -> Feature:
    """The list in a Feature; floats are passed over."""
    values: list[Any] = []
    for number, value in _fields(feature):
        if number == _BYTES_LIST and isinstance(value, memoryview):
            values += [bytes(item) for item in _messages(value, 1)]
        elif number == _INT64_LIST and isinstance(value, memoryview):
            for place, item in _fields(value):
                if place == 1:
                    values += [_signed(item)] if isinstance(item, int) else map(_signed, _varints(item))
    return values


def _messages(data: memoryview, wanted: int) -> Iterator[memoryview]:
    """The values of a field that holds bytes, e.g. further messages."""
    for number, value in _fields(data):
        if number == wanted:
            if isinstance(value, int):
                raise ValueError("not an Example")
            yield value


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of a message; values of fixed width are passed over."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, place = _varint(data, place)
            yield number, value
        elif wire == _BYTES:
            length, place = _varint(data, place)
            if place + length > len(data):
                raise ValueError("not an Example: cut short")
            yield number, data[place : place + length]
            place += length
        elif wire in (_FIXED64, _FIXED32):
            place += 8 if wire == _FIXED64 else 4
        else:
            raise ValueError("not an Example")


def _varints(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """An unsigned number of seven bits a byte, least first, and where the next one begins."""
    value = shift = 0
    while shift < 70 and place < len(data):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("not an Example: a number that does not end")


def _signed(value: int) -> int:
    value &= 0xFFFFFFFFFFFFFFFF
    return value - (1 << 64) if value >> 63 else value
