"""Latent and direction files: the one reader and writer of the .npz files in latent space.

Latents: `latents` float32 [T, Z] in z or [T, L, W] in w, and `header`, a JSON object as UTF-8 bytes (uint8
array): space ("z" or "w"), style, config, seed, fps, closed, truncation, generator (identity or null), and
optionally cuts (paths) or results (projections). Further arrays may follow.

Directions: `directions` float32 [K, L, W] of unit length, `sigma` float32 [K], the standard deviation of w
along each, and a `header` whose kind is "directions".

All files are read with allow_pickle=False and written whole or not at all.
"""

import dataclasses
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.outputs import json_text, replacing
from gan.projection.config import ProjectionConfig


def write_latents(
    path: Path,
    latents: np.ndarray | Iterable[np.ndarray],
    *,
    header: dict[str, Any],
    shape: tuple[int, ...] | None = None,
    arrays: dict[str, np.ndarray] | None = None,
) -> None:
    """Write a latent file; the same content gives the same bytes, those of `np.savez`.

    Args:
        path: ends in .npz.
        latents: [T, Z] or [T, L, W], or blocks [n, ...] that add up to them.
        header: JSON-able.
        shape: of the latents, required for blocks.
        arrays: further arrays by name.
    """
    if isinstance(latents, np.ndarray):
        shape, latents = latents.shape, [latents]
    assert shape is not None, "blocks need a shape"
    descr = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with replacing(path) as partial, zipfile.ZipFile(partial, "w") as archive:
        with archive.open("latents.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array_header_1_0(file, descr)
            for block in latents:
                file.write(np.asarray(block, np.float32).tobytes())
        for name, array in {"header": _encoded(header), **(arrays or {})}.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)


