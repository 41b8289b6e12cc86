"""Results that any screen shows: what a job made, exported web pages, strokes in SVG."""

import itertools
import mimetypes
from typing import Any

from starlette.responses import Response

from data_prep.errors import InputError
from data_prep.images import natural_key
from studio.handlers import Call, get, post, send_bytes, send_file

OUTS = "--out", "--run"  # flags of results


def of_job(call: Call) -> Any:
    """Entries that a job made: its output, or those in it if it is a folder of several."""
    words = call.studio.jobs.get(call.params["job"]).words
    outs = [value for flag, value in itertools.pairwise(words) if flag in OUTS]
    entries = call.studio.project.entries()
    found = [entry for entry in entries if entry.name in outs]
    return {
        "entries": found or [entry for entry in entries for out in outs if entry.name.startswith(f"{out}/")]
    }


def site(call: Call) -> Response:
    """A file of an exported web page."""
    from animate.page.site import read_site_file

    folder, name = call.entry("entry"), call.params["file"] or "index.html"
    if ".." in name.split("/"):
        raise InputError(f"{name}: pages have no such file")
    call.studio.project.inside(folder / name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return send_bytes(read_site_file(folder, name), kind)


def sites(call: Call) -> Any:
    """Exported web pages, and whether onnxruntime is here, which making one needs."""
    from animate.page.runtime import find_runtime

    try:
        is_ready = bool(find_runtime())
    except InputError:
        is_ready = False
    return {"entries": call.studio.project.entries("site"), "ready": is_ready}


def get_runtime(call: Call) -> Any:
    """Start `export runtime` as a job."""
    return call.studio.jobs.start(["export", "runtime"], title="onnxruntime for web pages").as_json()


def strokes(call: Call) -> Any:
    """Names of the SVG files of a folder."""
    folder = call.entry("folder")
    names = [file.name for file in folder.iterdir() if file.suffix == ".svg"] if folder.is_dir() else []
    if not names:
        raise InputError(f"{folder.name}: no SVG files")
    return {"name": call.studio.project.name_of(folder), "files": sorted(names, key=natural_key)}


def drawing(call: Call) -> Response:
    """An SVG file; as an image, so that nothing in it runs."""
    folder, name = call.entry("folder"), call.params["file"]
    if name not in strokes(call)["files"]:
        raise InputError(f"{name}: no SVG file of {folder.name}")
    return send_file(call.studio.project.inside(folder / name), media_type="image/svg+xml")


routes = [
    get("/api/jobs/{job}/result", of_job),
    get("/api/sites", sites),
    post("/api/sites/runtime", get_runtime),
    get("/site/{entry}/{file:path}", site),
    get("/api/strokes/{folder}", strokes),
    get("/api/strokes/{folder}/{file}", drawing),
]
