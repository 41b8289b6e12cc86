"""Tensors in PyTorch pickles: a tensor is a view of a storage, a separate block of numbers.

Since version 1.6 a file is a zip, and storages are entries of it (`gan.imports.state_dict`). The format
before that is five pickles followed by the storages. It is still used inside other pickles: a tensor pickled
by itself contains its storage as the bytes of such a file. Every size is checked against the available bytes.

Source: the documentation of `torch.save` (serialization semantics, persistent ids of storages).
"""

import math
import mmap
import struct
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from gan.imports.byte_stream import Budget, ByteStream
from gan.imports.pickles import Global, display, is_shape, ordered_dict, read_pickle

LEGACY_MAGIC, LEGACY_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
LEGACY_START = b"\x80\x02\x8a\x0a" + LEGACY_MAGIC.to_bytes(10, "little")

DTYPES: dict[str, np.dtype[Any]] = {
    "torch.DoubleStorage": np.dtype("<f8"),
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.HalfStorage": np.dtype("<f2"),
    "torch.BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "torch.LongStorage": np.dtype("<i8"),
    "torch.IntStorage": np.dtype("<i4"),
    "torch.ShortStorage": np.dtype("<i2"),
    "torch.CharStorage": np.dtype("i1"),
    "torch.ByteStorage": np.dtype("u1"),
    "torch.BoolStorage": np.dtype("?"),
}
READS = "only tensors in a dictionary are read"


class Storage(NamedTuple):
    """A block of numbers that tensors view, stored elsewhere in the file under `key`."""

    key: str
    dtype: np.dtype[Any]
    length: int


