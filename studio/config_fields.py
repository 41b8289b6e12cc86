"""Fields of configs as a page edits them: their kinds, values that were typed in, and flags of a command."""

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from typing import Any

from data_prep.errors import InputError

HIDDEN = {"frames", "fps", "latent_size", "frames_per_segment", "constant_speed", "keys", "key_count"}
HIDDEN |= {"hold_sec", "move_sec"}
SECONDS = 12.0  # of a new path


def fields_of(config: Any) -> list[dict[str, Any]]:
    """Fields of a config: name, value, kind ("int", "float", "str", "bool", "choice"), choices."""
    found = []
    for name in _shown(config):
        value, choices = getattr(config, name), _choices(config, name)
        kind = "choice" if choices else type(value).__name__ if value is not None else _kind(config, name)
        value = SECONDS if name == "seconds" else value
        found.append({"name": name, "value": value, "kind": kind, "choices": choices})
    return found


def parsed(noun: str, fields: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """Values of fields of `config` that were typed in.

    Raises: InputError: a field that `noun`, a style, does not have, or a value of another kind.
    """
    if unknown := set(fields) - set(_shown(config)):
        raise InputError(f"{noun} has no {', '.join(sorted(unknown))}")
    return {name: _parse(name, value, config) for name, value in fields.items()}


def changed_fields(config: Any, default: Any, *, only: Sequence[str] | None = None) -> dict[str, Any]:
    """Fields of a config that differ from another's; of those in `only`, in that order, if it is given."""
    names = [field.name for field in dataclasses.fields(default)] if only is None else only
    values = ((name, getattr(config, name)) for name in names)
    return {name: value for name, value in values if value != getattr(default, name)}


def flags(fields: Mapping[str, Any]) -> list[str]:
    """Words of a command that set these fields."""
    words: list[str] = []
    for name, value in fields.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words += [flag] if value else [f"--no-{flag[2:]}"]
        else:
            words += [flag, *map(_text, value if isinstance(value, tuple) else [value])]
    return words


def _shown(config: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(config) if field.name not in HIDDEN]


def _parse(name: str, value: Any, config: Any) -> Any:
    before, choices = getattr(config, name), _choices(config, name)
    if choices and value not in choices:
        raise InputError(f"{name} {value!r}: must be {', '.join(choices)}")
    if isinstance(before, bool) and isinstance(value, bool):
        return value
    if value is None or (value == "" and before is None):
        return None
    if isinstance(before, str):
        return str(value)
    is_whole = before is not None and isinstance(before, int) and not isinstance(before, bool)
    try:
        return int(value) if is_whole or _kind(config, name) == "int" else float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} {value!r}: must be a number") from None


def _kind(config: Any, name: str) -> str:
    """ "int" for fields that are a whole number or None, else "float"."""
    return "int" if int in typing.get_args(typing.get_type_hints(type(config))[name]) else "float"


def _choices(config: Any, name: str) -> list[str]:
    """Values of a Literal; [] for other fields."""
    hint = typing.get_type_hints(type(config))[name]
    return list(typing.get_args(hint)) if typing.get_origin(hint) is typing.Literal else []


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
