"""Crops of the images of a folder: crops.json in it, which `photos`, `comic` and `pack` read.

The file is {"schema": 1, "images": {NAME: {"boxes_px": [[x0, y0, x1, y1], ...], "exclude": false}}}. Boxes
are half-open, in px of the image as `read_image` returns it. An image without boxes is used as a whole.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json
from data_prep.outputs import write_json

CROPS = "crops.json"
SCHEMA = 1
Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True)
class ImageCrops:
    """What is used of one image."""

    boxes_px: tuple[Box, ...] = ()
    exclude: bool = False


@dataclasses.dataclass(frozen=True)
class ImagePart:
    """An image, or one of several parts of it."""

    name: str  # relative to the folder
    box_px: Box | None = None  # None: the whole image
    number: int | None = None  # from 1, of an image with several boxes

    def clipped(self, height_px: int, width_px: int) -> Box:
        """The part of an image of this size. Raises: InputError: nothing is left."""
        return clip_box(self.box_px or (0, 0, width_px, height_px), height_px, width_px, name=self.name)

    @property
    def key(self) -> str:
        """The name, and the box if there is one."""
        return self.name if self.box_px is None else f"{self.name} {list(self.box_px)}"

    @property
    def stem(self) -> str:
        """The name without suffix, and the number: "sub/photo" or "sub/photo_2"."""
        stem = str(PurePosixPath(self.name).with_suffix(""))
        return stem if self.number is None else f"{stem}_{self.number}"


def clip_box(box: Box, height_px: int, width_px: int, *, name: str) -> Box:
    """Clip a box to an image. Raises: InputError, with `name`: nothing is left."""
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], width_px), min(box[3], height_px)
    if x0 >= x1 or y0 >= y1:
        raise InputError(f"{name}: its crop leaves nothing of {width_px} x {height_px} px")
    return x0, y0, x1, y1


def read_crops(path: Path) -> dict[str, ImageCrops]:
    """Read crops.json, by the names of images in its folder; without the file, none.

    Raises: InputError: it cannot be read, is no crops.json, or names an image that is not there.
    """
    if not path.exists():
        return {}
    value = read_json(path)
    check_keys(value, {"schema", "images"}, where=str(path))
    if value["schema"] != SCHEMA or not isinstance(value["images"], dict):
        raise InputError(f"{path}: schema must be {SCHEMA}, and images an object")
    found = {}
    for name, entry in value["images"].items():
        where = f"{path}: {name}"
        known = {"boxes_px", "exclude"}
        check_keys(entry, known, where=where, optional=frozenset(known))
        if name != Path(name).name or not (path.parent / name).is_file():
            raise InputError(f"{where}: no such image in this folder")
        boxes, exclude = entry.get("boxes_px", []), entry.get("exclude", False)
        if type(exclude) is not bool or not isinstance(boxes, list) or not all(map(_is_box, boxes)):
            raise InputError(f"{where}: exclude must be true or false, boxes_px a list of [x0, y0, x1, y1]")
        found[name] = ImageCrops(tuple((box[0], box[1], box[2], box[3]) for box in boxes), exclude)
    return found


def write_crops(path: Path, crops: Mapping[str, ImageCrops]) -> None:
    """Write crops.json; images that are used as a whole are left out."""
    images = {
        name: {"boxes_px": [list(box) for box in own.boxes_px], "exclude": own.exclude}
        for name, own in crops.items()
        if own != ImageCrops()
    }
    write_json(path, {"schema": SCHEMA, "images": images})


def find_parts(folder: Path, names: Sequence[str]) -> list[ImagePart]:
    """The parts of images that are used, as crops.json of each sub-folder says, in the order of the names.

    Args:
        folder: of the images.
        names: of images in it and its sub-folders, with forward slashes.

    Raises: InputError: a crops.json is invalid, or all images are left out.
    """
    folders = {str(PurePosixPath(name).parent) for name in names}
    crops = {parent: read_crops(folder / parent / CROPS) for parent in folders}
    parts = []
    for name in names:
        path = PurePosixPath(name)
        own = crops[str(path.parent)].get(path.name, ImageCrops())
        if own.exclude:
            continue
        several = len(own.boxes_px) > 1
        numbered = enumerate(own.boxes_px, start=1)
        parts += [ImagePart(name, box, i if several else None) for i, box in numbered] or [ImagePart(name)]
    if names and not parts:
        raise InputError(f"{folder}: all images are left out; correct {CROPS}")
    return parts


def _is_box(box: Any) -> bool:
    whole = isinstance(box, list) and len(box) == 4 and all(type(px) is int and px >= 0 for px in box)
    return whole and box[0] < box[2] and box[1] < box[3]
