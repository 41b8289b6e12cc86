"""Pickles are read as Python reads them, and nothing in them is executed."""

import os
import pickle

import pytest

from gan.imports.byte_stream import ByteStream
from gan.imports.pickles import display, read_pickle

VALUE = {"a": [1, 2.5, None, True, -(2**40)], "b": ("x", b"y", {"z": {3}}), "c": "ü"}


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_plain_values(protocol):
    value = VALUE if protocol == 4 else VALUE | {"b": ("x", "y")}
    assert read_pickle(ByteStream(pickle.dumps(value, protocol))) == value


class Runs:
    def __reduce__(self):
        return os.getcwd, ()


def test_calls_are_replaced_or_refused():
    data = pickle.dumps(Runs(), 2)
    name = f"{os.getcwd.__module__}.getcwd"
    with pytest.raises(ValueError, match="getcwd"):
        read_pickle(ByteStream(data))
    assert read_pickle(ByteStream(data), calls={name: lambda: "replaced"}) == "replaced"


def test_damaged_pickles():
    data = pickle.dumps([1, 2], 2)
    for broken in (b"", data[:-1], b"\xff" + data, b"."):
        with pytest.raises(ValueError, match="its pickle"):
            read_pickle(ByteStream(broken))


def test_values_in_messages_are_short():
    assert len(display("x" * 1000)) < 100
    assert display(3) == "3"
    assert display([1]) == "<list>"
