"""Home: what lies below ROOT, first steps, and jobs that need no other screen."""

import re
import shlex
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.images import is_named_image, read_header
from studio import screens
from studio.handlers import Call, get, post, upload
from studio.project import Entry

SCANS = "scans"  # folder of uploaded scans


def all_screens(call: Call) -> Any:
    """The navigation."""
    return {"screens": screens.listing()}


def overview(call: Call) -> Any:
    """Entries below ROOT and the steps that they suggest."""
    entries = call.studio.project.entries()
    return {
        "root": call.studio.project.root.name or "/",
        "entries": entries,
        "steps": suggest(call, entries),
    }


def suggest(call: Call, entries: list[Entry]) -> list[dict[str, Any]]:
    """Next steps of a newcomer: a video of the scans, if there are scans and no run yet."""
    kinds = {entry.kind for entry in entries}
    steps = []
    for entry in entries:
        if entry.kind in ("scans", "pages") and not kinds & {"run", "video"}:
            words = film_words(call, call.studio.project.path_of(entry.id))
            steps.append(
                {
                    "title": f"A video of {entry.name}",
                    "text": "Cut tiles, train a small network and render two videos. On a CPU it takes "
                    "a quarter of an hour or more; it can be stopped and resumed.",
                    "action": "Make a video",
                    "path": "/api/home/film",
                    "body": {"scans": entry.id},
                    "command": shlex.join(["inkloop", *words]),
                }
            )
    return steps


def film_words(call: Call, folder: Path) -> list[str]:
    """Words of the command that does everything from scans to videos."""
    project = call.studio.project
    out = re.sub(r"[^\w.-]+", "-", f"{project.stem_of(folder)}-video")
    words = ["demo", "--pages", project.name_of(folder), "--out", out]
    dpi = stored_dpi(call, folder)
    return words if dpi is None else [*words, "--dpi", str(dpi)]


def film(call: Call) -> Any:
    """Start the whole pipeline on a folder of scans."""
    path = call.studio.project.path_of(call.text("scans"))
    if not path.is_dir():
        raise InputError(f"{path.name}: must be a folder of scans")
    title = f"Video of {call.studio.project.name_of(path)}"
    return call.studio.jobs.start(film_words(call, path), title=title).as_json()


def stored_dpi(call: Call, folder: Path) -> int | None:
    """The resolution of the first page; None: unknown, or that of the command's default."""
    images = call.studio.project.images(folder)
    try:
        dpi = read_header(images[0]).dpi if images else None
    except InputError:
        return None
    return round(dpi) if dpi is not None and 100 <= dpi <= 1200 and round(dpi) != 300 else None


def samples(call: Call) -> Any:
    """Start the whole pipeline on drawn pages."""
    return call.studio.jobs.start(["demo", "--out", "demo"], title="Demo").as_json()


def add_scan(call: Call) -> Any:
    """Move an uploaded image to ROOT/scans."""
    assert call.upload is not None
    name = call.text("name")
    if not is_named_image(Path(name)):
        raise InputError(f"{name}: not an image; scans are JPEG, TIFF, PNG, WebP or BMP")
    read_header(Path(name), data=call.upload.read_bytes())
    target = call.studio.project.add_file(call.upload, SCANS, name)
    return {"id": call.studio.project.id_of(target)}


routes = [
    get("/api/screens", all_screens),
    get("/api/home", overview),
    post("/api/home/film", film),
    post("/api/home/samples", samples),
    upload("/api/upload/scans", add_scan),
]
