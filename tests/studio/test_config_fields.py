"""Fields of configs as pages edit them."""

import dataclasses
from typing import Literal

import pytest

from data_prep.errors import InputError
from studio.config_fields import changed_fields, fields_of, flags, parsed


@dataclasses.dataclass(frozen=True)
class Config:
    count: int | None = None
    rate: float | None = None
    name: str = "a"
    mode: Literal["x", "y"] = "x"
    is_open: bool = False
    frames: int = 3


def test_kinds_follow_the_annotations():
    assert {field["name"]: field["kind"] for field in fields_of(Config())} == {
        "count": "int",
        "rate": "float",
        "name": "str",
        "mode": "choice",
        "is_open": "bool",
    }


def test_typed_values_become_values_of_the_field():
    typed = {"count": "4", "rate": "2", "name": "b", "mode": "y", "is_open": True}
    values = parsed("style", typed, Config())
    assert values == {"count": 4, "rate": 2.0, "name": "b", "mode": "y", "is_open": True}
    assert isinstance(values["count"], int)
    assert parsed("style", {"count": "", "rate": None}, Config()) == {"count": None, "rate": None}
    changed = changed_fields(dataclasses.replace(Config(), **values), Config())
    assert " ".join(flags(changed)) == "--count 4 --rate 2 --name b --mode y --is-open"
    assert flags({"is_open": False, "keys": (1.5, 2)}) == ["--no-is-open", "--keys", "1.5", "2"]


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"frames": 2}, "style has no frames"),
        ({"rate": "fast"}, "rate 'fast': must be a number"),
        ({"mode": "z"}, "mode 'z': must be x, y"),
    ],
)
def test_what_a_field_cannot_hold_is_named(fields, part):
    with pytest.raises(InputError, match=part):
        parsed("style", fields, Config())
