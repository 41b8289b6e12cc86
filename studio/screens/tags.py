"""Tags: which page of a comic each frame of a video belongs to, and ranges that are left out."""

import functools
import shlex
import threading
from pathlib import Path
from typing import Any

from starlette.responses import Response

from data_prep.errors import InputError
from data_prep.images import list_images, read_image
from data_prep.json_files import read_json
from data_prep.video.clip import Clip
from data_prep.video.exclusions import (
    Exclusion,
    excluded_frames,
    read_exclusions,
    write_exclusions,
)
from data_prep.video.frame_index import FrameIndex, read_index
from data_prep.video.tag_edits import PageTags, page_tags
from data_prep.video.tags import guess_linear, read_tags, write_tags
from studio.handlers import Call, get, post, put, send_bytes
from studio.project import VIDEOS, Kind, NotFound
from studio.pyramid import encode_png

PAGES: tuple[Kind, ...] = ("pages", "scans", "images")
EXCLUSIONS, FOUND = "exclusions.json", "found.json"  # next to the video; those that were found, to be judged
CLIPS = 2  # open videos, at full and at reduced size each


def listing(call: Call) -> Any:
    """Videos, and folders that may be their pages."""
    return {
        "videos": call.studio.project.entries("video"),
        "pages": call.studio.project.entries(*PAGES),
    }


def video(call: Call) -> Any:
    """Frames, cuts, ranges and tags of a video with the pages of a folder."""
    path, project = _video(call), call.studio.project
    index = read_index(path)
    folder = _pages_folder(call)
    names, files = _pages(folder)
    tags = _read(call, path, index, names)
    excluded = _excluded(path, index)
    guess = [span.last_frame for span in guess_linear(names, index, excluded=excluded).spans] if names else []
    words = ["data-prep", "tags", project.name_of(path), project.name_of(folder) if folder else "PAGES"]
    words += ["--tags", project.name_of(_file(path, "tags"))]
    return {
        "name": project.name_of(path),
        "frames": len(index),
        "fps": index.fps,
        "duration_sec": float(index.duration_sec),
        "pages": [{"id": project.id_of(file), "name": name} for name, file in zip(names, files, strict=True)],
        "lasts": tags.lasts,
        "guess": guess,
        "cuts": _cuts(path, index),
        "version": call.studio.versions.current(_file(path, "tags")),
        **_ranges(call, path),
        "command": shlex.join(["inkloop", *words]),
    }


def frame(call: Call) -> Response:
    """A frame: the exact one, or the key frame before it, reduced (`near`); PNG if `png` is set."""
    path = _video(call)
    index = _clips.index(path)
    number = call.integer("number", low=0, high=len(index) - 1)
    if "near" in call.query:
        image = _clips.read(path, index.group_start(number), reduced=True)
    else:
        image = _clips.read(path, number)
    if "png" in call.query:
        return _attachment(encode_png(image), f"{path.stem}_{number:06d}.png")
    return send_bytes(_jpeg(image), "image/jpeg")


def page(call: Call) -> Response:
    """A page as PNG."""
    path = call.entry("page")
    return _attachment(encode_png(read_image(path)), f"{path.stem}.png")


def edit(call: Call) -> Any:
    """Tag a page, remove its tag, or all tags; the file and the new tags."""
    path = _video(call)
    index, file = read_index(path), _file(path, "tags")
    names, _ = _pages(_pages_folder(call))
    if not names:
        raise InputError("pages: choose the folder of pages first")
    before, kind = _read(call, path, index, names), call.text("kind")
    number = call.integer("page", low=0, high=len(names) - 1, default=0)
    if kind == "tag":
        after = before.tag(number, call.integer("frame", low=0, high=len(index) - 1))
    elif kind == "untag":
        after = before.untag(number)
    elif kind == "clear":
        after = before.clear()
    elif kind == "guess":
        spans = guess_linear(names, index, excluded=_excluded(path, index)).spans
        after = PageTags(len(index), tuple(span.last_frame for span in spans))
    else:
        raise InputError(f"kind {kind!r}: must be tag, untag, clear or guess")
    tags = after.as_tags(names, index)
    version = call.studio.versions.write(file, lambda: write_tags(file, tags), if_match=call.if_match)
    return {"version": version, "lasts": after.lasts}


def restore(call: Call) -> Any:
    """Give the tags the bytes of an earlier version."""
    path = _video(call)
    version = call.studio.versions.restore(
        _file(path, "tags"), call.text("version"), if_match=call.text("if_match")
    )
    names, _ = _pages(_pages_folder(call))
    return {"version": version, "lasts": _read(call, path, read_index(path), names).lasts}


def change_ranges(call: Call) -> Any:
    """Add a range of frames that is left out, remove one, or judge one that was found."""
    path, kind = _video(call), call.text("kind")
    index = read_index(path)
    file, found_file = path.parent / EXCLUSIONS, path.parent / FOUND
    known, found = _exclusions(file), _exclusions(found_file)
    own, waiting = list(known.get(path.name, ())), list(found.get(path.name, ()))
    if kind == "add":
        first, last = sorted(call.integer(name, low=0, high=len(index) - 1) for name in ("first", "last"))
        entry = Exclusion(first, int(index.pts[first]), last, int(index.pts[last]), "chosen")
        own = sorted([*own, entry], key=lambda one: one.first_frame)
    else:
        listed = own if kind == "remove" else waiting
        number = call.integer("number", low=0, high=100_000)
        if kind not in ("remove", "accept", "reject") or number >= len(listed):
            raise InputError(f"range {number}: there is none to {kind}")
        entry = listed.pop(number)
        if kind == "accept":
            own = sorted([*own, entry], key=lambda one: one.first_frame)
    if kind != "reject":
        call.studio.versions.write(
            file, lambda: write_exclusions(file, known | {path.name: own}), if_match=call.if_match
        )
    if kind in ("accept", "reject"):
        write_exclusions(found_file, found | {path.name: waiting})
    return _ranges(call, path)


