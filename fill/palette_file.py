"""Palettes as files: {"schema": 1, "colors": ["#0f2a3d", ...]}. Free of jax."""

from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json
from data_prep.outputs import write_json

SCHEMA = 1
SUFFIX = ".json"
MAX_COLORS = 256


def read_palette_file(path: Path) -> tuple[str, ...]:
    """Read the colours of a palette file; one that is listed twice is drawn twice as often.

    Raises: InputError: it cannot be read, or is no palette.
    """
    value = read_json(path)
    check_keys(value, {"schema", "colors"}, where=str(path))
    if value["schema"] != SCHEMA:
        raise InputError(f"{path}: schema must be {SCHEMA}")
    return check_colors(value["colors"], where=str(path))


def write_palette_file(path: Path, colors: Sequence[str]) -> None:
    """Write a palette file. Raises: InputError: a colour is invalid, or there are none."""
    write_json(path, {"schema": SCHEMA, "colors": list(check_colors(list(colors), where=path.name))})


def check_colors(colors: object, *, where: str) -> tuple[str, ...]:
    """Validate a list of colours; returns them in lower case. Raises: InputError naming `where`."""
    if not isinstance(colors, list) or not 1 <= len(colors) <= MAX_COLORS:
        raise InputError(f"{where}: colors must be a list of 1 to {MAX_COLORS} colours")
    for color in colors:
        parse_color(color, where=where)
    return tuple(color.lower() for color in colors)


def parse_color(color: object, *, where: str = "color") -> tuple[int, int, int]:
    """Parse a colour such as "#1b4d5c" to red, green, blue. Raises: InputError naming `where`."""
    if not isinstance(color, str) or len(color) != 7 or color[0] != "#":
        raise InputError(f"{where} {color!r}: must be # and six hexadecimal digits, e.g. #1b4d5c")
    try:
        red, green, blue = bytes.fromhex(color[1:])
    except ValueError:
        raise InputError(f"{where} {color!r}: must be # and six hexadecimal digits, e.g. #1b4d5c") from None
    return red, green, blue
