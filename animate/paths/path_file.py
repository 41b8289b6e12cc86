"""Path files: a latent file whose header describes the whole path; see gan.runs.latent_files for the format.

Header: space, style, config, seed, fps, closed, truncation, generator (identity or null), and cuts where they
are known: numbers of the steps at which the path jumps, ascending; step i leads from frame i to the next.
"""

import json
import math
from pathlib import Path
from typing import Any

from animate.config import check_path_name
from animate.lazy_latents import iter_blocks
from animate.paths.path import LatentPath
from data_prep.errors import InputError
from gan.runs.latent_files import read_latents, write_latents

_TYPES: dict[str, Any] = {
    "style": str,
    "config": dict,
    "seed": int,
    "fps": (int, float),
    "closed": bool,
    "truncation": (int, float),
    "generator": (str, type(None)),
}


def write_path(path: Path, latent_path: LatentPath) -> None:
    """Write a path file, whole or not at all; the same path gives the same bytes.

    Raises: InputError: the name does not end in .npz.
    """
    check_path_name(path)
    latents = latent_path.latents
    write_latents(path, iter_blocks(latents), shape=latents.shape, header=latent_path.header())


def read_path(path: Path) -> LatentPath:
    """Read a path file.

    Raises: InputError: no such file, not a path file, or fewer than 2 frames.
    """
    latents, header = read_latents(path)
    if len(latents) < 2:
        raise InputError(f"{path}: latents are {list(latents.shape)}; a path has at least 2 frames")
    for name, kind in _TYPES.items():
        if not isinstance(header.get(name, ...), kind):
            raise InputError(f"{path}: its header has no usable `{name}`; create it again")
    if not (math.isfinite(header["fps"]) and header["fps"] > 0):
        raise InputError(f"{path}: fps is {header['fps']}; must be above 0")
    cuts = header.get("cuts")
    if cuts is not None:
        valid = isinstance(cuts, list) and all(type(cut) is int and 0 <= cut < len(latents) for cut in cuts)
        if not valid or cuts != sorted(set(cuts)):
            raise InputError(f"{path}: its header has no usable `cuts`; create it again")
        cuts = tuple(cuts)
    return LatentPath(latents, **{name: header[name] for name in _TYPES}, cuts=cuts)


def check_free(path: Path, latent_path: LatentPath, *, overwrite: bool) -> None:
    """Raise InputError if the file exists and holds anything but this path."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file in it")
    if overwrite or not path.exists():
        return
    try:
        found = read_path(path)
    except InputError:
        found = None
    expected = json.loads(json.dumps(latent_path.header())), latent_path.digest()
    if found is None or (found.header(), found.digest()) != expected:
        raise InputError(
            f"{path} exists with other content; choose another name, or replace it with --overwrite"
        )