def find_cuts(call: Call) -> Any:
    """Find the scene cuts as a job."""
    path, name_of = _video(call), call.studio.project.name_of
    words = ["data-prep", "cuts", name_of(path), "--out", name_of(_file(path, "cuts"))]
    return call.studio.jobs.start(words, title=f"Cuts of {path.name}").as_json()


def find_ranges(call: Call) -> Any:
    """Find what this video has in common with the others of its folder, as a job."""
    path, name_of = _video(call), call.studio.project.name_of
    others = [entry for entry in call.studio.project.entries("video") if entry.id != call.params["video"]]
    others = [entry for entry in others if call.studio.project.path_of(entry.id).parent == path.parent]
    if not others:
        raise InputError(f"{path.name}: no other video lies in its folder; mark ranges with I and O")
    words = ["data-prep", "find", name_of(path), *(entry.name for entry in others), "--yes"]
    words += ["--out", name_of(path.parent / FOUND)]
    return call.studio.jobs.start(words, title=f"Common parts of {path.name}").as_json()


def _video(call: Call) -> Path:
    path = call.entry("video")
    if path.suffix.lower() not in VIDEOS:
        raise InputError(f"{path.name}: not a video")
    for file in (_file(path, "tags"), _file(path, "cuts"), path.parent / EXCLUSIONS, path.parent / FOUND):
        call.studio.project.inside(file)
    return path


def _file(path: Path, ending: str) -> Path:
    return path.with_name(f"{path.stem}.{ending}.json")


def _pages_folder(call: Call) -> Path | None:
    number = call.text("pages", default="")
    if not number:
        return None
    folder = call.studio.project.path_of(number)
    if not folder.is_dir():
        raise NotFound(f"{folder.name}: not a folder of pages")
    return folder


def _pages(folder: Path | None) -> tuple[list[str], list[Path]]:
    """Names as `data-prep tags` gives them, and files."""
    files = list_images(folder, recursive=True) if folder else []
    return [file.relative_to(folder).as_posix() for file in files] if folder else [], files


def _read(call: Call, path: Path, index: FrameIndex, names: list[str]) -> PageTags:
    file = _file(path, "tags")
    tags = read_tags(file) if names and file.exists() else None
    return page_tags(tags, names, index, where=file.name)


def _excluded(path: Path, index: FrameIndex) -> Any:
    ranges = _exclusions(path.parent / EXCLUSIONS).get(path.name, ())
    marked = excluded_frames(ranges, index, where=EXCLUSIONS)
    return None if marked.all() else marked


def _exclusions(file: Path) -> dict[str, tuple[Exclusion, ...]]:
    return read_exclusions(file) if file.exists() else {}


def _ranges(call: Call, path: Path) -> dict[str, Any]:
    return {
        "exclusions": _exclusions(path.parent / EXCLUSIONS).get(path.name, ()),
        "found": _exclusions(path.parent / FOUND).get(path.name, ()),
        "exclusions_version": call.studio.versions.current(path.parent / EXCLUSIONS),
    }


def _cuts(path: Path, index: FrameIndex) -> list[int]:
    """First frames of scenes, of the file of `data-prep cuts`; none without it, or of another version."""
    file = _file(path, "cuts")
    if not file.exists():
        return []
    cuts = read_json(file).get("cuts", [])
    frames = [(cut["frame"], cut["pts"]) for cut in cuts]
    return [at for at, pts in frames if 0 <= at < len(index) and int(index.pts[at]) == pts]


def _jpeg(image: Any) -> bytes:
    import io

    from PIL import Image

    target = io.BytesIO()
    Image.fromarray(image).save(target, "JPEG", quality=90)
    return target.getvalue()


def _attachment(data: bytes, name: str) -> Response:
    from urllib.parse import quote

    response = send_bytes(data, "image/png")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


class _Clips:
    """The videos that were read last, each by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[tuple[Path, int, bool], Clip] = {}

    def index(self, path: Path) -> FrameIndex:
        """The frames of a video, listed once while it stays the same."""
        return _index(path, path.stat().st_mtime_ns)

    def read(self, path: Path, number: int, *, reduced: bool = False) -> Any:
        """A frame, uint8 [H, W, 3]; `reduced`: 270 px high."""
        key = path, path.stat().st_mtime_ns, reduced
        with self._lock:
            clip = self._open.pop(key, None)
            if clip is None:
                clip = Clip(path, size_px=_reduced_size(path) if reduced else None, index=self.index(path))
            self._open[key] = clip
            while len(self._open) > 2 * CLIPS:
                self._open.pop(next(iter(self._open))).close()
            return clip[number].image


@functools.lru_cache(maxsize=CLIPS)
def _index(path: Path, modified_ns: int) -> FrameIndex:
    return read_index(path)


def _reduced_size(path: Path) -> tuple[int, int]:
    from data_prep.video.codec import video_info

    info = video_info(path)
    height = min(270, info.height_px)
    return height, max(1, round(info.width_px * height / info.height_px))


_clips = _Clips()

routes = [
    get("/api/tags", listing),
    get("/api/tags/page/{page}", page),
    get("/api/tags/{video}", video),
    get("/api/tags/{video}/frame", frame),
    put("/api/tags/{video}", edit),
    post("/api/tags/{video}/restore", restore),
    put("/api/tags/{video}/ranges", change_ranges),
    post("/api/tags/{video}/cuts", find_cuts),
    post("/api/tags/{video}/find", find_ranges),
]
