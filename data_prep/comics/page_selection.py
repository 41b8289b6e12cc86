"""Pages of comics that are used, and their crops: comic.json and crops.json of each folder."""

import dataclasses
from pathlib import Path

from data_prep import images
from data_prep.errors import InputError
from data_prep.images.crop_file import CROPS, Box, ImageCrops, clip_box, read_crops
from data_prep.json_files import check_keys, read_json
from data_prep.progress import Warn, ignore

CONFIG = "comic.json"
SIDES = ("top", "bottom", "left", "right")


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
        box = self.box or (left, top, width_px - right, height_px - bottom)
        return clip_box(box, height_px, width_px, name=self.name)


def select_pages(folder: Path, crop: tuple[int, int, int, int], *, warn: Warn = ignore) -> list[PagePart]:
    """The pages of a folder and its sub-folders in natural order, as comic.json and crops.json of each say.

    comic.json is {"start": 1, "end": 20, "exclude": ["cover.png"], "crop": {"top": 10, ...}}, all optional;
    pages are counted from 1. The boxes of crops.json (data_prep.images.crop_file) replace the crop of
    comic.json.

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
        crops = read_crops(parent / CROPS)
        for path in own[selection.start - 1 : selection.end]:
            part = crops.get(path.name, ImageCrops())
            if path.name in selection.exclude or part.exclude:
                continue
            name = path.name if folder.is_file() else path.relative_to(folder).as_posix()
            parts += [PagePart(path, name, selection.crop, box) for box in part.boxes_px or [None]]
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
