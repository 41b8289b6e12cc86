"""Latents in w as a file: keyframes for films, or a path.

.npz with `latents` float32 [T, L, W] and `header`, UTF-8 JSON as a uint8 array: space "w", style, config,
seed, fps, closed, truncation, generator, and what else is told. animate reads it as a path file; nothing in
it is ever executed.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from data_prep.errors import InputError
from data_prep.outputs import replacing
from gan.projection.config import ProjectionConfig

STYLE = "projection"


def write_latents(
    path: Path,
    latents: np.ndarray,
    *,
    generator: str,
    config: dict[str, Any],
    seed: int,
    fps: float = 30.0,
    told: dict[str, Any] | None = None,
    beside: dict[str, np.ndarray] | None = None,
) -> None:
    """Write latents [T, L, W], whole or not at all.

    Args:
        path: ends in .npz.
        latents: w as it is to be synthesised; truncation is done.
        generator: identity of the one they belong to.
        config: of what made them, JSON-able.
        seed: of what made them.
        fps: of a clip.
        told: results to keep beside them, JSON-able.
        beside: arrays to keep with them, by name.
    """
    header = {"space": "w", "style": STYLE, "config": config, "seed": seed, "fps": fps, "closed": False}
    header |= {"truncation": 1.0, "generator": generator, "told": told or {}}
    encoded = np.frombuffer(json.dumps(header, ensure_ascii=False).encode(), np.uint8)
    with replacing(path) as partial:
        latents = np.asarray(latents, np.float32)
        np.savez(partial, latents=latents, header=encoded, **(beside or {}))  # type: ignore[arg-type]


def read_latents(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """(latents [T, L, W] float32, header) of a file that `write_latents` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["latents"], json.loads(arrays["header"].tobytes().decode("utf-8"))


def read_beside(path: Path) -> dict[str, np.ndarray]:
    """The arrays that lie beside the latents, by name."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: array for name, array in arrays.items() if name not in ("latents", "header")}


def made_by(generator: str, config: ProjectionConfig) -> dict[str, Any]:
    """What `write_latents` is told of a projection by the generator of this identity."""
    return {"generator": generator, "config": dataclasses.asdict(config), "seed": config.seed}


def read_header(path: Path, encoded: np.ndarray) -> dict[str, Any]:
    """The JSON object in a file's `header`. Raises: InputError: it is none."""
    try:
        header = json.loads(encoded.astype(np.uint8).tobytes().decode("utf-8"))
    except (ValueError, TypeError):
        raise InputError(f"{path}: its header is no JSON; make it again") from None
    if not isinstance(header, dict):
        raise InputError(f"{path}: its header has no usable `space`; make it again")
    return header
