"""Home: what lies below ROOT, first steps, and jobs that need no other screen."""

import re
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
        "steps": suggest(entries),
    }


def suggest(entries: list[Entry]) -> list[dict[str, Any]]:
    """Next steps of a newcomer: a video of the scans, if there are scans and no run yet."""
    kinds = {entry.kind for entry in entries}
    steps = []
    for entry in entries:
        if entry.kind in ("scans", "pages") and not kinds & {"run", "video"}:
            words = film_words(entry.name)
            steps.append(
                {
                    "title": f"A video of {entry.name}",
                    "text": "Cut tiles, train a small network and render two videos. On a CPU it takes about "
                    "half an hour; it can be stopped and resumed.",
                    "action": "Make a video",
                    "path": "/api/home/film",
                    "body": {"scans": entry.id},
                    "command": " ".join(["inkloop", *words]),
                }
            )
    return steps


def film_words(name: str) -> list[str]:
    """Words of the command that does everything from scans to videos."""
    out = re.sub(r"[^\w.-]+", "-", f"{name}-video")
    return ["demo", "--pages", name, "--out", out]


def film(call: Call) -> Any:
    """Start the whole pipeline on a folder of scans."""
    path = call.studio.project.path_of(call.text("scans"))
    if not path.is_dir():
        raise InputError(f"{path.name}: must be a folder of scans")
    name = call.studio.project.name_of(path)
    words = film_words(name)
    if (dpi := stored_dpi(call, path)) is not None:
        words += ["--dpi", str(dpi)]
    return call.studio.jobs.start(words, title=f"Video of {name}").as_json()


def stored_dpi(call: Call, folder: Path) -> int | None:
    """The resolution of the first page; None: unknown, or that of the command's default."""
    dpi = read_header(call.studio.project.images(folder)[0]).dpi
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