def read_latents(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """Read the latents of a path file, a projection or another latent file, and the header.

    Returns: float32 [T, Z] or [T, L, W], T at least 1; the header, of which only `space` is validated.
    Raises: InputError: no such file, or not a latent file.
    """
    latents, encoded = _read_arrays(path, ("latents", "header"), "latent file", str(path)).values()
    header = _decoded(path, encoded)
    if latents.dtype != np.float32 or latents.ndim not in (2, 3) or 0 in latents.shape:
        found = f"{latents.dtype} {list(latents.shape)}"
        raise InputError(f"{path}: latents are {found}; must be float32 [T, Z] or [T, L, W]")
    if header.get("space") not in ("z", "w"):
        raise InputError(f"{path}: its header has no usable `space`; create it again")
    if header["space"] != ("z" if latents.ndim == 2 else "w"):
        raise InputError(f"{path}: latents {list(latents.shape)} do not match the space in its header")
    if not np.isfinite(latents).all():
        raise InputError(f"{path}: latents contain NaN or infinity; create it again")
    return latents, header


def read_extra_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays other than latents and header, by name."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: array for name, array in arrays.items() if name not in ("latents", "header")}


def projection_header(
    generator: str,
    config: ProjectionConfig,
    *,
    fps: float = 30.0,
    results: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Header of projected latents in w.

    Args:
        generator: identity of the generator.
        config: of the projection.
        fps: of a projected clip.
        results: measurements, JSON-able.
    """
    return {
        "space": "w",
        "style": "projection",
        "config": dataclasses.asdict(config),
        "seed": config.seed,
        "fps": fps,
        "closed": False,
        "truncation": 1.0,
        "generator": generator,
        "results": results or {},
    }


def write_directions(
    path: Path, directions: np.ndarray, sigma: np.ndarray, *, header: dict[str, Any]
) -> None:
    """Write a direction file.

    Args:
        path: ends in .npz.
        directions: [K, L, W], unit length in every layer they change, zero in the others.
        sigma: [K], standard deviation of w along each.
        header: how they were found, JSON-able; the kind is added.
    """
    encoded = _encoded({"kind": "directions"} | header)
    with replacing(path) as partial:
        np.savez(partial, directions=np.float32(directions), sigma=np.float32(sigma), header=encoded)


def read_directions(path: Path) -> np.ndarray:
    """All directions of a file, scaled to one standard deviation each: float32 [K, L, W].

    Raises: InputError: not a direction file.
    """
    count = describe_latents(path).count
    return np.stack([read_direction(path, index) for index in range(count)])


@dataclasses.dataclass(frozen=True)
class LatentFile:
    """What a file in latent space holds: `kind` "latents" or "directions"; the rest as in its header."""

    kind: str
    count: int
    shape: tuple[int, ...]  # of one latent or direction
    header: dict[str, Any]


def describe_latents(path: Path) -> LatentFile:
    """Describe a latent or direction file without reading its latents. Raises: InputError: it is neither."""
    (encoded,) = _read_arrays(path, ("header",), "latent file", str(path)).values()
    header = _decoded(path, encoded)
    kind = "directions" if header.get("kind") == "directions" else "latents"
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{kind}.npy") as file:
            assert np.lib.format.read_magic(file) == (1, 0)
            shape = np.lib.format.read_array_header_1_0(file)[0]
    except (KeyError, ValueError, AssertionError, OSError, zipfile.BadZipFile):
        raise InputError(f"{path}: not a latent file; create it again") from None
    if len(shape) < 2:
        raise InputError(f"{path}: not a latent file; create it again")
    return LatentFile(kind, shape[0], tuple(shape[1:]), header)


def read_direction(path: Path, index: int, *, flag: str = "--direction") -> np.ndarray:
    """Read direction `index`, scaled to one standard deviation: float32 [L, W].

    Raises: InputError naming the flag: no such file or direction, or not a direction file.
    """
    names = ("directions", "sigma", "header")
    directions, sigma, encoded = _read_arrays(path, names, "direction file", f"{flag} {path}").values()
    if _decoded(path, encoded).get("kind") != "directions":
        raise InputError(f"{flag} {path}: not a direction file (its header has no kind `directions`)")
    if directions.ndim != 3 or sigma.shape != directions.shape[:1] or 0 in directions.shape:
        raise InputError(
            f"{flag} {path}: directions are {list(directions.shape)} and sigma {list(sigma.shape)}; "
            "must be [K, L, W] and [K]"
        )
    if not -len(directions) <= index < len(directions):
        raise InputError(f"{flag} {path}[{index}]: the file has directions 0 to {len(directions) - 1}")
    step = (sigma[index] * directions[index]).astype(np.float32)
    if not np.isfinite(step).all():
        raise InputError(f"{flag} {path}[{index}]: contains NaN or infinity; create the file again")
    return step


def _read_arrays(path: Path, names: tuple[str, ...], kind: str, label: str) -> dict[str, np.ndarray]:
    """The named arrays of an .npz file, in the order of `names`."""
    if not path.is_file():
        raise InputError(f"{label}: no such {kind}")
    try:
        arrays = np.load(path, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile):
            raise InputError(f"{label}: not a {kind} but a single array")
        with arrays:
            if missing := [name for name in names if name not in arrays]:
                raise InputError(f"{label}: not a {kind}; no array `{missing[0]}`")
            return {name: arrays[name] for name in names}
    except InputError:
        raise
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{label}: not a {kind}, or damaged ({error}); create it again") from error


def _encoded(header: dict[str, Any]) -> np.ndarray:
    return np.frombuffer(json_text(header).encode(), np.uint8)


def _decoded(path: Path, encoded: np.ndarray) -> dict[str, Any]:
    """The JSON object of a `header` array. Raises InputError if it is not one."""
    try:
        header = json.loads(encoded.astype(np.uint8).tobytes().decode("utf-8"))
    except (ValueError, TypeError):
        raise InputError(f"{path}: its header is not JSON; create it again") from None
    if not isinstance(header, dict):
        raise InputError(f"{path}: its header is not a JSON object; create it again")
    return header
