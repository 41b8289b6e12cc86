"""Changes of adjustments.json, shared by the screens that correct pages; and undo, exact to the byte."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.pages.adjustments import MOST_CELLS, Adjustment, write_adjustments
from data_prep.pages.selection import Pages, find_pages
from studio.handlers import Call, post, put
from studio.state import Studio

MOST_CENTERS = 20_000  # of one page


def pages_of(call: Call) -> Pages:
    """The pages of the folder in the route, with their adjustments. Raises: NotFound, InputError."""
    folder = call.entry("folder")
    if not folder.is_dir():
        raise InputError(f"{folder.name}: not a folder of pages")
    pages = find_pages(folder)
    call.studio.project.inside(pages.adjustments_file)
    inside = set(call.studio.project.images(folder))
    return dataclasses.replace(pages, paths=[path for path in pages.paths if path in inside])


def page_of(call: Call, pages: Pages) -> Path:
    """The page in the route, one of `pages`. Raises: NotFound, InputError."""
    path = call.entry("page")
    if path not in pages.paths:
        raise InputError(f"{path.name}: not a page of {pages.source.name}")
    return path


def change(
    studio: Studio, pages: Pages, changes: Mapping[Path, Mapping[str, Any]], *, if_match: str | None
) -> str:
    """Write changed corrections of some pages; returns the version of the file.

    Args:
        studio: its versions are checked.
        pages: of the folder, as read just now.
        changes: fields of `Adjustment`, by page.
        if_match: the version that the client has.

    Raises: Conflict: the file was changed elsewhere. InputError: invalid values.
    """
    adjustments = pages.adjustments
    file = pages.adjustments_file
    # a list of offsets is read by the positions of all pages
    is_list = file.exists() and isinstance(json.loads(file.read_bytes()), list)
    changed = {name: entry for name, entry in adjustments.items() if is_list or entry != Adjustment()}
    for path, fields in changes.items():
        changed[path.name] = dataclasses.replace(adjustments[path.name], **fields)
    return studio.versions.write(file, lambda: write_adjustments(file, changed), if_match=if_match)


def point(value: Any, *, low: float, high: float, name: str) -> tuple[float, float]:
    """A pair of finite numbers of JSON. Raises: InputError: it is none, or out of range."""
    if not (isinstance(value, list) and len(value) == 2 and all(type(v) in (int, float) for v in value)):
        raise InputError(f"{name} {value!r}: must be two numbers")
    if not all(low <= v <= high for v in value):
        raise InputError(f"{name} {value!r:.80}: must be within {low:g} and {high:g}")
    return float(value[0]), float(value[1])


def points(value: Any, *, width_px: int, height_px: int) -> tuple[tuple[float, float], ...]:
    """Centres on a page. Raises: InputError: no list of points, too many, or one that is not on the page."""
    if not isinstance(value, list) or len(value) > MOST_CENTERS:
        raise InputError(f"centers_px: must be a list of at most {MOST_CENTERS} points")
    found = tuple(point(item, low=0, high=1e6, name="centre") for item in value)
    for x, y in found:
        if x > width_px or y > height_px:
            raise InputError(f"centre {x:g}, {y:g}: outside of the page of {width_px} x {height_px} px")
    return found


def move_grid(call: Call) -> Any:
    """Set the offset of the grid on one page, or on several at once."""
    pages = pages_of(call)
    offset = point(call.body.get("offset_cell"), low=-MOST_CELLS, high=MOST_CELLS, name="offset_cell")
    numbers = call.body.get("pages")
    if not isinstance(numbers, list) or not numbers:
        raise InputError("pages: must be a list of ids")
    paths = [call.studio.project.path_of(str(number)) for number in numbers]
    if not set(paths) <= set(pages.paths):
        raise InputError(f"pages: not all are pages of {pages.source.name}")
    version = change(
        call.studio, pages, {path: {"offset_cell": offset} for path in paths}, if_match=call.if_match
    )
    return {"version": version}


def restore(call: Call) -> Any:
    """Give the file the bytes of an earlier version: undo and redo."""
    file = pages_of(call).adjustments_file
    version = call.studio.versions.restore(
        file, call.text("version"), if_match=call.text("if_match", default="")
    )
    return {"version": version}


routes = [
    put("/api/adjustments/{folder}/grid", move_grid),
    post("/api/adjustments/{folder}/restore", restore),
]
