"""What lies below ROOT, recognised by the stamps and files of the packages. Clients send ids, never paths.

An id is a checksum of the path below ROOT; only paths that a listing returned have one. A path leads out of
ROOT neither by its name nor by a link, nor do the files that are read with it: those of a run or dataset, and
the list of frames of a video.
"""

import contextlib
import dataclasses
import filecmp
import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from data_prep.errors import InputError
from data_prep.images import is_named_image, natural_key
from data_prep.outputs import STAMP, replacing
from data_prep.records.writer import DATASET_JSON
from data_prep.video.frame_index import index_file

Kind = Literal[
    "scans", "pages", "images", "dataset", "run", "video", "path", "palette", "timeline", "site", "strokes"
]
MADE_BY: dict[str, Kind] = {"export page": "site", "vector": "strokes"}  # folders known by their command
VIDEOS = {".mp4", ".webm", ".mkv", ".mov", ".avi", ".m4v", ".gif", ".apng"}
PAGE_COMMANDS = {"data-prep scans", "demo pages", "data-prep comic", "data-prep pages"}
CONTAINERS = {"demo"}  # commands whose output folder holds other outputs
MAX_DEPTH = 5
MAX_ENTRIES = 4_000  # folders and files of one listing
MAX_JSON = 4 << 20
CONFIG_JSON = "config.json"  # of a run


class NotFound(LookupError):
    """No entry has this id."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A folder or file below ROOT that a screen can open."""

    id: str
    kind: Kind
    name: str  # path below ROOT, as a user would type it
    count: int  # images, records, pages; 0: unknown
    size_bytes: int
    modified_sec: float
    command: str  # that made it, e.g. "data-prep blob"; empty: unknown
    is_done: bool  # its command finished
    detail: str = ""  # e.g. "64 x 64 px, gray"


class Project:
    """Entries below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._lock = threading.Lock()
        self._paths: dict[str, Path] = {}

    def entries(self, *kinds: Kind) -> list[Entry]:
        """Recognised folders and files in natural order of their names.

        Args:
            kinds: only these; none: all.
        """
        found = [
            self._entry(path, kind, facts)
            for path, kind, facts in _walk(self.root, 0, self.root)
            if self._is_below(path) and (not kinds or kind in kinds)
        ]
        return sorted(found[:MAX_ENTRIES], key=lambda entry: natural_key(entry.name))

    def entry(self, path: Path) -> Entry:
        """The entry of one recognised path. Raises: NotFound: it is none."""
        if path == self.root:
            recognised = _recognise(path, _names(path), self.root)
        else:
            siblings = _walk(path.parent, MAX_DEPTH - 1, self.root)
            recognised = next(((kind, facts) for found, kind, facts in siblings if found == path), None)
        if recognised is None:
            raise NotFound(f"{self.name_of(path)}: not a folder or file of inkloop")
        return self._entry(path, *recognised)

    def id_of(self, path: Path) -> str:
        """The id of a path below ROOT; makes it known to `path_of`."""
        name = self.name_of(path)
        number = hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()
        with self._lock:
            self._paths[number] = path
        return number

    def name_of(self, path: Path) -> str:
        """The path below ROOT, as a user in ROOT would type it; one that starts with a dash after "./"."""
        name = path.relative_to(self.root).as_posix()
        return f"./{name}" if name.startswith("-") else name

    def stem_of(self, path: Path) -> str:
        """The path below ROOT as a start of plain names for its results; for ROOT that of the folder."""
        name = self.root.name if path == self.root else path.relative_to(self.root).as_posix()
        return name.replace("/", "-").lstrip("-.") or "root"

    def inside(self, path: Path) -> Path:
        """The same path. Raises: NotFound: it leads out of ROOT by a link, or a file that is read with it."""
        for file in (path, *_links_with(path)):
            if not self._is_below(file):
                raise NotFound(
                    f"{file.name}: it leads out of this folder by a link; put the file itself here"
                )
        return path

    def path_of(self, number: str) -> Path:
        """The path of an id.

        Raises: NotFound: no listing returned the id, or the path is gone or leads out of ROOT.
        """
        if number not in self._paths:
            self._learn()
        path = self._paths.get(number)
        if path is None or not path.exists() or not self._is_below(path):
            raise NotFound("it is not in this folder any more; go back to Home")
        return self.inside(path)

    def images(self, folder: Path) -> list[Path]:
        """Image files of a folder in natural order, without those that lead out of ROOT; none: empty."""
        names = [name for name in _names(folder) if is_named_image(Path(name))]
        paths = [folder / name for name in sorted(names, key=natural_key)]
        return [path for path in paths if path.is_file() and self._is_below(path)]

    def add_file(self, source: Path, folder: str, name: str, *, numbered: bool = False) -> Path:
        """Move a file to `folder` in ROOT.

        Args:
            source: the file.
            folder: a plain name; it is made if it is missing.
            name: of the file there.
            numbered: a name that another file has gets a number; the same file is not stored again.

        Raises: InputError: the name is taken, or no plain file name.
        """
        self.new_path(name)
        target = self.new_path(folder) / name
        number = 1
        while numbered and os.path.lexists(target):
            if self._is_below(target) and target.is_file() and filecmp.cmp(source, target, shallow=False):
                return target
            number += 1
            target = target.with_name(f"{Path(name).stem}-{number}{Path(name).suffix}")
        if not self._is_below(target) or target.exists():
            raise InputError(f"{folder}/{name} exists; rename the file, or leave it out")
        with replacing(target) as partial:
            shutil.copyfile(source, partial)
        return target

    def new_path(self, name: str) -> Path:
        """A path for a new file or folder in ROOT. Raises: InputError: the name is no plain file name."""
        if not name or name != Path(name).name or name[0] in ".-" or not name.isprintable():
            raise InputError(f"{name!r}: must be a plain name without / and a leading dot or dash")
        if "\\" in name or len(os.fsencode(name)) > 120:
            raise InputError(f"{name!r}: must be a plain name of at most 120 bytes")
        return self.root / name

    def _is_below(self, path: Path) -> bool:
        return is_below(path, self.root)

    def _learn(self) -> None:
        """Give ids to all entries and their images: addresses of an earlier start stay valid."""
        for path, kind, _ in _walk(self.root, 0, self.root):
            self.id_of(path)
            if kind in ("scans", "pages", "images"):
                for image in self.images(path):
                    self.id_of(image)

    def _entry(self, path: Path, kind: Kind, facts: dict[str, Any]) -> Entry:
        files = [path] if path.is_file() else [p for p in path.iterdir() if p.is_file()]
        sizes = [file.stat() for file in files]
        return Entry(
            id=self.id_of(path),
            kind=kind,
            name=self.name_of(path),
            count=int(facts.get("count", 0)),
            size_bytes=sum(stat.st_size for stat in sizes),
            modified_sec=max((stat.st_mtime for stat in sizes), default=path.stat().st_mtime),
            command=str(facts.get("command", "")),
            is_done=bool(facts.get("done", True)),
            detail=str(facts.get("detail", "")),
        )


def is_below(path: Path, root: Path) -> bool:
    """Whether a path lies in a resolved folder once its links are followed."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        return False


