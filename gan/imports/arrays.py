"""NumPy arrays and scalars in pickles: names that may be called, and their replacements."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from gan.imports.pickles import Buildable, display, is_shape

KINDS = re.compile(r"[biuf][1248]|bool")  # no objects, no text


class Dtype(Buildable):
    """A dtype under construction."""

    def __init__(self, kind: Any, *rest: Any) -> None:
        if not isinstance(kind, str) or not KINDS.fullmatch(kind):
            raise ValueError(f"its pickle has an array of {display(kind)}; numbers are read")
        self.dtype = np.dtype(kind)

    def build(self, state: Any) -> None:
        """(version, byte order, ...)."""
        order = state[1]
        if order not in ("<", ">", "|", "="):
            raise ValueError("its pickle has an array of unknown byte order")
        self.dtype = self.dtype.newbyteorder(order)


class Array(Buildable):
    """An array under construction; `value` once it is built."""

    def __init__(self, kind: Any, shape: Any, code: Any) -> None:
        self.value: np.ndarray | None = None

    def build(self, state: Any) -> None:
        """(version, shape, dtype, whether columns come first, bytes)."""
        _, shape, dtype, by_columns, data = state
        if not isinstance(dtype, Dtype) or not isinstance(data, bytes):
            raise ValueError("its pickle has an array without its bytes")
        if not is_shape(shape):
            raise ValueError("its pickle has an array of invalid shape")
        if math.prod(shape) * dtype.dtype.itemsize != len(data):
            raise ValueError(f"its pickle has an array of shape {shape} in {len(data)} bytes")
        numbers = np.frombuffer(data, dtype.dtype)
        self.value = numbers.reshape(shape, order="F" if by_columns else "C")


def _scalar(dtype: Any, data: Any) -> float | int | bool:
    if not isinstance(dtype, Dtype) or not isinstance(data, bytes) or len(data) != dtype.dtype.itemsize:
        raise ValueError("its pickle has a number without its bytes")
    return np.frombuffer(data, dtype.dtype)[0].item()


_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")

CALLS: dict[str, Callable[..., Any]] = {
    "numpy.dtype": Dtype,
    **{f"{module}.scalar": _scalar for module in _MODULES},
    **{f"{module}._reconstruct": Array for module in _MODULES},
}
NAMES = frozenset(["numpy.ndarray"])


def value(found: Any) -> Any:
    """The array of an `Array`, None if it was not built; other values unchanged."""
    return found.value if isinstance(found, Array) else found
