"""NumPy's arrays and numbers in pickles: as NumPy wrote them, and nothing but numbers."""

import pickle

import numpy as np
import pytest

from gan.imports import arrays
from gan.imports.byte_stream import ByteStream
from gan.imports.pickles import read_pickle

ROWS = np.arange(6, dtype=np.float32).reshape(2, 3)
VALUES = {
    "by rows": ROWS,
    "by columns": np.asfortranarray(ROWS),
    "big-endian": ROWS.astype(">i4"),
    "no axis": np.array(2.5),
    "empty": np.zeros((0, 3), np.uint8),
    "bits": ROWS > 2,
}


def read(value, protocol: int = 4):
    stream = ByteStream(pickle.dumps(value, protocol=protocol))
    return read_pickle(stream, calls=arrays.CALLS, names=arrays.NAMES)


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_arrays_are_read(value, protocol):
    found = arrays.value(read([value, value], protocol)[1])
    assert found.dtype == value.dtype
    np.testing.assert_array_equal(found, value)


@pytest.mark.parametrize("value", [np.float64(0.125), np.int32(-7), np.float32(1.5), np.bool_(True)])
def test_numbers_become_plain(value):
    found = read(value)
    assert type(found) in (float, int, bool)
    assert found == value


@pytest.mark.parametrize(
    "value", [np.array([{}, []], dtype=object), np.array(["text"]), np.array([b"bytes"])]
)
def test_other_arrays_are_refused(value):
    with pytest.raises(ValueError, match="numbers are read"):
        read(value)


def test_a_shape_is_held_against_the_bytes():
    whole = pickle.dumps(ROWS, protocol=4)
    assert whole.count(b"K\x02K\x03\x86") == 1
    larger = whole.replace(b"K\x02K\x03\x86", b"K\x02K\xff\x86")
    with pytest.raises(ValueError, match="in 24 bytes"):
        read_pickle(ByteStream(larger), calls=arrays.CALLS, names=arrays.NAMES)
