"""JSON files of the user: read, and checked for unknown and missing keys."""

import json
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.inputs import open_file, unreadable


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises: InputError: it cannot be read or is no JSON."""
    try:
        with open_file(path) as file:
            return json.loads(file.read())
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from error


def check_keys(value: Any, known: set[str], *, where: str, optional: frozenset[str] = frozenset()) -> None:
    """Raise InputError unless a JSON value is an object with these keys."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: must be an object with {', '.join(sorted(known))}")
    if unknown := sorted(set(value) - known):
        raise InputError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(known))}")
    if missing := sorted(known - optional - set(value)):
        raise InputError(f"{where}: {missing[0]!r} is missing")
