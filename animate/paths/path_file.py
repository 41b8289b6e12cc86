"""Path files: .npz with `latents` and `header`, the header's UTF-8 JSON as a uint8 array.

Header: space ("z" or "w"), style, config, seed, fps, closed, truncation, generator (identity or null); of
timelines cuts: numbers of the steps at which it jumps, ascending, step i from frame i to the next.
Nothing in the file is ever executed (allow_pickle=False).
"""

import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from animate.lazy_latents import chunks
from animate.paths.path import Walk
from data_prep.errors import InputError
from data_prep.outputs import check_place, replacing
from gan.runs.latent_files import read_header

_TYPES: dict[str, Any] = {
    "style": str,
    "config": dict,
    "seed": int,
    "fps": (int, float),
    "closed": bool,
    "truncation": (int, float),
    "generator": (str, type(None)),
}


def write_path(path: Path, walk: Walk) -> None:
    """Write a path file, whole or not at all; the same walk gives the same bytes.

    Raises: InputError: the name does not end in .npz.
    """
    check_name(path)
    header = np.frombuffer(json.dumps(walk.header(), ensure_ascii=False).encode(), np.uint8)
    latents = walk.latents
    look = {"descr": "<f4", "fortran_order": False, "shape": latents.shape}
    with replacing(path) as partial, zipfile.ZipFile(partial, "w") as archive:  # as np.savez, but by blocks
        with archive.open("latents.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, look)
            for rows in chunks(latents):
                file.write(rows.tobytes())
        with archive.open("header.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array(file, header, allow_pickle=False)


def read_path(path: Path) -> Walk:
    """Read a path file.

    Raises: InputError: there is none, or it holds something else; the line says what.
    """
    latents, header = read_latents(path)
    if len(latents) < 2:
        raise InputError(f"{path}: latents are {list(latents.shape)}; a path has at least 2 frames")
    for name, kind in _TYPES.items():
        if not isinstance(header.get(name, ...), kind):
            raise InputError(f"{path}: its header has no usable `{name}`; make it again")
    if not (math.isfinite(header["fps"]) and header["fps"] > 0):
        raise InputError(f"{path}: fps is {header['fps']}; it should be above 0")
    cuts = header.get("cuts")
    if cuts is not None:
        numbers = isinstance(cuts, list) and all(type(cut) is int and 0 <= cut < len(latents) for cut in cuts)
        if not numbers or cuts != sorted(set(cuts)):
            raise InputError(f"{path}: its header has no usable `cuts`; make it again")
        cuts = tuple(cuts)
    return Walk(latents, **{name: header[name] for name in _TYPES}, cuts=cuts)


def read_latents(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Latents of a path file or of a file of single latents, such as projected images, and its header.

    Returns: float32 [T, Z] or [T, L, W], T at least 1; the header, of which only `space` is sure.
    Raises: InputError: there is no such file, or it holds something else; the line says what.
    """
    if not path.is_file():
        raise InputError(f"no path file {path}; --save-path writes one")
    try:
        arrays = np.load(path, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise InputError(f"{path} is no path file but a single array; --save-path writes one")
        with arrays:
            if not {"latents", "header"} <= set(arrays):
                raise InputError(f"{path} is no path file: it should hold `latents` and `header`")
            latents, header_bytes = arrays["latents"], arrays["header"]
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no path file, or a damaged one ({error}); make it again") from error
    header = read_header(path, header_bytes)
    if latents.dtype != np.float32 or latents.ndim not in (2, 3) or 0 in latents.shape:
        look = f"{latents.dtype} {list(latents.shape)}"
        raise InputError(f"{path}: latents are {look}; they should be float32 [T, Z] or [T, L, W]")
    if header.get("space") not in ("z", "w"):
        raise InputError(f"{path}: its header has no usable `space`; make it again")
    if header["space"] != ("z" if latents.ndim == 2 else "w"):
        raise InputError(f"{path}: latents {list(latents.shape)} do not fit the space its header names")
    if not np.isfinite(latents).all():
        raise InputError(f"{path}: latents hold values that are no numbers; make it again")
    return latents, header


def check_name(path: Path, *, flag: str = "--save-path") -> None:
    """Raise InputError unless a path file may have this name, and lie there."""
    if path.suffix.lower() != ".npz":
        raise InputError(f"{path} is no name for a path file; it should end in .npz")
    check_place(path, flag=flag)


def check_free(path: Path, walk: Walk, *, overwrite: bool) -> None:
    """Raise InputError where a file of this name holds something else than the walk."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    if overwrite or not path.exists():
        return
    try:
        found = read_path(path)
    except InputError:
        found = None
    if found is None or (found.header(), found.digest()) != (_as_read(walk.header()), walk.digest()):
        raise InputError(
            f"{path} exists and holds something else; choose another name, or replace it with --overwrite"
        )


def _as_read(header: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(json.dumps(header))
    return said
