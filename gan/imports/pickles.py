"""Read pickles without executing them: plain values, and names that the caller allows.

The bytes are never passed to Python's unpickler. A small stack machine reads the opcodes that describe
dictionaries, lists, tuples, sets, numbers, strings and bytes; `pickletools` decodes the arguments.
A name that is not allowed raises an error; an allowed name calls a replacement. Work and memory are
proportional to the file: bytes read by opcodes and items passed to functions are charged to one budget,
shared with nested pickles.

Source: the documentation of `pickletools` (opcodes).
"""

import pickletools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gan.imports.byte_stream import Budget, ByteStream

ATOMS = (str, bytes, int, float, type(None))  # allowed keys; hashing nested tuples recurses deeply in C
LARGEST_KEY = 2**60  # hashes of larger numbers can be made to collide, which makes dictionaries slow
MOST_AXES, MOST_PARTS = 8, 8  # of an array; of a persistent id
MOST_SHOWN = 80  # characters of a value in a message

Calls = Mapping[str, Callable[..., Any]]


class Buildable:
    """A replacement object with a state set by a pickle."""

    def build(self, state: Any) -> None:
        """Set the state; raises ValueError if it is invalid."""
        raise NotImplementedError


class Global(NamedTuple):
    """A dotted name that a pickle refers to; it is not imported."""

    name: str


def read_pickle(
    stream: ByteStream,
    *,
    calls: Calls | None = None,
    names: frozenset[str] = frozenset(),
    persistent: Callable[[Any], Any] | None = None,
    reads: str = "only plain values are read",
    budget: Budget | None = None,
) -> Any:
    """Read the pickle at the stream's position, which is left at its end.

    Args:
        stream: positioned at the start of the pickle.
        calls: name -> replacement for calls; no other name is called.
        names: names that the pickle may refer to, as `Global`, without calling them.
        persistent: resolves persistent ids; None: they raise an error.
        reads: supported content, for error messages.
        budget: None: a new budget for the stream's bytes.

    Returns:
        dicts, lists, tuples, sets, numbers, strings, bytes, and results of `calls` and `persistent`.

    Raises:
        ValueError: it is damaged or has unsupported content, which is named.
    """
    budget = budget or Budget(len(stream.data))
    machine = _Machine(calls or {}, names, persistent, reads, budget)
    argument: Any
    try:
        while True:
            begin = stream.position
            opcode = _BY_CODE.get(stream.read(1))
            if opcode is None:
                ended = stream.position == len(stream.data)
                raise ValueError("its pickle has no end" if ended else "its pickle is damaged (no opcode)")
            if opcode.name == "STOP":
                return machine.pop()
            if opcode.name not in _OPCODES:
                raise ValueError(f"its pickle uses {opcode.name}; {reads}")
            if opcode.name == "GLOBAL":  # pickletools would read escapes into it
                argument = ".".join(stream.line() for _ in range(2))
            else:
                argument = None if opcode.arg is None else opcode.arg.reader(stream)  # type: ignore[arg-type]
            budget.spend(1, stream.position - begin)
            _OPCODES[opcode.name](machine, argument)
    except (IndexError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"its pickle is damaged ({type(error).__name__})") from None


def display(value: Any) -> str:
    """Show any value in a message as one short line."""
    if isinstance(value, str | bytes):
        shown = ascii(value[:MOST_SHOWN])
        return shown if len(shown) <= MOST_SHOWN + 3 else f"{shown[:MOST_SHOWN]}...{shown[-1]}"
    small = isinstance(value, int | float | None) and abs(value or 0) < 1e18
    return str(value) if small else f"<{type(value).__name__}>"


