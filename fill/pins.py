"""Pins: places of drawings and videos whose regions have a chosen colour. Free of jax.

`pins.json` is {"schema": 1, "images": {NAME: [{"x_px", "y_px", "color"}, ...]}, "videos": {NAME: [{"frame",
"pts", "x_px", "y_px", "color"}, ...]}}, by the names of the files. A pin colours the region under it, or the
nearest one if it lies on a line; in a video that region in all frames. Of pins in one region the last counts.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.json_files import check_keys, read_json
from data_prep.outputs import write_json
from data_prep.video.frame_index import read_index
from data_prep.video.sources import resampling
from fill.palette_file import parse_color

SCHEMA = 1
LEAST_ROWS = 4  # of padded arrays of pins, so that few programs are compiled


@dataclasses.dataclass(frozen=True)
class Pin:
    """A place of a drawing and its colour."""

    x_px: int
    y_px: int
    color: str  # such as "#1b4d5c"


@dataclasses.dataclass(frozen=True)
class FramePin:
    """A place in one frame of a video, and the colour of its region in all frames."""

    frame: int
    pts: int  # presentation time stamp; of a folder of frames: the frame
    x_px: int
    y_px: int
    color: str


@dataclasses.dataclass(frozen=True)
class Pins:
    """Pins of several files, by name."""

    images: Mapping[str, tuple[Pin, ...]] = dataclasses.field(default_factory=dict)
    videos: Mapping[str, tuple[FramePin, ...]] = dataclasses.field(default_factory=dict)


NO_PINS = Pins()


def read_pins(path: Path) -> Pins:
    """Read pins.json. Raises: InputError: it cannot be read, or is no pins.json."""
    value = read_json(path)
    check_keys(
        value, {"schema", "images", "videos"}, where=str(path), optional=frozenset({"images", "videos"})
    )
    images, videos = value.get("images", {}), value.get("videos", {})
    if value["schema"] != SCHEMA or not isinstance(images, dict) or not isinstance(videos, dict):
        raise InputError(f"{path}: schema must be {SCHEMA}, images and videos objects")
    return Pins(
        {name: tuple(_parse(Pin, listed, f"{path}: {name}")) for name, listed in images.items()},
        {name: tuple(_parse(FramePin, listed, f"{path}: {name}")) for name, listed in videos.items()},
    )


def write_pins(path: Path, pins: Pins) -> None:
    """Write pins.json; files without pins are left out."""
    value: dict[str, Any] = {"schema": SCHEMA}
    for group, listed in (("images", pins.images), ("videos", pins.videos)):
        value[group] = {name: [dataclasses.asdict(pin) for pin in own] for name, own in listed.items() if own}
    write_json(path, value)


def pins_of_video(pins: Pins, source: Path, *, where: str = "pins") -> tuple[FramePin, ...]:
    """The pins of one video, or folder of frames, after checking that its frames are those that were meant.

    Args:
        pins: of several.
        source: video file or folder.
        where: named in errors.

    Raises: InputError: a frame does not exist, is another one, or frames are repeated on reading.
    """
    own = pins.videos.get(source.name, ())
    if not own or source.is_dir():
        return own
    if message := resampling(source):
        raise InputError(f"{message}; pins need frames as they are: `data-prep video reformat` the video")
    index = read_index(source)
    for number, pin in enumerate(own):
        index.check_stamp(pin.frame, pin.pts, where=f"{where}: {source.name}: pin {number}")
    return own


def pin_arrays(pins: Sequence[Sequence[Pin]]) -> tuple[np.ndarray, np.ndarray]:
    """Pins of B drawings as arrays of one shape: points (x, y) int32 [B, P, 2], colours uint8 [B, P, 3].

    Missing ones have negative points; P is 0 if there are none at all.
    """
    most = max(map(len, pins), default=0)
    rows = LEAST_ROWS if most else 0
    while rows < most:
        rows *= 2
    points = np.full((len(pins), rows, 2), -1, np.int32)
    colors = np.zeros((len(pins), rows, 3), np.uint8)
    for item, own in enumerate(pins):
        for row, pin in enumerate(own):
            points[item, row] = pin.x_px, pin.y_px
            colors[item, row] = parse_color(pin.color)
    return points, colors


def _parse(kind: type[Any], listed: Any, where: str) -> list[Any]:
    if not isinstance(listed, list):
        raise InputError(f"{where}: must be a list of pins")
    found = []
    for number, entry in enumerate(listed):
        place = f"{where}: pin {number}"
        check_keys(entry, {field.name for field in dataclasses.fields(kind)}, where=place)
        numbers = [value for name, value in entry.items() if name != "color"]
        if not all(type(value) is int for value in numbers) or min(entry["x_px"], entry["y_px"]) < 0:
            raise InputError(f"{place}: places, frames and pts must be whole numbers, places at least 0")
        parse_color(entry["color"], where=f"{place}: color")
        found.append(kind(**entry))
    return found
