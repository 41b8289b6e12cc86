"""Output files and folders: atomic writes, and folders that only their own command may change.

Each output folder contains a stamp, `.inkloop.json`: the command, its settings, and whether it is done.
The same command with the same settings resumes there or finds its work done; anything else needs
--overwrite. A folder without a stamp belongs to the user and is never changed, not even with --overwrite;
neither is adjustments.json, which is edited by hand.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence, Sized
from pathlib import Path
from typing import Any, Literal

from data_prep.errors import InputError, WorkError

STAMP = ".inkloop.json"
SHOWN = 60  # characters of a setting in a message
PARTIAL = ".partial-"
MAX_NAME_BYTES = 255  # of a file name, in all common file systems
EDITED = "adjustments.json"
State = Literal["new", "continue", "done"]


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`; rename it to `path` if the block succeeds, else delete it.

    The suffix is that of `path`, by which encoders choose a format. The name is deterministic: a rerun
    after a kill reuses it. It is no longer than names may be, however long that of `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(partial_name(path.name))
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def partial_name(name: str, *, ending: str = "") -> str:
    """Temporary name of a file: its name after PARTIAL, or a checksum of it where that would be too long."""
    if fits_in_name(whole := PARTIAL + name + ending):
        return whole
    suffix = Path(name).suffix
    digest = hashlib.blake2b(os.fsencode(name), digest_size=8).hexdigest()
    return PARTIAL + digest + (suffix if len(suffix) < 16 else "") + ending


def fit_name(stem: str, ending: str) -> str:
    """Join a stem and an ending to a file name; a stem that makes it too long is cut, with a checksum."""
    if fits_in_name(stem + ending):
        return stem + ending
    digest = hashlib.blake2b(os.fsencode(stem), digest_size=4).hexdigest()
    while not fits_in_name(f"{stem}~{digest}{ending}"):
        stem = stem[:-1]
    return f"{stem}~{digest}{ending}"


def fits_in_name(name: str) -> bool:
    """Whether file systems accept a name of this length."""
    return len(os.fsencode(name)) <= MAX_NAME_BYTES


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON with characters as they are; bytes of file names that are not UTF-8 are escaped."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return re.sub("[\ud800-\udfff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def check_place(path: Path, *, flag: str = "--out") -> None:
    """Raise InputError, naming the flag, if no file can be created at `path`: its parent is a file or is not
    writable."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise InputError(f"{flag} {path}: {above} is a file; choose another folder")
    if not os.access(above, os.W_OK):
        raise InputError(f"{flag} {path}: {above} is not writable; choose another folder")


def check_file(path: Path, *, suffix: str, overwrite: bool, flag: str = "--out") -> None:
    """Raise InputError, naming the flag, unless a file `path` ending in `suffix` may be written."""
    if path.suffix.lower() != suffix:
        raise InputError(f"{flag} {path}: must end in {suffix}")
    if path.is_dir():
        raise InputError(f"{flag} {path} is a folder; name a file in it")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; choose another {flag}, or replace it with --overwrite")
    check_place(path, flag=flag)


def write_json(path: Path, value: Any, *, indent: int | None = 2) -> None:
    """Write `value` atomically as JSON, indented or on one line; keys keep their order."""
    with replacing(path) as partial:
        partial.write_text(json_text(value, indent=indent) + "\n", encoding="utf-8")


def write_all(file: io.FileIO, data: bytes, *, name: object) -> None:
    """Write all of `data` to an unbuffered file, so that errors occur here.

    Args:
        file: opened for writing, unbuffered.
        data: bytes to write.
        name: of the file, for the error message.

    Raises: WorkError: e.g. if the disk is full.
    """
    left = memoryview(data)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError as error:
        raise WorkError(f"{name} could not be written: {error.strerror or error}") from error


@contextlib.contextmanager
def work(
    out: Path,
    *,
    command: str,
    settings: dict[str, Any],
    source: Path | Sequence[Path] = (),
    overwrite: bool = False,
    failures: Sized = (),
) -> Iterator[State]:
    """Claim the folder `out` for the block, and mark it done if the block succeeds.

    A block that raises, or ends with `failures`, leaves the folder unfinished: the same command continues
    there. Leaving the block by `return` is success. Use it as:

        failures = Failures(report)
        with outputs.work(out, command="fill blob", settings=settings, failures=failures) as state:
            if state == "done":
                return ...
            ...  # write what is missing, reporting to `failures`

    Args: as for `claim`, and
        failures: items that failed while the rest succeeded, collected in the block.
    Yields: the state that `claim` found.
    Raises: InputError: as `claim` does, before the block runs. Whatever the block raises.
    """
    state = claim(out, command=command, settings=settings, overwrite=overwrite, source=source)
    yield state
    if state != "done" and not len(failures):
        mark_done(out)


