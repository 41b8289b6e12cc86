"""Read TFRecord files of Examples without TensorFlow.

A file is a sequence of records: length (uint64, little endian), masked CRC-32C of those eight bytes, data,
masked CRC-32C of the data. The data is a protocol buffer, tf.train.Example: a map from names to lists of
bytes, floats or int64; `image_bytes`, `image_shape` and the optional `label` are read.

CRC-32C (Castagnoli; RFC 3720, appendix B.4) is computed in NumPy. The register is linear over GF(2), so long
data is split into lanes of equal length, which advance together, four bytes per step, and are combined
pairwise: the CRC of `a + b` is that of `a` advanced by as many zero bytes as `b` has, xor that of `b`.
Internal registers start at 0 and are not inverted; `crc32c` does both.
"""

import dataclasses
import functools
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

_POLYNOMIAL = 0x82F63B78  # bits reversed
_LANE_BYTES = 64


def crc32c(data: bytes | memoryview) -> int:
    """CRC-32C of `data`, 0 to 2**32 - 1; of b"123456789" it is 0xE3069283."""
    if len(data) < _LANE_BYTES:
        return _byte_by_byte(data)
    # Leading zeros do not change a zero register, so they pad the first lane. The standard initial value of
    # all ones is equivalent to inverting the first four bytes.
    lanes = -(-len(data) // _LANE_BYTES)
    padded = np.zeros(lanes * _LANE_BYTES, np.uint8)
    padded[len(padded) - len(data) :] = np.frombuffer(data, np.uint8)
    padded[len(padded) - len(data) :][:4] ^= 0xFF
    words = padded.view("<u4").reshape(lanes, -1).T.astype(np.uint32, order="C")  # [step, lane]
    tables = _zeros_tables(4)
    registers = np.zeros(lanes, np.uint32)
    for word in words:
        registers = _look_up(tables, registers ^ word)
    width = _LANE_BYTES
    while len(registers) > 1:
        if len(registers) % 2:
            registers = np.concatenate([np.zeros(1, np.uint32), registers])
        registers = _look_up(_zeros_tables(width), registers[0::2]) ^ registers[1::2]
        width *= 2
    return int(registers[0]) ^ 0xFFFFFFFF


def masked_crc32c(data: bytes | memoryview) -> int:
    """The CRC as TFRecord files store it: rotated right by 15 bits, plus a constant."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _byte_by_byte(data: bytes | memoryview) -> int:
    register, table = 0xFFFFFFFF, _plain_table()
    for byte in bytes(data):
        register = table[(register ^ byte) & 0xFF] ^ register >> 8
    return register ^ 0xFFFFFFFF


def _look_up(tables: np.ndarray, registers: np.ndarray) -> np.ndarray:
    """Apply a linear map to uint32 registers, given as tables of the four bytes: [4, 256]."""
    low, second = tables[0][registers & 0xFF], tables[1][registers >> 8 & 0xFF]
    return low ^ second ^ tables[2][registers >> 16 & 0xFF] ^ tables[3][registers >> 24]


@functools.cache
def _byte_table() -> np.ndarray:
    """Register after eight steps, by its low byte: uint32 [256]."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, table >> 1 ^ np.uint32(_POLYNOMIAL), table >> 1)
    return table


@functools.cache
def _plain_table() -> list[int]:
    return _byte_table().tolist()


@functools.cache
def _zeros_tables(count: int) -> np.ndarray:
    """Registers advanced by `count` zero bytes, a power of two from 4: uint32 [4, 256]."""
    bytes_alone = np.arange(256, dtype=np.uint32) << np.arange(0, 32, 8, dtype=np.uint32)[:, None]
    if count > 4:
        half = _zeros_tables(count // 2)
        return _look_up(half, _look_up(half, bytes_alone))
    registers = bytes_alone
    for _ in range(4):
        registers = _byte_table()[registers & 0xFF] ^ registers >> 8
    return registers


HEADER_BYTES, FOOTER_BYTES = 12, 4
CHANNELS = (1, 3, 4)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types
_NAMES = (b"image_bytes", b"image_shape", b"label")
_BYTES_LIST, _INT64_LIST = 1, 3  # fields of a Feature

Feature = list[bytes] | list[int]


@dataclasses.dataclass(frozen=True)
class Example:
    """An image, as raw pixels or an encoded file, and its class."""

    data: bytes
    shape: tuple[int, ...] | None  # as stored: height x width, with channels last or first
    label: int | None

    @property
    def is_raw(self) -> bool:
        """Whether the data is raw pixels, i.e. of the size of the shape; else it is an image file."""
        return self.shape is not None and len(self.data) == int(np.prod(self.shape, dtype=object))

    def raw_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of raw pixels; channels are last if the last size is 1, 3 or 4.

        Raises: ValueError: neither the first nor the last size is 1, 3 or 4.
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
    """Whether a file begins with a length and a valid checksum of it."""
    try:
        with path.open("rb") as file:
            return _length(file.read(HEADER_BYTES)) is not None
    except OSError:
        return False


def find_records(path: Path) -> Iterator[tuple[int, int]]:
    """(offset, length in bytes) of the data of each record; only lengths are read.

    Raises: ValueError: the file is cut short or damaged from here on; records before are valid.
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
    """Read the data of a record. Raises: ValueError: the checksum does not match."""
    file.seek(offset)
    data = file.read(length)
    footer = file.read(FOOTER_BYTES)
    if len(footer) < FOOTER_BYTES or masked_crc32c(data) != struct.unpack("<I", footer)[0]:
        raise ValueError("does not match its checksum")
    return data


def read_checksum(file: BinaryIO, offset: int, length: int) -> int:
    """Read the stored checksum of a record."""
    file.seek(offset + length)
    return int.from_bytes(file.read(FOOTER_BYTES), "little")


def parse_example(data: bytes) -> Example:
    """Parse a tf.train.Example.

    Raises: ValueError: not an Example, or without an image.
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
    """Values of a Feature; floats are ignored."""
    values: list[Any] = []
    for number, value in _fields(feature):
        if number == _BYTES_LIST and isinstance(value, memoryview):
            values += [bytes(item) for item in _messages(value, 1)]
        elif number == _INT64_LIST and isinstance(value, memoryview):
            for place, item in _fields(value):
                if place == 1:
                    values += [_signed(item)] if isinstance(item, int) else map(_signed, _varints(item))
    return values


def _messages(data: memoryview, field: int) -> Iterator[memoryview]:
    """Values of a bytes field, e.g. nested messages."""
    for number, value in _fields(data):
        if number == field:
            if isinstance(value, int):
                raise ValueError("not an Example")
            yield value


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """(field number, value) of a message; values of fixed width are ignored."""
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
    """Read a little-endian base-128 number at `place`; return it and the next place."""
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
