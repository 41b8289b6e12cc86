"""Pages of comics that are used, and their crops: comic.json and crops.json of each folder."""

import dataclasses
from pathlib import Path
from typing import Any

from data_prep import images
from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json
from data_prep.progress import Warn, ignore

CONFIG, CROPS = "comic.json", "crops.json"
SIDES = ("top", "bottom", "left", "right")
Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True)
class Selection:
    """Pages of one folder that are used, and what is cut off from each."""

    start: int = 1  # number of the first page in natural order, from 1
    end: int | None = None  # number of the last page; None: all
    exclude: tuple[str, ...] = ()  # file names
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)  # top, bottom, left, right in px


@dataclasses.dataclass(frozen=True)
class PagePart:
    """A page, or one of several parts of it."""

    path: Path
    name: str  # of the page, relative to the folder of pages
    margins: tuple[int, int, int, int]  # top, bottom, left, right in px that are cut off
    box: Box | None = None  # replaces the margins

    def crop(self, height_px: int, width_px: int) -> Box:
        """The part of a page of this size. Raises InputError: nothing is left."""
        top, bottom, left, right = self.margins
        x0, y0, x1, y1 = self.box or (left, top, width_px - right, height_px - bottom)
        x0, y0, x1, y1 = max(x0, 0), max(y0, 0), min(x1, width_px), min(y1, height_px)
        if x0 >= x1 or y0 >= y1:
            raise InputError(f"{self.name}: its crop leaves nothing of {width_px} x {height_px} px")
        return x0, y0, x1, y1


def select_pages(folder: Path, crop: tuple[int, int, int, int], *, warn: Warn = ignore) -> list[PagePart]:
    """The pages of a folder and its sub-folders in natural order, as comic.json and crops.json of each say.

    comic.json is {"start": 1, "end": 20, "exclude": ["cover.png"], "crop": {"top": 10, ...}}, all optional;
    pages are counted from 1. crops.json is {"schema": 1, "images": {"NAME": {"boxes_px": [[x0, y0, x1, y1],
    ...], "exclude": false}}}; its boxes replace the crop of comic.json.

    Args:
        folder: of pages, or of volumes.
        crop: px cut off at top, bottom, left and right, where comic.json says nothing.
        warn: called with a message about files that are left out for their suffix.

    Raises: InputError: no pages, or a file is invalid.
    """
    paths = images.list_images(folder, recursive=True, warn=warn)
    parts: list[PagePart] = []
    for parent in dict.fromkeys(path.parent for path in paths):
        own = [path for path in paths if path.parent == parent]
        selection = read_selection(parent / CONFIG, own, crop)
        crops = read_crops(parent / CROPS, own)
        for path in own[selection.start - 1 : selection.end]:
            excluded, boxes = crops.get(path.name, (False, ()))
            if path.name in selection.exclude or excluded:
                continue
            name = path.name if folder.is_file() else path.relative_to(folder).as_posix()
            parts += [PagePart(path, name, selection.crop, box) for box in boxes or [None]]
    if not parts:
        raise InputError(f"{folder}: all pages are left out; correct {CONFIG} or {CROPS}")
    return parts


def read_selection(path: Path, pages: list[Path], crop: tuple[int, int, int, int]) -> Selection:
    """Read comic.json; without the file, all pages. Raises InputError: it is invalid."""
    if not path.exists():
        return Selection(crop=crop)
    value = read_json(path)
    known = {"start", "end", "exclude", "crop"}
    check_keys(value, known, where=str(path), optional=frozenset(known))
    start, end, exclude = value.get("start", 1), value.get("end"), value.get("exclude", [])
    for key, number in (("start", start), ("end", len(pages) if end is None else end)):
        if type(number) is not int or not 1 <= number <= len(pages):
            raise InputError(f"{path}: {key} is {number!r}; must be a page from 1 to {len(pages)}")
    if end is not None and end < start:
        raise InputError(f"{path}: end is {end}, before start {start}")
    names = {page.name for page in pages}
    if not isinstance(exclude, list) or not all(isinstance(name, str) for name in exclude):
        raise InputError(f"{path}: exclude must be a list of file names")
    if missing := sorted(set(exclude) - names):
        raise InputError(f"{path}: exclude names {missing[0]!r}, which is not there")
    sides = value.get("crop", {})
    check_keys(sides, set(SIDES), where=f"{path}: crop", optional=frozenset(SIDES))
    cut = tuple(sides.get(side, px) for side, px in zip(SIDES, crop, strict=True))
    if not all(type(px) is int and px >= 0 for px in cut):
        raise InputError(f"{path}: crop must be whole numbers of px, at least 0")
    return Selection(start, end, tuple(exclude), (cut[0], cut[1], cut[2], cut[3]))


def read_crops(path: Path, pages: list[Path]) -> dict[str, tuple[bool, tuple[Box, ...]]]:
    """Read crops.json: name -> (excluded, boxes); without the file, none. Raises InputError."""
    if not path.exists():
        return {}
    value = read_json(path)
    check_keys(value, {"schema", "images"}, where=str(path))
    if value["schema"] != 1 or not isinstance(value["images"], dict):
        raise InputError(f"{path}: schema must be 1, and images an object")
    names = {page.name for page in pages}
    found = {}
    for name, entry in value["images"].items():
        where = f"{path}: {name}"
        known = {"boxes_px", "exclude"}
        check_keys(entry, known, where=where, optional=frozenset(known))
        if name not in names:
            raise InputError(f"{where}: no such image in this folder")
        boxes, exclude = entry.get("boxes_px", []), entry.get("exclude", False)
        if type(exclude) is not bool or not isinstance(boxes, list) or not all(map(_is_box, boxes)):
            raise InputError(f"{where}: exclude must be true or false, boxes_px a list of [x0, y0, x1, y1]")
        found[name] = exclude, tuple((box[0], box[1], box[2], box[3]) for box in boxes)
    return found


def _is_box(box: Any) -> bool:
    whole = isinstance(box, list) and len(box) == 4 and all(type(px) is int and px >= 0 for px in box)
    return whole and box[0] < box[2] and box[1] < box[3]
