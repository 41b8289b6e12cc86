"""Corrections by hand, page by page: where the grid starts, and clicked centres, as JSON.

    {"schema": 1, "pages": {"01.png": {"offset_cell": [0.25, 0.5], "centers_px": [[410, 388], ...]}}}

A page that is missing starts at 0, 0. The older form is read too: [{"index": 0, "x": 0.25, "y": 0.5}, ...],
index counting the pages in natural order from 0.

One file may serve several folders, and outlive pages: entries of pages that are not asked for stay in it.
"""

import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from data_prep import outputs
from data_prep.errors import InputError
from data_prep.images import natural_key

NAME = outputs.EDITED


@dataclasses.dataclass(frozen=True)
class Adjustment:
    """One page's corrections."""

    offset_cell: tuple[float, float] = (0.0, 0.0)  # (x, y) of the grid's corner, in cells
    centers_px: tuple[tuple[float, float], ...] | None = None  # (x, y); None: not clicked


def read_adjustments(
    path: Path, page_names: Sequence[str], *, warn: Callable[[str], None] = lambda message: None
) -> dict[str, Adjustment]:
    """Corrections for each of `page_names` (file names in natural order).

    Args:
        path: the file.
        page_names: all pages beside it.
        warn: told of entries for pages that are not there.

    Raises: InputError: naming the file and what is wrong in it.
    """
    found = {name: entry for name, (entry, _) in _read(path, page_names).items()}
    if absent := [name for name in found if name not in page_names]:
        more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        warn(f"{path} corrects {', '.join(absent[:5])}{more}, but there is no such page")
    return {name: found.get(name, Adjustment()) for name in page_names}


def write_adjustments(path: Path, adjustments: dict[str, Adjustment]) -> None:
    """Write corrections, one line per page, ready for editing; what the file says of other pages stays.

    Raises: InputError: there is such a file, and it does not hold adjustments.
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
    """Every page's correction in the file, and its entry as it stands there. Raises InputError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"no adjustments file {path}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON ({error}); repair it, or remove it to start anew") from None
    try:
        pages = _older_form(value, page_names) if isinstance(value, list) else value["pages"]
        if not isinstance(value, list) and value["schema"] != 1:
            raise ValueError(f"schema {value['schema']}")
        return {name: (_adjustment(entry), entry) for name, entry in pages.items()}
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        reason = repr(error)[:200]
        raise InputError(f"{path} does not hold adjustments: {reason}; repair it, or remove it") from None


def _older_form(entries: list[dict[str, Any]], page_names: Sequence[str]) -> dict[str, Any]:
    if len(entries) > len(page_names):
        raise ValueError(f"{len(entries)} entries for {len(page_names)} pages")
    if any(type(entry["index"]) is not int or entry["index"] < 0 for entry in entries):
        raise ValueError("an index that counts no page")
    if len({entry["index"] for entry in entries}) < len(entries):
        raise ValueError("an index that stands there twice")
    return {page_names[entry["index"]]: {"offset_cell": [entry["x"], entry["y"]]} for entry in entries}


def _adjustment(entry: dict[str, Any]) -> Adjustment:
    unknown = entry.keys() - {"offset_cell", "centers_px"}
    if unknown:
        raise ValueError(f"unknown field {sorted(unknown)[0]}")
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
