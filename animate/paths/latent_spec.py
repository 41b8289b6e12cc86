"""Latent specifications on the command line. Imports no jax.

17            a seed
3,17,40-49    seeds, as numbered by `inkloop animate explore`
path.npz      all latents of a path file or another latent file
path.npz[120] one of them, counted from 0; [-1] is the last
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError
from gan.explore.seeds import END, read_seeds

FILE = re.compile(r"(?P<file>.*\.npz)(\[(?P<index>-?\d+)\])?", re.IGNORECASE)
MAX_SEEDS = 10_000


@dataclasses.dataclass(frozen=True)
class FileLatents:
    """Latents of a file: the one at `index`, or all."""

    file: Path
    index: int | None


def parse_spec(spec: str, *, flag: str) -> list[int] | FileLatents:
    """Parse one specification into seeds or latents of a file.

    Raises: InputError naming the flag: neither.
    """
    if match := FILE.fullmatch(spec):
        return FileLatents(Path(match["file"]), None if match["index"] is None else int(match["index"]))
    seeds = read_seeds(spec, flag=flag, most=MAX_SEEDS)
    if not seeds:
        raise InputError(
            f"{flag} {spec}: must be a seed (0 to {END - 1}), seeds such as 3,17,40-49, or a latent file, "
            "FILE.npz or 'FILE.npz[120]'"
        )
    return seeds


def parse_specs(specs: Sequence[str], *, flag: str) -> list[list[int] | FileLatents]:
    """`parse_spec` of each; MAX_SEEDS limits their total."""
    parsed = [parse_spec(spec, flag=flag) for spec in specs]
    if sum(len(entry) for entry in parsed if not isinstance(entry, FileLatents)) > MAX_SEEDS:
        raise InputError(f"{flag}: more than {MAX_SEEDS} seeds")
    return parsed


def seeds_only(specs: Sequence[str], *, flag: str) -> list[int] | None:
    """All seeds in order; None if any specification names a file."""
    parsed = parse_specs(specs, flag=flag)
    if any(isinstance(entry, FileLatents) for entry in parsed):
        return None
    return [seed for entry in parsed if not isinstance(entry, FileLatents) for seed in entry]
