"""Keys of keyframes, and other latents named on the command line, read."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from animate.paths.latent_spec import FileKey, parse_words
from animate.paths.path_file import read_latents
from data_prep.errors import InputError
from gan import latents

ToW = Callable[[np.ndarray, float], np.ndarray]
"""Latents [K, Z] or [K, L, W], and the truncation of those in z -> [K, L, W]."""


def read_keys(
    words: Sequence[str],
    *,
    z_dim: int,
    flag: str = "--keys",
    to_w: ToW | None = None,
    in_w: bool = False,
    folder: Path = Path(),
) -> np.ndarray:
    """Latents that words name, in their order.

    Args:
        words: see key_words.
        z_dim: of the generator, for seeds and files in z.
        flag: named in errors.
        to_w: maps; without it seeds and files in z cannot be mixed with files in w, nor be truncated.
        in_w: whether to map what is in z, even where no file asks for it.
        folder: where the files' names begin.

    Returns: float32 [K, Z]; [K, L, W] if one of the files is in w, or has a truncation.
    Raises: InputError, naming flag and word: a file cannot be read, holds no such latent, or does not fit.
    """
    parts: list[np.ndarray] = []
    truncations: list[float] = []
    for word, key in zip(words, parse_words(words, flag=flag), strict=True):
        if isinstance(key, FileKey):
            part, truncation = pick(folder / key.file, key.index, flag=flag)
            if part.ndim == 2 and part.shape[1] != z_dim:
                raise InputError(
                    f"{flag} {word}: its latents have size {part.shape[1]}, the generator takes {z_dim}"
                )
        else:
            part, truncation = np.asarray(latents.from_seeds(key, z_dim=z_dim)), 1.0
        parts.append(part)
        truncations.append(truncation)
    if to_w is None:
        for word, truncation in zip(words, truncations, strict=True):
            if truncation != 1:
                raise InputError(
                    f"{flag} {word}: its truncation is {truncation:g}, which a generator's mapping network "
                    "applies; use `inkloop animate keyframes RUN`"
                )
    if in_w or any(part.ndim == 3 for part in parts) or any(own != 1 for own in truncations):
        if to_w is None and any(part.ndim == 2 for part in parts):
            raise InputError(
                f"{flag}: seeds and latents in z become latents in w by a generator's mapping network; "
                "use `inkloop animate keyframes RUN`"
            )
        parts = parts if to_w is None else [to_w(*pair) for pair in zip(parts, truncations, strict=True)]
    for word, part in zip(words, parts, strict=True):
        if part.shape[1:] != parts[0].shape[1:]:
            raise InputError(
                f"{flag} {word}: its latents are {list(part.shape[1:])}, those before "
                f"{list(parts[0].shape[1:])}; they are of different generators"
            )
    return np.concatenate(parts)


def pick(file: Path, index: int | None, *, flag: str) -> tuple[np.ndarray, float]:
    """The latent at `index` of a file, negative from its end, or all: [1, ...] or [T, ...].

    Also the truncation that is still to be applied to them; 1 for those in w.
    """
    found, header = read_latents(file)
    truncation = header.get("truncation", 1.0) if found.ndim == 2 else 1.0
    if not isinstance(truncation, int | float) or not math.isfinite(truncation):
        raise InputError(f"{flag} {file}: its header has no usable `truncation`; make it again")
    if index is None:
        return found, truncation
    if not -len(found) <= index < len(found):
        raise InputError(f"{flag} {file}[{index}]: it holds latents 0 to {len(found) - 1}")
    return found[index % len(found)][None], truncation
