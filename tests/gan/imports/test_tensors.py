"""Tensors are views of storages: within their bounds, equal to a plain loop."""

import itertools

import numpy as np
import pytest

from gan.imports.byte_stream import Budget
from gan.imports.pickles import Global
from gan.imports.tensors import Storage, Tensor, cut, load_storage, storages_into, view

STORAGE = Storage("0", np.dtype("<f4"), 24)


@pytest.mark.parametrize(
    ("offset", "size", "stride"),
    [(0, (2, 3), (3, 1)), (4, (3, 2), (1, 6)), (0, (4,), (0,)), (23, (), ()), (0, (2, 2, 2), (12, 4, 1))],
)
def test_a_view_equals_a_plain_loop(offset, size, stride):
    numbers = np.arange(24, dtype=np.float32)
    data = b"head" + numbers.tobytes()
    found = cut("w", view(Tensor(STORAGE, offset, size, stride)), data, begin=4)
    assert found.shape == size
    for place in itertools.product(*map(range, size)):
        step = sum(i * by for i, by in zip(place, stride, strict=True))
        assert found[place] == numbers[offset + step]
    assert not found.flags.writeable


@pytest.mark.parametrize(("offset", "size", "stride"), [(20, (5,), (1,)), (0, (2,), (24,)), (0, (25,), (0,))])
def test_a_view_beyond_its_storage_is_refused(offset, size, stride):
    with pytest.raises(ValueError, match="extends beyond its storage of 24"):
        cut("w", Tensor(STORAGE, offset, size, stride), bytes(96))


@pytest.mark.parametrize(
    ("offset", "size", "stride"), [(0, (2,), (1, 1)), (-1, (2,), (1,)), (0, (-2,), (1,)), (0, [2], [1])]
)
def test_invalid_descriptions_are_refused(offset, size, stride):
    with pytest.raises(ValueError, match="its pickle names a tensor"):
        view(Tensor(STORAGE, offset, size, stride))


def test_storages_are_collected_by_key():
    found = {}
    resolve = storages_into(found)
    kind = Global("torch.FloatStorage")
    assert resolve(("storage", kind, "0", "cpu", 24)) == STORAGE
    assert found == {"0": STORAGE}
    for identity in (
        ("storage", kind, "0", "cpu", 25),
        ("storage", kind, "1", "cpu", -1),
        ("storage", Global("os.system"), "1", "cpu", 1),
        ("module", kind, "1", "cpu", 1),
    ):
        with pytest.raises(ValueError, match="its pickle"):
            resolve(identity)


def test_bytes_of_another_format_are_refused():
    with pytest.raises(ValueError, match="legacy"):
        load_storage(b"no storage", budget=Budget(10))
