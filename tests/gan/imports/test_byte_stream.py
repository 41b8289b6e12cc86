"""A sequential reader, and its budget."""

import pytest

from gan.imports.byte_stream import MOST_OPCODES, Budget, ByteStream


def test_parts_come_in_order_and_never_beyond_the_end():
    stream = ByteStream(b"ab\ncd\nefgh")
    assert stream.read(1) == b"a"
    assert stream.line() == "b"
    assert stream.readline() == b"cd\n"
    assert stream.skip(1) == 6
    assert stream.take(2) == b"fg"
    for ask in (stream.take, stream.skip):
        with pytest.raises(ValueError, match="truncated"):
            ask(2)
    assert stream.read(9) == b"h"
    assert stream.read(1) == b""


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="truncated"):
        ByteStream(b"abc").skip(-1)


def test_a_budget_ends():
    budget = Budget(10)
    budget.spend(1, 20)
    with pytest.raises(ValueError, match="reuses"):
        budget.spend(1, 1)
    with pytest.raises(ValueError, match="opcodes"):
        Budget(10).spend(MOST_OPCODES + 1, 0)
