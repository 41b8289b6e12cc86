"""Latents as pages name them, and the file of stored latents of a run.

A page names a latent by its seed, by an id, which is a checksum of w, or by a file and an index in it. The
file, of studio.latents.kept_file, is read by `inkloop animate keyframes --keys`.
"""

import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from gan.explore.seeds import END
from studio.generators import cached
from studio.handlers import Call

REMEMBERED = 1_000  # latents that a page may name again after they left the file
_known: OrderedDict[str, np.ndarray] = OrderedDict()


def kept_file(call: Call, run: Path) -> Path:
    """The file of stored latents of a run. Raises: NotFound: it is a link out of ROOT."""
    project = call.studio.project
    return project.inside(project.root / f"{project.stem_of(run)}-kept.npz")


def read_kept(file: Path) -> tuple[list[dict[str, Any]], np.ndarray | None]:
    """Entries {"id", "note"} and w [N, L, W] of a file of stored latents; none: ([], None)."""
    if not file.is_file():
        return [], None
    from gan.runs.latent_files import read_latents

    w, header = read_latents(file)
    if w.ndim != 3:
        raise InputError(f"{file.name} holds latents in z; give it another name")
    notes = header.get("config", {}).get("notes", [])
    notes = notes if isinstance(notes, list) and len(notes) == len(w) else [""] * len(w)
    return [{"id": remember(row), "note": str(note)} for row, note in zip(w, notes, strict=True)], w


def write_kept(file: Path, w: np.ndarray, notes: list[str], *, generator: str) -> None:
    """Write stored latents [N, L, W]; none removes the file."""
    from gan.runs.latent_files import write_latents

    if not len(w):
        file.unlink(missing_ok=True)
        return
    header = {"space": "w", "style": "kept", "config": {"notes": notes}, "seed": 0, "fps": 30.0}
    header |= {"closed": False, "truncation": 1.0, "generator": generator}
    write_latents(file, w, header=header)


def remember(w: np.ndarray) -> str:
    """An id of w [L, W], by which `resolve` finds it again."""
    number = hashlib.blake2b(np.ascontiguousarray(w, np.float32).tobytes(), digest_size=8).hexdigest()
    _known[number] = np.asarray(w, np.float32)
    _known.move_to_end(number)
    while len(_known) > REMEMBERED:
        _known.popitem(last=False)
    return number


def resolve(call: Call, run: Path, value: Any) -> int | np.ndarray:
    """The seed, or w [L, W], that a page names. Raises: InputError, NotFound."""
    if not isinstance(value, dict):
        raise InputError("a latent must be a seed, a kept latent or one of a file")
    if isinstance(seed := value.get("seed"), int) and 0 <= seed < END:
        return seed
    if isinstance(number := value.get("kept"), str):
        if number not in _known:
            read_kept(kept_file(call, run))
        if number not in _known:
            raise InputError("this latent is no longer kept")
        return _known[number]
    if isinstance(number := value.get("file"), str):
        path = call.studio.project.path_of(number)
        w = cached((path, path.stat().st_mtime_ns), lambda: _rows(path))
        index = value.get("index", 0)
        if not isinstance(index, int) or not 0 <= index < len(w):
            raise InputError(f"{path.name} has latents 0 to {len(w) - 1}")
        return w[index]
    raise InputError("a latent must be a seed, a kept latent or one of a file")


def _rows(path: Path) -> np.ndarray:
    from gan.runs.latent_files import read_latents

    w = read_latents(path)[0]
    if w.ndim != 3:
        raise InputError(f"{path.name} holds latents in z; the studio starts from latents in w")
    return w