class Tensor(NamedTuple):
    """A tensor as described by a pickle; offset and strides count elements of the storage."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class LoadedStorage(NamedTuple):
    """A storage whose bytes start at `begin` in `data`."""

    storage: Storage
    data: bytes
    begin: int


def storages_into(found: dict[str, Storage]) -> Callable[[Any], Storage]:
    """Resolver of persistent ids ('storage', kind, key, device, count[, view]); adds storages to `found`."""

    def storage(identity: Any) -> Storage:
        what, kind, key, _device, count, *view = identity
        if what != "storage" or not isinstance(kind, Global) or kind.name not in DTYPES:
            raise ValueError(f"its pickle refers to {display(what)}; only storages of numbers are read")
        if not isinstance(key, str) or type(count) is not int or count < 0 or view not in ([], [None]):
            raise ValueError(f"its pickle names a storage {display(key)} of {display(count)} numbers")
        named = Storage(key, DTYPES[kind.name], count)
        if found.setdefault(key, named) != named:
            raise ValueError(f"its pickle names two storages {display(key)}")
        return named

    return storage


def read_tensors(stream: ByteStream, found: dict[str, Storage], *, budget: Budget | None = None) -> Any:
    """The value of a pickle that may hold `Tensor` and `Storage`; storages are added to `found` by key.

    Raises: ValueError: see `read_pickle`.
    """
    return read_pickle(
        stream,
        calls=_CALLS,
        names=frozenset(DTYPES),
        persistent=storages_into(found),
        reads=READS,
        budget=budget,
    )


def read_legacy(data: bytes | mmap.mmap, *, budget: Budget | None = None) -> tuple[Any, dict[Storage, int]]:
    """A file of the format before 1.6: (value, as `read_tensors` returns it; positions of the storages).

    Args:
        data: the file's bytes.
        budget: of the containing file; None: a new budget.

    Raises: ValueError: the file is damaged or truncated, has another byte order, or unsupported content.
    """
    stream, budget = ByteStream(data), budget or Budget(len(data))
    plain = partial(read_pickle, stream, budget=budget)
    if (plain(), plain()) != (LEGACY_MAGIC, LEGACY_PROTOCOL):
        raise ValueError(f"it is of another protocol than {LEGACY_PROTOCOL}")
    system = plain()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise ValueError("its byte order is not little-endian")
    found: dict[str, Storage] = {}
    value = read_tensors(stream, found, budget=budget)
    begins = {}
    keys = plain()
    for key in keys if isinstance(keys, list) else [keys]:
        (count,) = struct.unpack("<q", stream.take(8))
        if not isinstance(key, str) or key not in found or count != found[key].length:
            raise ValueError(f"its storage {display(key)} of {count} numbers does not match its tensors")
        begins[found[key]] = stream.skip(count * found[key].dtype.itemsize)
    if missing := [storage.key for storage in found.values() if storage not in begins]:
        raise ValueError(f"its storage {display(missing[0])} is missing")
    return value, begins


def load_storage(data: Any, *, budget: Budget) -> LoadedStorage:
    """Replacement of torch.storage._load_from_bytes: a storage by itself, as a file of the older format."""
    if not isinstance(data, bytes) or not data.startswith(LEGACY_START):
        raise ValueError("its pickle holds a storage of another format than torch's legacy one")
    value, begins = read_legacy(data, budget=budget)
    if not isinstance(value, Storage):
        raise ValueError("its pickle contains bytes that are not a storage")
    return LoadedStorage(value, data, begins[value])


def view(tensor: Tensor) -> Tensor:
    """Replacement of tensor constructors; validates the description `tensor`."""
    offset, size, stride = tensor[1:]
    if type(size) is not tuple or type(stride) is not tuple or len(size) != len(stride):
        raise ValueError("its pickle names a tensor without shape and strides")
    if not (is_shape(size) and is_shape(stride) and is_shape((offset,))):
        raise ValueError("its pickle names a tensor of invalid shape or strides")
    return tensor


def cut(name: str, tensor: Tensor, data: bytes, *, begin: int = 0) -> np.ndarray:
    """The tensor as a read-only view into `data`, where its storage starts at `begin`.

    Raises: ValueError: the tensor extends beyond its storage.
    """
    storage, offset, size, stride = tensor
    count = math.prod(size)
    last = offset + sum((n - 1) * step for n, step in zip(size, stride, strict=True))
    if count > storage.length or (count and last >= storage.length):
        raise ValueError(f"{name} of shape {size} extends beyond its storage of {storage.length} numbers")
    if not count:
        return np.zeros(size, storage.dtype)
    numbers = np.frombuffer(data, storage.dtype, storage.length, begin)[offset:]
    strides = [step * storage.dtype.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(numbers, size, strides, writeable=False)


def _rebuilt(storage: Any, offset: Any, size: Any, stride: Any, *rest: Any) -> Tensor:
    if not isinstance(storage, Storage):
        raise ValueError("its pickle has a tensor without a storage")
    return view(Tensor(storage, offset, size, stride))


def _rebuilt_now(loaded: Any, offset: Any, size: Any, stride: Any, *rest: Any) -> np.ndarray:
    if not isinstance(loaded, LoadedStorage):
        raise ValueError("its pickle has a tensor without a storage")
    tensor = view(Tensor(loaded.storage, offset, size, stride))
    return cut("a tensor", tensor, loaded.data, begin=loaded.begin)


def _parameter(kind: type, tensor: Any, *rest: Any) -> Any:
    if not isinstance(tensor, kind):
        raise ValueError("its pickle has a parameter without a tensor")
    return tensor


_CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": ordered_dict,
    "torch._utils._rebuild_tensor_v2": _rebuilt,
    "torch._utils._rebuild_parameter": partial(_parameter, Tensor),
}


def self_contained(budget: Budget) -> dict[str, Callable[..., Any]]:
    """Replacements of calls that rebuild tensors with their numbers; they return arrays.

    Args:
        budget: of the pickle, shared with the pickles of its storages.
    """
    return {
        "torch._utils._rebuild_tensor_v2": _rebuilt_now,
        "torch._utils._rebuild_parameter": partial(_parameter, np.ndarray),
        "torch.storage._load_from_bytes": partial(load_storage, budget=budget),
    }
