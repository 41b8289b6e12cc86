"""TFRecord files read without TensorFlow; CRC-32C against published values and a bit-by-bit twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.sources.tfrecord import (
    Example,
    crc32c,
    find_records,
    is_tfrecord,
    masked_crc32c,
    parse_example,
    read_record,
)
from tests.data_prep.tfrecord_writer import example, field, frame, image_example, varint, write_tfrecord

IMAGE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("label", [None, 0, 7, 1 << 40])
def test_written_is_read(packed, label):
    read = parse_example(image_example(IMAGE, label, packed=packed))
    assert read == Example(IMAGE.tobytes(), IMAGE.shape, label)
    np.testing.assert_array_equal(read.raw_image(), IMAGE)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_may_be_first(rng, channels):
    image = rng.integers(0, 256, (6, 8, channels), np.uint8)
    first = np.ascontiguousarray(image.transpose(2, 0, 1))
    np.testing.assert_array_equal(parse_example(image_example(first)).raw_image(), image)
    flat = parse_example(image_example(image[..., 0].copy()))
    np.testing.assert_array_equal(flat.raw_image(), image[..., :1])


def test_data_of_another_size_is_an_image_file():
    read = parse_example(example({"image_bytes": b"\x89PNG", "image_shape": [4, 5, 3]}))
    assert not read.is_raw
    assert not parse_example(example({"image_bytes": b"\x89PNG"})).is_raw


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (example({"label": [1]}), "image_bytes"),
        (example({"image_bytes": [1]}), "image_bytes"),
        (example({"image_bytes": b"x", "image_shape": [1]}), "image_shape"),
        (example({"image_bytes": b"x", "image_shape": [1, -1, 1]}), "image_shape"),
        (example({"image_bytes": b"x", "image_shape": b"1"}), "image_shape"),
        (example({"image_bytes": b"x", "label": [-3]}), "label"),
        (example({"image_bytes": b"x", "label": b"cat"}), "label"),
        (example({"image_bytes": b"x", "label": [1, 2]}), "label"),
        (b"", "image_bytes"),
        (field(1, b"\x0a\x05"), "cut short"),
        (b"\xff" * 11, "does not end"),
        (varint(1 << 3 | 3), "not an Example"),
        (varint(1 << 3) + b"\x05", "not an Example"),
    ],
)
def test_examples_without_an_image_are_reported(data, reason):
    with pytest.raises(ValueError, match=reason):
        parse_example(data)


def test_sizes_without_channels_are_reported():
    with pytest.raises(ValueError, match="no 1, 3 or 4 channels"):
        parse_example(image_example(np.zeros((5, 5, 5), np.uint8))).raw_shape()


def test_records_are_found_and_checked(tmp_path):
    path = tmp_path / "a"
    records = [b"", b"one", bytes(1000)]
    write_tfrecord(path, records)
    assert is_tfrecord(path)
    places = list(find_records(path))
    with path.open("rb") as file:
        assert [read_record(file, *place) for place in places] == records
    data = bytearray(path.read_bytes())
    data[places[1][0]] ^= 1
    path.write_bytes(data)
    with path.open("rb") as file, pytest.raises(ValueError, match="checksum"):
        read_record(file, *places[1])


@pytest.mark.parametrize("cut", [1, 15, 17, 19])
def test_records_before_a_cut_are_found(tmp_path, cut):
    path = tmp_path / "a"
    path.write_bytes((frame(b"whole") + frame(b"lost"))[:-cut])
    found = []
    with pytest.raises(ValueError, match="cut short"):
        found.extend(find_records(path))
    places = find_records(path)
    assert next(places) == (12, 5)


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_an_example_or_an_error(data):
    try:
        read = parse_example(data)
    except ValueError:
        return
    assert isinstance(read.data, bytes)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_flipped_bytes_are_an_example_or_an_error(data):
    whole = bytearray(image_example(IMAGE, 3))
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = parse_example(bytes(whole))
        if read.is_raw:
            assert read.raw_image().dtype == np.uint8
    except ValueError:
        pass


@given(st.binary(max_size=100), st.integers(0, 100))
@settings(max_examples=200, deadline=None)
def test_any_file_is_records_or_an_error(tmp_path_factory, data, cut):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(frame(b"record")[:cut] + data)
    printed = "damaged"
    try:
        for offset, length in find_records(path):
            assert offset + length <= path.stat().st_size
    except ValueError as error:
        printed = str(error)
    assert "cut short" in printed or "damaged" in printed


def bit_by_bit(data: bytes) -> int:
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),  # RFC 3720, appendix B.4, as are the next three
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
        (b"", 0),
    ],
)
def test_published_values(data, crc):
    assert crc32c(data) == crc


def test_lanes_equal_a_plain_implementation(rng):
    for length in [1, 3, 4, 63, 64, 65, 127, 128, 129, 191, 192, 193, 1000, 4095, 4096, 4097]:
        data = rng.bytes(length)
        assert crc32c(data) == crc32c(memoryview(data)) == bit_by_bit(data), length


def test_mask_rotates_and_adds():
    crc = crc32c(b"inkloop")
    unmasked = (masked_crc32c(b"inkloop") - 0xA282EAD8) & 0xFFFFFFFF
    assert (unmasked << 15 | unmasked >> 17) & 0xFFFFFFFF == crc
