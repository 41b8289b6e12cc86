"""Routes of images and videos that several screens show: thumbnails, tiles of pages, files."""

import mimetypes
from pathlib import Path
from typing import Any

from starlette.responses import Response

from data_prep.errors import InputError
from data_prep.images import is_named_image
from data_prep.records.writer import DATASET_JSON
from studio.handlers import Call, get, send_bytes, send_file
from studio.project import VIDEOS


def thumbnail(call: Call) -> Response:
    """A reduced copy of an image, of the first image of a folder, of records, or of the middle of a video."""
    path = call.entry("entry")
    side_px = call.integer("side", low=16, high=2_000, default=320)
    if (path / DATASET_JSON).is_file():
        return send_file(call.studio.thumbnails.dataset(path, side_px=side_px), media_type="image/webp")
    if path.is_dir():
        path = cover(call, path)
    if path.suffix.lower() in VIDEOS and path.suffix.lower() != ".gif":
        return send_file(call.studio.thumbnails.video(path, side_px=side_px), media_type="image/webp")
    return send_file(call.studio.thumbnails.file(path, side_px=side_px), media_type="image/webp")


def cover(call: Call, folder: Path) -> Path:
    """The image that stands for a folder. Raises: InputError: it has none."""
    project = call.studio.project
    for place in (folder, folder / "samples"):
        images = project.images(place) if place.is_dir() else []
        images = [path for path in images if path.name != "reals.png"]
        if images:
            return images[-1] if place.name == "samples" and place != folder else images[0]
    raise InputError(f"{folder.name}: no image to show")


def page(call: Call) -> Any:
    """Size, levels and version of a page."""
    path = call.entry("page")
    return {"name": path.name, "image": call.studio.pyramids.describe(path)}


def tile(call: Call) -> Response:
    """One tile of a page, PNG. The address holds the page's version, so browsers may store it."""
    level = call.integer("level", low=0, high=16)
    column, row = (call.integer(name, low=0, high=1 << 20) for name in ("column", "row"))
    path = call.entry("page")
    if not is_named_image(path):
        raise InputError(f"{path.name}: not an image")
    data = call.studio.pyramids.tile(path, level=level, column=column, row=row)
    return send_bytes(data, "image/png", cache="v" in call.query)


def file(call: Call) -> Response:
    """An image or video file as it is; videos may be read in ranges."""
    path = call.entry("entry")
    if not (is_named_image(path) or path.suffix.lower() in VIDEOS):
        raise InputError(f"{path.name}: neither an image nor a video")
    return send_file(path, media_type=mimetypes.guess_type(path.name)[0])


routes = [
    get("/api/thumbnail/{entry}", thumbnail),
    get("/api/page/{page}", page),
    get("/api/page/{page}/tile", tile),
    get("/api/file/{entry}", file),
]