def claim(
    folder: Path,
    *,
    command: str,
    settings: dict[str, Any],
    overwrite: bool = False,
    source: Path | Sequence[Path] = (),
) -> State:
    """Make `folder` the output of `command` with `settings`, or report that it already is.

    Args:
        folder: created if missing; an empty folder is accepted.
        command: e.g. "data-prep blob".
        settings: JSON-serialisable values that determine the result (not --workers and the like).
        overwrite: empty a stamped folder that holds other work; adjustments.json stays, with a warning on
            stderr.
        source: path or paths that the work reads; none may lie in a folder that is emptied.

    Returns:
        "new": empty, now stamped; "continue": stamped by the same work, unfinished; "done": finished.

    Raises:
        InputError: the folder holds files that inkloop did not write, or other work without `overwrite`, or
            a source.
    """
    state = check_claim(folder, command=command, settings=settings, overwrite=overwrite, source=source)
    if state != "new":
        return state
    stamp = folder / STAMP
    if stamp.exists():
        # During deletion the stamp describes the remaining files: unfinished old work.
        write_json(stamp, _read_stamp(stamp) | {"done": False})
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name == EDITED:
                print(
                    f"warning: {entry} was not deleted; check that its corrections fit the new pages",
                    file=sys.stderr,
                )
            elif entry.name != STAMP:
                entry.unlink()
    write_json(stamp, {"schema": 1, "command": command, "settings": _as_json(settings), "done": False})
    return "new"


def check_claim(
    folder: Path,
    *,
    command: str,
    settings: dict[str, Any],
    overwrite: bool = False,
    source: Path | Sequence[Path] = (),
) -> State:
    """Return or raise what `claim` would, without writing anything."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; --out needs a folder")
    stamp = folder / STAMP
    if not stamp.exists():
        if folder.exists() and not all(entry.name.startswith(PARTIAL) for entry in folder.iterdir()):
            raise InputError(f"{folder} holds files that inkloop did not write; choose an empty or new --out")
        return "new"
    old, settings = _read_stamp(stamp), _as_json(settings)
    if (old.get("command"), old.get("settings")) == (command, settings) and not overwrite:
        return "done" if old.get("done") else "continue"
    if not overwrite:
        raise InputError(
            f"{folder} holds the result of {_difference(old, command, settings)}; "
            "choose another --out, or replace it with --overwrite"
        )
    for path in [source] if isinstance(source, Path) else source:
        if path.resolve().is_relative_to(folder.resolve()):
            raise InputError(f"{folder} holds {path}, which --overwrite would delete; choose another --out")
    return "new"


def mark_done(folder: Path) -> None:
    """Mark the work in `folder` as finished."""
    stamp = folder / STAMP
    write_json(stamp, json.loads(stamp.read_text(encoding="utf-8")) | {"done": True})


def check_outside(folder: Path, source: Path, *, flag: str = "--out") -> None:
    """Raise InputError if `folder` is inside `source`, which is read with its sub-folders."""
    if folder.resolve().is_relative_to(source.resolve()):
        raise InputError(f"{flag} {folder} lies in {source}; choose a folder outside of it")


def _short(value: Any) -> str:
    """A setting in a message; long values are cut."""
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _as_json(settings: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(settings, default=str))


def _read_stamp(stamp: Path) -> dict[str, Any]:
    try:
        return json.loads(stamp.read_text(encoding="utf-8"))
    except ValueError:
        return {}


def _difference(old: dict[str, Any], command: str, settings: dict[str, Any]) -> str:
    if old.get("command") != command:
        return f"`inkloop {old.get('command')}`"
    before = old.get("settings", {})
    keys = [k for k in settings | before if settings.get(k) != before.get(k)]
    return (
        "other settings ("
        + ", ".join(f"{k}: {_short(before.get(k))} there, {_short(settings.get(k))} requested" for k in keys)
        + ")"
    )