def _links_with(path: Path) -> Iterator[Path]:
    """Links among the files that are read with a run or dataset, or a video."""
    if path.suffix.lower() in VIDEOS:
        yield index_file(path)
    elif os.path.lexists(path / DATASET_JSON) or os.path.lexists(path / CONFIG_JSON):
        yield from _links(path)


def _links(folder: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_symlink():
                yield Path(entry.path)
            elif entry.is_dir():
                yield from _links(Path(entry.path))


def _walk(folder: Path, depth: int, root: Path) -> Iterator[tuple[Path, Kind, dict[str, Any]]]:
    """Recognised folders and files; links to folders are not followed."""
    names = _names(folder)
    recognised = _recognise(folder, names, root)
    if recognised is not None and (depth < MAX_DEPTH or not names):
        yield folder, *recognised
        if recognised[0] in ("run", "dataset", "site", "strokes"):
            return
    if depth >= MAX_DEPTH:
        return
    for name in names:
        path = folder / name
        if os.path.isdir(path):
            if not os.path.islink(path):
                yield from _walk(path, depth + 1, root)
            continue
        if path.suffix.lower() in VIDEOS and path.is_file():
            yield path, "video", {}
        elif path.suffix.lower() == ".npz":
            yield path, "path", {}
        elif path.suffix.lower() == ".json" and (kind := _json_kind(path, root)):
            yield path, kind, {}


def _recognise(folder: Path, names: list[str], root: Path) -> tuple[Kind, dict[str, Any]] | None:
    stamp = read_object(folder / STAMP, root)
    command = str(stamp.get("command", ""))
    facts: dict[str, Any] = {"command": command, "done": stamp.get("done", True)}
    if DATASET_JSON in names:
        described = read_object(folder / DATASET_JSON, root)
        shape = described.get("image_shape", described.get("shape", []))
        detail = " x ".join(map(str, shape)) if isinstance(shape, list) else ""
        return "dataset", facts | {"count": described.get("count", 0), "detail": detail}
    if CONFIG_JSON in names and ({"log.jsonl", "generator"} & set(names)):
        train = read_object(folder / CONFIG_JSON, root).get("train", {})
        preset = str(train.get("preset", "")) if isinstance(train, dict) else ""
        return "run", facts | {"command": command or "gan train", "detail": preset, "count": 0}
    if command in CONTAINERS:
        return None
    if command in MADE_BY:
        return MADE_BY[command], facts | {"count": sum(name.endswith(".svg") for name in names)}
    count = sum(is_named_image(Path(name)) and Path(name).suffix.lower() != ".gif" for name in names)
    if not count:
        return None
    facts["count"] = count
    if command in PAGE_COMMANDS or "adjustments.json" in names:
        return "pages", facts
    return ("images", facts) if command else ("scans", facts)


def _json_kind(path: Path, root: Path) -> Kind | None:
    """Palettes are lists of colours, timelines objects with parts."""
    value = read_object(path, root)
    if "parts" in value:
        return "timeline"
    return "palette" if "colors" in value else None


def read_object(path: Path, root: Path) -> dict[str, Any]:
    """The object of a JSON file; empty if it is none, or a link out of a folder."""
    try:
        if path.stat().st_size > MAX_JSON or not is_below(path, root):
            return {}
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))[: MAX_ENTRIES * 4]
    except OSError:
        return []
