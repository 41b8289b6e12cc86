"""Manual corrections of pages as JSON: grid offsets and specimen centres.

    {"schema": 1, "pages": {"01.png": {"offset_cell": [0.25, 0.5], "centers_px": [[410, 388], ...]}}}

Offsets are in grid cells of 256/300 inch; that of a missing page is 0, 0. Two forms of older tools are also
read, with offsets in cells:
[{"index": 0, "x": 0.25, "y": 0.5}, ...], where `index` is the position of the page in natural order, from 0;
and {"01": {"adj_x": 0.25, "adj_y": 0.5}}, by stem or number of the page.

A file may be shared by several folders: entries of other pages are preserved.
"""

import dataclasses
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import natural_key
from data_prep.inputs import unreadable

NAME = outputs.EDITED
MOST_CELLS = 4  # larger offsets are more likely pixels
OLDER_NAMES = ("adjustment.json", "adj_xy.json")  # of older tools, read if NAME does not exist


@dataclasses.dataclass(frozen=True)
class Adjustment:
    """The corrections of one page."""

    offset_cell: tuple[float, float] = (0.0, 0.0)  # (x, y) of the top left corner of the grid, in cells
    centers_px: tuple[tuple[float, float], ...] | None = None  # (x, y); None: detect


def read_adjustments(
    path: Path, page_names: Sequence[str], *, warn: Callable[[str], None] = lambda message: None
) -> dict[str, Adjustment]:
    """Read the corrections of each of `page_names` (file names in natural order).

    Args:
        path: the file.
        page_names: all pages in the folder.
        warn: called with a message if the file has entries for pages that do not exist, or offsets that
            are more likely pixels: above MOST_CELLS.

    Raises: InputError: the file is missing or invalid.
    """
    found = {name: entry for name, (entry, _) in _read(path, page_names).items()}
    large = max((abs(v) for entry in found.values() for v in entry.offset_cell), default=0)
    if large > MOST_CELLS:
        warn(
            f"{path}: an offset of {large:g} cells is more likely in pixels; offsets are in cells of 256/300 "
            "inch: divide pixels by 256 at 300 dpi, 512 at 600 dpi"
        )
    if absent := [name for name in found if name not in page_names]:
        more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        warn(f"{path}: no such page: {', '.join(absent[:5])}{more}")
    return {name: found.get(name, Adjustment()) for name in page_names}


def write_adjustments(path: Path, adjustments: dict[str, Adjustment]) -> None:
    """Write corrections, one line per page; entries of other pages in the file are preserved.

    Raises: InputError: the existing file does not hold adjustments.
    """
    there = _read(path, list(adjustments)) if path.exists() else {}
    entries = {name: raw for name, (_, raw) in there.items() if name not in adjustments}
    for name, entry in adjustments.items():
        entries[name] = {"offset_cell": list(entry.offset_cell)}
        if entry.centers_px is not None:
            entries[name]["centers_px"] = [list(center) for center in entry.centers_px]
    lines = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps(entries[name])}" for name in sorted(entries, key=natural_key)
    )
    with outputs.replacing(path) as partial:
        partial.write_text('{\n  "schema": 1,\n  "pages": {\n' + lines + "\n  }\n}\n", encoding="utf-8")


def _read(path: Path, page_names: Sequence[str]) -> dict[str, tuple[Adjustment, dict[str, Any]]]:
    """Correction and raw JSON entry of every page in the file. Raises: InputError: see read_adjustments."""
    try:
        value = json.loads(path.read_bytes())  # UTF-8 or UTF-16, with a byte-order mark or without
    except FileNotFoundError:
        raise InputError(f"{path}: no such adjustments file") from None
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); correct it, or rename it") from None
    try:
        if isinstance(value, list):
            pages = _older_form(value, page_names)
        elif isinstance(value, dict) and all(map(_is_xy, value.values())):  # {} too
            pages = _xy_form(value, page_names)
        else:
            pages = value["pages"]
            if value["schema"] != 1:
                raise ValueError(f"schema {value['schema']!r}")
        return {name: (_adjustment(entry), entry) for name, entry in pages.items()}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        reason = f"no field {error}" if isinstance(error, KeyError) else str(error)[:200]
        raise InputError(
            f"{path} does not hold adjustments: {reason}; correct it, or rename it, and a new one is written"
        ) from None


def _older_form(entries: list[dict[str, Any]], page_names: Sequence[str]) -> dict[str, Any]:
    if len(entries) > len(page_names):
        raise ValueError(f"{len(entries)} entries for {len(page_names)} pages")
    if any(type(entry["index"]) is not int or entry["index"] < 0 for entry in entries):
        raise ValueError("an index is not a page number")
    if len({entry["index"] for entry in entries}) < len(entries):
        raise ValueError("an index occurs twice")
    return {page_names[entry["index"]]: {"offset_cell": [entry["x"], entry["y"]]} for entry in entries}


def _is_xy(entry: Any) -> bool:
    return isinstance(entry, dict) and {"adj_x", "adj_y"} <= entry.keys()


def _xy_form(entries: dict[str, dict[str, Any]], page_names: Sequence[str]) -> dict[str, Any]:
    """Entries {"adj_x": x, "adj_y": y} by name, stem or number of a page; others stay under their key."""
    pages = {}
    for key, entry in entries.items():
        fitting = [name for name in page_names if is_page(Path(name), key)]
        pages[fitting[0] if len(fitting) == 1 else key] = {"offset_cell": [entry["adj_x"], entry["adj_y"]]}
    return pages


def is_page(path: Path, name: str) -> bool:
    """Whether `name` is the name, the stem or the number of a page: 1 or 01 of page-001.png."""
    if name in (path.name, path.stem):
        return True
    numbers = re.findall(r"\d+", path.stem)
    return name.isascii() and name.isdigit() and len(numbers) == 1 and int(numbers[0]) == int(name)


def _adjustment(entry: dict[str, Any]) -> Adjustment:
    unknown = entry.keys() - {"offset_cell", "centers_px"}
    if unknown:
        raise ValueError(f"unknown field {sorted(unknown)[0]!r}")
    centers = entry.get("centers_px")
    if centers is not None and not isinstance(centers, list):
        raise ValueError(f"centers_px {centers!r}")
    return Adjustment(
        _point(entry.get("offset_cell", [0, 0])), None if centers is None else tuple(map(_point, centers))
    )


def _point(value: Any) -> tuple[float, float]:
    if not (isinstance(value, list) and len(value) == 2 and all(type(v) in (int, float) for v in value)):
        raise ValueError(f"point {value!r}")
    x, y = map(float, value)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"point {value}")
    return x, y
