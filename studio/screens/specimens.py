"""Specimens: centres that `data-prep spec` cuts tiles around, corrected by hand in adjustments.json."""

import hashlib
import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from starlette.responses import Response

from configs.data_prep import CONFIGS
from data_prep.errors import InputError
from data_prep.images import read_header
from data_prep.json_files import read_json
from data_prep.outputs import write_json
from data_prep.pages.adjustments import Adjustment
from data_prep.pages.selection import Pages
from data_prep.specimens.pages import PageSpecimens, SpecConfig, counts, doubts
from data_prep.specimens.suspicious import find_suspicious
from data_prep.specimens.tiles import crop_side_px, specimen_tiles
from studio.config_fields import changed_fields, flags
from studio.handlers import Call, get, post, put, send_bytes
from studio.page_adjustments import change, page_of, pages_of, points
from studio.pyramid import encode_png
from studio.screens.grid import stored_dpi
from studio.state import Studio

DEFAULT: SpecConfig = CONFIGS["spec"]
ACCEPTED = "accepted.json"  # in the studio's folder: page -> checksum of its accepted centres


def config_of(call: Call) -> SpecConfig:
    """Settings of the query: dpi, crop_px (0: from dpi), tile_px."""
    crop = call.integer("crop_px", low=0, high=20_000, default=0)
    return SpecConfig(
        dpi=call.number("dpi", low=2, high=10_000, default=DEFAULT.dpi),
        crop_px=crop or None,
        tile_px=call.integer("tile_px", low=1, high=4096, default=DEFAULT.tile_px),
    )


def listing(call: Call) -> Any:
    """Pages of a folder: whether their centres are stored and accepted, and how many there are."""
    pages, config = pages_of(call), config_of(call)
    project, accepted = call.studio.project, read_accepted(call.studio)
    return {
        "name": project.name_of(call.entry("folder")),
        "dpi": stored_dpi(pages.paths),
        "version": call.studio.versions.current(pages.adjustments_file),
        "crop_px": square_px(config),
        "command": shlex.join(["inkloop", *words(call, config)]),
        "pages": [
            {
                "id": project.id_of(path),
                "name": path.name,
                "count": count_of(call, pages, path, config),
                "accepted": is_accepted(accepted, project.name_of(path), pages.adjustments[path.name]),
            }
            for path in pages.paths
        ],
    }


def square_px(config: SpecConfig) -> int:
    """Side of the square that is cut around each specimen."""
    return crop_side_px(config.crop_px, dpi=config.dpi, boxes_px=np.zeros((0, 4), np.int64))


def count_of(call: Call, pages: Pages, path: Path, config: SpecConfig) -> int | None:
    """Number of specimens of a page; None: not detected yet."""
    centers = pages.adjustments[path.name].centers_px
    if centers is not None:
        return len(centers)
    if call.studio.specimens.is_detected(path, config):
        return len(call.studio.specimens.page(path, config, Adjustment()).specimens)
    return None


def page(call: Call) -> Any:
    """The specimens of one page; detects them if they are not stored."""
    pages, config = pages_of(call), config_of(call)
    path = page_of(call, pages)
    adjustment = pages.adjustments[path.name]
    found = call.studio.specimens.page(path, config, adjustment)
    return describe(found, config) | {"stored": adjustment.centers_px is not None}


def describe(found: PageSpecimens, config: SpecConfig) -> dict[str, Any]:
    """What the screen shows of a page."""
    side_px = square_px(config)
    specimens = found.specimens
    return {
        "centers_px": specimens.centers_px,
        "boxes_px": specimens.boxes_px,
        "reasons": find_suspicious(found, side_px),
        "crop_px": side_px,
        "summary": counts(found),
        "doubts": doubts(found, side_px),
    }


def save(call: Call) -> Any:
    """Store the centres of a page; returns the version and the page as it is now."""
    pages, config = pages_of(call), config_of(call)
    path = page_of(call, pages)
    header = read_header(path)
    centers = points(call.body.get("centers_px"), width_px=header.width_px, height_px=header.height_px)
    version = change(call.studio, pages, {path: {"centers_px": centers}}, if_match=call.if_match)
    found = call.studio.specimens.page(path, config, Adjustment((0.0, 0.0), centers))
    return {"version": version, "page": describe(found, config) | {"stored": True}}


def accept(call: Call) -> Any:
    """Note that the stored centres of a page were checked; a later change of them takes it back."""
    pages = pages_of(call)
    path = page_of(call, pages)
    centers = pages.adjustments[path.name].centers_px
    if centers is None:
        raise InputError(f"{path.name}: its centres are not stored yet")
    accepted = read_accepted(call.studio) | {call.studio.project.name_of(path): checksum(centers)}
    write_json(call.studio.folder / ACCEPTED, accepted)
    return {"accepted": True}


def tile(call: Call) -> Response:
    """The tile around a point as it will be cut, PNG."""
    pages, config = pages_of(call), config_of(call)
    path = page_of(call, pages)
    center = tuple(call.number(name, low=-1e5, high=1e6) for name in ("x", "y"))
    found = call.studio.specimens.page(path, config, Adjustment((0.0, 0.0), (center,))).specimens  # type: ignore[arg-type]
    (cut,) = specimen_tiles(
        call.studio.pyramids.page(path),
        found.boxes_px,
        found.centers_px,
        name=path.name,
        crop_px=square_px(config),
        tile_px=config.tile_px,
        sheet=found.sheet,
    )
    return send_bytes(encode_png(cut.image), "image/png")


def words(call: Call, config: SpecConfig) -> list[str]:
    """Words of the command that cuts the tiles."""
    project, folder = call.studio.project, call.entry("folder")
    found = flags(changed_fields(config, DEFAULT, only=("dpi", "crop_px", "tile_px")))
    return call.studio.jobs.words_with_out(
        lambda out: ["data-prep", "spec", project.name_of(folder), "--out", out, *found],
        f"{project.stem_of(folder)}-tiles",
    )


def cut(call: Call) -> Any:
    """Start the job that cuts the tiles of all pages."""
    name = call.studio.project.name_of(call.entry("folder"))
    return call.studio.jobs.start(words(call, config_of(call)), title=f"Tiles of {name}").as_json()


def read_accepted(studio: Studio) -> dict[str, str]:
    """Page -> checksum of its accepted centres."""
    file = studio.folder / ACCEPTED
    return read_json(file) if file.exists() else {}


def is_accepted(accepted: dict[str, str], name: str, adjustment: Adjustment) -> bool:
    """Whether the centres of a page are those that were accepted."""
    centers = adjustment.centers_px
    return centers is not None and accepted.get(name) == checksum(centers)


def checksum(centers: tuple[tuple[float, float], ...]) -> str:
    """Of centres."""
    return hashlib.blake2b(json.dumps(centers).encode(), digest_size=8).hexdigest()


routes = [
    get("/api/specimens/{folder}", listing),
    get("/api/specimens/{folder}/page/{page}", page),
    put("/api/specimens/{folder}/page/{page}", save),
    post("/api/specimens/{folder}/page/{page}/accept", accept),
    get("/api/specimens/{folder}/page/{page}/tile", tile),
    post("/api/specimens/{folder}/cut", cut),
]