class _Machine:
    """A pickle's stack, marks and memo."""

    def __init__(
        self, calls: Calls, names: frozenset[str], persistent: Any, reads: str, budget: Budget
    ) -> None:
        self.calls, self.names, self.persistent, self.reads = calls, names, persistent, reads
        self.budget = budget
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

    def refer(self, name: str) -> None:
        if name not in self.calls and name not in self.names:
            raise ValueError(f"its pickle refers to {display(name)[1:-1]}; {self.reads}")
        self.push(Global(name))

    def refer_by_stack(self) -> None:
        attribute, module = self.pop(), self.pop()
        if not isinstance(attribute, str) or not isinstance(module, str):
            raise ValueError("its pickle is damaged (a name that is not text)")
        self.refer(f"{module}.{attribute}")

    def remember(self, index: int) -> None:
        self.memo[index] = self.stack[-1]

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict:
            raise ValueError("its pickle is damaged (an entry of something other than a dictionary)")
        target.update(zip(map(key, items[::2]), items[1::2], strict=True))

    def append(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise ValueError("its pickle is damaged (an item of something other than a list)")
        target.extend(items)

    def add(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not set:
            raise ValueError("its pickle is damaged (an element of something other than a set)")
        target.update(map(key, items))

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        if not isinstance(function, Global) or function.name not in self.calls:
            called = function.name if isinstance(function, Global) else display(function)
            raise ValueError(f"its pickle calls {called}; {self.reads}")
        if type(arguments) is not tuple:
            raise ValueError("its pickle is damaged (arguments that are not a tuple)")
        self.budget.spend(0, len(arguments))
        items = sum(len(a) for a in arguments if isinstance(a, tuple | list | dict | set))
        self.budget.spend(items, items)
        self.push(self.calls[function.name](*arguments))

    def refer_outside(self) -> None:
        if self.persistent is None:
            raise ValueError(f"its pickle has a persistent id; {self.reads}")
        identity = self.pop()
        if type(identity) is not tuple or len(identity) > MOST_PARTS:
            raise ValueError("its pickle is damaged (a persistent id)")
        self.push(self.persistent(identity))

    def build(self) -> None:
        """Set an object's state; attributes of dictionaries (version notes and hooks) are ignored."""
        state, target = self.pop(), self.stack[-1]
        if isinstance(target, Buildable):
            target.build(state)
        elif type(target) is not dict:
            raise ValueError(f"its pickle is damaged (a state for {display(target)})")


def key(value: Any) -> Any:
    """Return `value` if it is valid as a dictionary's key or a set's element; raises ValueError otherwise."""
    if not isinstance(value, ATOMS) or (isinstance(value, int) and abs(value) >= LARGEST_KEY):
        raise ValueError(f"its pickle is damaged ({display(value)} as a key)")
    return value


def is_shape(value: Any) -> bool:
    """Whether this is a tuple of at most 8 sizes, each from 0 to 2^62 - 1."""
    return (
        type(value) is tuple
        and len(value) <= MOST_AXES
        and all(type(n) is int and 0 <= n < 2**62 for n in value)
    )


def ordered_dict(pairs: Any = ()) -> dict[Any, Any]:
    """Replacement of collections.OrderedDict."""
    if not isinstance(pairs, tuple | list):
        raise ValueError(f"its pickle makes a dictionary of {display(pairs)}")
    return {key(k): value for k, value in pairs}


def plain_set(items: Any = ()) -> set[Any]:
    """Replacement of set."""
    if not isinstance(items, tuple | list | set):
        raise ValueError(f"its pickle makes a set of {display(items)}")
    return {key(item) for item in items}


_BY_CODE = {opcode.code.encode("latin-1"): opcode for opcode in pickletools.opcodes}
_VALUES = (
    "BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINUNICODE BINUNICODE8 SHORT_BINSTRING "
    "BINBYTES SHORT_BINBYTES BINBYTES8"
)

_OPCODES: dict[str, Callable[[_Machine, Any], Any]] = {
    "PROTO": lambda m, a: None,
    "FRAME": lambda m, a: None,
    "NONE": lambda m, a: m.push(None),
    "NEWTRUE": lambda m, a: m.push(True),
    "NEWFALSE": lambda m, a: m.push(False),
    **{name: lambda m, a: m.push(a) for name in _VALUES.split()},
    "EMPTY_DICT": lambda m, a: m.push({}),
    "EMPTY_LIST": lambda m, a: m.push([]),
    "EMPTY_TUPLE": lambda m, a: m.push(()),
    "EMPTY_SET": lambda m, a: m.push(set()),
    "TUPLE1": lambda m, a: m.tuple_of(1),
    "TUPLE2": lambda m, a: m.tuple_of(2),
    "TUPLE3": lambda m, a: m.tuple_of(3),
    "TUPLE": lambda m, a: m.push(tuple(m.since_mark())),
    "MARK": lambda m, a: m.marks.append(len(m.stack)),
    "SETITEM": lambda m, a: m.set_items([m.pop(), m.pop()][::-1]),
    "SETITEMS": lambda m, a: m.set_items(m.since_mark()),
    "APPEND": lambda m, a: m.append([m.pop()]),
    "APPENDS": lambda m, a: m.append(m.since_mark()),
    "ADDITEMS": lambda m, a: m.add(m.since_mark()),
    "MEMOIZE": lambda m, a: m.remember(len(m.memo)),
    "BINPUT": lambda m, a: m.remember(a),
    "LONG_BINPUT": lambda m, a: m.remember(a),
    "BINGET": lambda m, a: m.push(m.memo[a]),
    "LONG_BINGET": lambda m, a: m.push(m.memo[a]),
    "GLOBAL": lambda m, a: m.refer(a),
    "STACK_GLOBAL": lambda m, a: m.refer_by_stack(),
    "REDUCE": lambda m, a: m.call(),
    "NEWOBJ": lambda m, a: m.call(),
    "BINPERSID": lambda m, a: m.refer_outside(),
    "BUILD": lambda m, a: m.build(),
}
