"""Fields of configs: values of "auto", and the mark of fields that a resumed run may change.

This module imports no jax.
"""

import dataclasses
from typing import Any, Final, Literal, TypeVar

Auto = Literal["auto"]
AUTO: Final = "auto"
T = TypeVar("T", bound=float)


def number(value: T | Auto) -> T:
    """The number of a resolved field (see `gan.config.auto.resolve`); raises ValueError for "auto"."""
    if isinstance(value, str):
        raise ValueError(f"a field is still {value!r}; resolve the config first")
    return value


def resumable(default: Any) -> Any:
    """A dataclass field with this default that may differ when a run is resumed."""
    return dataclasses.field(default=default, metadata={"resumable": True})
