"""The pickle inside a PyTorch file, read without running it: a dictionary of tensors, and nothing else.

The bytes are never handed to Python's unpickler. `pickletools` lists the opcodes, and a small stack machine
reads those that describe dictionaries, lists, tuples, numbers, strings, storages and tensors. Four names may
be called, and what runs then is in this file; every other name is refused by name.

Source: the documentation of `pickletools` (opcodes) and of `torch.save` (persistent ids of storages).
"""

import mmap
import pickletools
from collections.abc import Callable
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

DTYPES: dict[str, np.dtype[Any]] = {
    "DoubleStorage": np.dtype("<f8"),
    "FloatStorage": np.dtype("<f4"),
    "HalfStorage": np.dtype("<f2"),
    "BFloat16Storage": np.dtype(ml_dtypes.bfloat16),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ShortStorage": np.dtype("<i2"),
    "CharStorage": np.dtype("i1"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


class Storage(NamedTuple):
    """A run of numbers that tensors are cut from; it lies elsewhere in the file, under `key`."""

    key: str
    dtype: np.dtype[Any]
    length: int


class Tensor(NamedTuple):
    """What a pickle says of a tensor; offset and strides count elements of the storage."""

    storage: Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


class ByteStream:
    """Bytes read from the start on, as `pickletools` reads them; never more than there are."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.position = data, 0

    def tell(self) -> int:
        """Bytes read so far."""
        return self.position

    def read(self, count: int) -> bytes:
        """The next `count` bytes, fewer at the end."""
        part = self.data[self.position : self.position + max(count, 0)]
        self.position += len(part)
        return part

    def readline(self) -> bytes:
        """Up to and with the next line feed."""
        end = self.data.find(b"\n", self.position) + 1
        return self.read((end or len(self.data)) - self.position)

    def take(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises ValueError if fewer are left."""
        if not 0 <= count <= len(self.data) - self.position:
            raise ValueError("it is cut short")
        return self.read(count)


def read_pickle(stream: ByteStream) -> Any:
    """The value of the pickle at the stream's position, which is left just behind it.

    Returns:
        dicts, lists, tuples, numbers, strings, `Tensor` and `Storage`.

    Raises:
        ValueError: it is damaged, or asks for anything else; what it asks for is named.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(stream):  # type: ignore[arg-type]
            if opcode.name == "STOP":
                return machine.pop()
            if opcode.name not in _OPCODES:
                raise ValueError(f"its pickle uses {opcode.name}, which no state dict needs")
            _OPCODES[opcode.name](machine, argument)
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its pickle is damaged ({error})") from None
    raise ValueError("its pickle has no end")


class _Global(NamedTuple):
    name: str


class _Machine:
    """A pickle's stack, marks and memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        return self.stack.pop()

    def tuple_of(self, count: int) -> None:
        self.push(tuple([self.pop() for _ in range(count)][::-1]))

    def since_mark(self) -> list[Any]:
        begin = self.marks.pop()
        items, self.stack[begin:] = self.stack[begin:], []
        return items

    def name(self, module_and_name: str) -> None:
        self.push(_Global(module_and_name.replace(" ", ".")))

    def remember(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def set_items(self, items: list[Any]) -> None:
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def append(self, items: list[Any]) -> None:
        self.stack[-1].extend(items)

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        name = getattr(function, "name", repr(function))
        if name not in _CALLS:
            raise ValueError(f"its pickle asks for {name}; only tensors in a dictionary are read")
        self.push(_CALLS[name](*arguments))

    def persistent(self) -> None:
        self.push(_storage(self.pop()))


def _storage(identity: Any) -> Storage:
    """('storage', kind, key, device, count[, view]) -> Storage."""
    what, kind, key, _device, count, *view = identity
    name = kind.name.removeprefix("torch.")
    if what != "storage" or name not in DTYPES or view not in ([], [None]):
        raise ValueError(f"its pickle asks for {what} {kind.name}; storages of numbers are read")
    if not isinstance(key, str) or type(count) is not int or count < 0:
        raise ValueError(f"its pickle names a storage {key!r} of {count} numbers")
    return Storage(key, DTYPES[name], count)


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *rest: Any) -> Tensor:
    if not isinstance(storage, Storage):
        raise ValueError("its pickle cuts a tensor from no storage")
    if len(size) != len(stride) or any(type(n) is not int or n < 0 for n in (offset, *size, *stride)):
        raise ValueError(f"its pickle names a tensor of shape {size} and strides {stride}")
    return Tensor(storage, offset, tuple(size), tuple(stride))


_CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": lambda *pairs: dict(*pairs),
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_parameter": lambda tensor, *rest: tensor,
}

_OPCODES: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda m, a: None,
    "NONE": lambda m, a: m.push(None),
    "NEWTRUE": lambda m, a: m.push(True),
    "NEWFALSE": lambda m, a: m.push(False),
    **{
        name: lambda m, a: m.push(a)
        for name in ("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINSTRING")
    },
    "EMPTY_DICT": lambda m, a: m.push({}),
    "EMPTY_LIST": lambda m, a: m.push([]),
    "EMPTY_TUPLE": lambda m, a: m.push(()),
    "TUPLE1": lambda m, a: m.tuple_of(1),
    "TUPLE2": lambda m, a: m.tuple_of(2),
    "TUPLE3": lambda m, a: m.tuple_of(3),
    "TUPLE": lambda m, a: m.push(tuple(m.since_mark())),
    "MARK": lambda m, a: m.marks.append(len(m.stack)),
    "SETITEM": lambda m, a: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, a: m.set_items(m.since_mark()),
    "APPEND": lambda m, a: m.append([m.pop()]),
    "APPENDS": lambda m, a: m.append(m.since_mark()),
    "BINPUT": lambda m, a: m.remember(a),
    "LONG_BINPUT": lambda m, a: m.remember(a),
    "BINGET": lambda m, a: m.push(m.memo[a]),
    "LONG_BINGET": lambda m, a: m.push(m.memo[a]),
    "GLOBAL": lambda m, a: m.name(a),
    "REDUCE": lambda m, a: m.call(),
    "BINPERSID": lambda m, a: m.persistent(),
    "BUILD": lambda m, a: m.stack.pop(),  # attributes of the dictionary: version notes
}
