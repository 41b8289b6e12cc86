"""Crops: rectangles of photos and comic pages, written to crops.json of their folder."""

import shlex
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.images import read_header
from data_prep.images.crop_file import CROPS, Box, ImageCrops, ImagePart, read_crops, write_crops
from studio.handlers import Call, get, post, put
from studio.project import Kind

SOURCES: tuple[Kind, ...] = ("scans", "images", "pages")
MAX_BOXES = 200  # of one image
ENDINGS = {"photos": "squares", "comic": "pages", "pack": "dataset"}  # command -> ending of its result's name


def sources(call: Call) -> Any:
    """Folders of images."""
    return {"entries": call.studio.project.entries(*SOURCES)}


def folder(call: Call) -> Any:
    """Images of a folder with their sizes, and its crops."""
    path = _folder(call)
    project = call.studio.project
    project.inside(path / CROPS)
    images, failures = [], {}
    for image in project.images(path):
        try:
            header = read_header(image)
        except InputError as error:
            failures[image.name] = str(error)
            continue
        size = {"width_px": header.width_px, "height_px": header.height_px}
        images.append({"id": project.id_of(image), "name": image.name, **size})
    if not images:
        raise InputError(f"{path.name}: " + next(iter(failures.values()), "no images"))
    return {
        "name": project.name_of(path),
        "images": images,
        "failures": failures,
        "crops": read_crops(path / CROPS),
        "version": call.studio.versions.current(path / CROPS),
    }


def save(call: Call) -> Any:
    """Replace the crops of some images; those of others stay."""
    path = _folder(call)
    file = path / CROPS
    images = {image.name: image for image in call.studio.project.images(path)}
    changes = call.body.get("crops")
    if not isinstance(changes, dict):
        raise InputError("crops: must be an object of images")
    found = {name: _parse(images.get(name), name, value) for name, value in changes.items()}

    def write() -> None:
        write_crops(file, read_crops(file) | found)

    return {"version": call.studio.versions.write(file, write, if_match=call.if_match)}


def restore(call: Call) -> Any:
    """Give the file the bytes of an earlier version."""
    file = _folder(call) / CROPS
    version = call.studio.versions.restore(file, call.text("version"), if_match=call.text("if_match"))
    return {"version": version}


def command(call: Call) -> Any:
    """The command that cuts the crops."""
    return {"command": shlex.join(["inkloop", *_words(call)])}


def start(call: Call) -> Any:
    """Cut the crops as a job."""
    words = _words(call)
    return call.studio.jobs.start(words, title=f"Crops of {words[2]}").as_json()


def _words(call: Call) -> list[str]:
    use = call.text("use", default="photos")
    if use not in ENDINGS:
        raise InputError(f"use {use!r}: must be one of {', '.join(ENDINGS)}")
    size = call.integer("size", low=1, high=8192, default=256)
    project, path = call.studio.project, _folder(call)
    words = ["--size", str(size)]
    pads = str(call.query.get("pad", call.body.get("pad", False))).lower() in ("1", "true")
    if use == "photos" and pads:
        words += ["--crop", "letterbox"]
    if use == "comic" and not pads:
        words += ["--fit", "crop"]
    return call.studio.jobs.words_with_out(
        lambda out: ["data-prep", use, project.name_of(path), "--out", out, *words],
        f"{project.stem_of(path)}-{ENDINGS[use]}",
    )


def _folder(call: Call) -> Path:
    path = call.entry("folder")
    if not path.is_dir():
        raise InputError(f"{path.name}: must be a folder of images")
    return path


def _parse(image: Path | None, name: str, value: Any) -> ImageCrops:
    """Check the crops of one image. Raises: InputError: it is not there, or a box is invalid."""
    if image is None:
        raise InputError(f"{name}: no such image in this folder")
    boxes = value.get("boxes_px", []) if isinstance(value, dict) else None
    exclude = value.get("exclude", False) if isinstance(value, dict) else None
    if not isinstance(boxes, list) or len(boxes) > MAX_BOXES or type(exclude) is not bool:
        raise InputError(f"{name}: must have at most {MAX_BOXES} boxes_px, and exclude true or false")
    header = read_header(image)
    found: list[Box] = []
    for box in boxes:
        if not isinstance(box, list) or len(box) != 4 or not all(type(px) is int for px in box):
            raise InputError(f"{name}: a box must be [x0, y0, x1, y1] in whole px")
        part = ImagePart(name, (box[0], box[1], box[2], box[3]))
        found.append(part.clipped(header.height_px, header.width_px))
    return ImageCrops(tuple(found), exclude)


routes = [
    get("/api/crops", sources),
    get("/api/crops/{folder}", folder),
    put("/api/crops/{folder}", save),
    get("/api/crops/{folder}/command", command),
    post("/api/crops/{folder}/restore", restore),
    post("/api/crops/{folder}/start", start),
]
