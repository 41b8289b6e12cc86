"""Load the latents that specifications name: keyframes, and the paths that layers follow."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from animate.config import PathConfig
from animate.paths.keyframes_config import KeyframesConfig
from animate.paths.latent_spec import FileLatents, parse_specs, seeds_only
from data_prep.errors import InputError
from gan import latents
from gan.runs.latent_files import read_latents

ToW = Callable[[np.ndarray, float], np.ndarray]
"""Latents [K, Z] or [K, L, W], and the truncation of those in z -> [K, L, W]."""


def load_latents(
    specs: Sequence[str],
    *,
    z_dim: int,
    flag: str = "--keys",
    to_w: ToW | None = None,
    in_w: bool = False,
    folder: Path = Path(),
) -> np.ndarray:
    """Load the latents of several specifications, in order.

    Args:
        specs: see latent_spec.
        z_dim: latent size of the generator, for seeds and files in z.
        flag: named in errors.
        to_w: mapping network; without it seeds and files in z cannot be mixed with files in w or truncated.
        in_w: map latents in z even if no file requires it.
        folder: that file names are relative to.

    Returns: float32 [K, Z]; [K, L, W] if one of the files is in w or has a truncation.
    Raises: InputError naming flag and specification: a file cannot be read, has no such latent, or does not
        match the generator.
    """
    parts: list[np.ndarray] = []
    truncations: list[float] = []
    for spec, entry in zip(specs, parse_specs(specs, flag=flag), strict=True):
        if isinstance(entry, FileLatents):
            part, truncation = load_file(folder / entry.file, index=entry.index, flag=flag)
            if part.ndim == 2 and part.shape[1] != z_dim:
                raise InputError(
                    f"{flag} {spec}: its latents have size {part.shape[1]}, the generator takes {z_dim}"
                )
        else:
            part, truncation = np.asarray(latents.from_seeds(entry, z_dim=z_dim)), 1.0
        parts.append(part)
        truncations.append(truncation)
    if to_w is None:
        for spec, truncation in zip(specs, truncations, strict=True):
            if truncation != 1:
                raise InputError(
                    f"{flag} {spec}: its truncation is {truncation:g}, which needs a generator's mapping "
                    "network; use `inkloop animate keyframes RUN`"
                )
    if in_w or any(part.ndim == 3 for part in parts) or any(own != 1 for own in truncations):
        if to_w is None and any(part.ndim == 2 for part in parts):
            raise InputError(
                f"{flag}: mapping seeds and latents in z to w needs a generator's mapping network; "
                "use `inkloop animate keyframes RUN`"
            )
        parts = parts if to_w is None else [to_w(*pair) for pair in zip(parts, truncations, strict=True)]
    for spec, part in zip(specs, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            raise InputError(
                f"{flag} {spec}: its latents are {list(part.shape[1:])}, the previous ones "
                f"{list(parts[0].shape[1:])}; they belong to different generators"
            )
    return np.concatenate(parts)


def load_file(file: Path, *, index: int | None, flag: str) -> tuple[np.ndarray, float]:
    """Load the latent at `index` of a file (negative: from the end), [1, ...], or all, [T, ...].

    Returns: the latents, and the truncation still to be applied; 1 for latents in w.
    """
    found, header = read_latents(file)
    truncation = header.get("truncation", 1.0) if found.ndim == 2 else 1.0
    if not isinstance(truncation, int | float) or not math.isfinite(truncation):
        raise InputError(f"{flag} {file}: its header has no usable `truncation`; create it again")
    if index is None:
        return found, truncation
    if not -len(found) <= index < len(found):
        raise InputError(f"{flag} {file}[{index}]: the file has latents 0 to {len(found) - 1}")
    return found[index % len(found)][None], truncation


def load_keyframes(
    config: PathConfig, *, flag: str = "--keys", folder: Path = Path()
) -> tuple[PathConfig, dict[str, Any]]:
    """Load the latents of keyframes that name files; other configs are returned unchanged.

    Returns: the config with its `key_count`, and the keyword arguments for `make_path`.
    Raises: InputError: as `load_latents`.
    """
    if not isinstance(config, KeyframesConfig) or seeds_only(config.keys, flag=flag) is not None:
        return config, {}
    points = load_latents(config.keys, z_dim=config.latent_size, flag=flag, folder=folder)
    return dataclasses.replace(config, key_count=len(points)), {"points": points}
