"""What a key may be called: a seed, seeds, a file of latents, one latent of a file. No jax here.

17            a seed
3,17,40-49    seeds, as `inkloop animate explore` numbers them
walk.npz      every latent of a path file, or of another file of latents
walk.npz[120] one of them, counted from 0; [-1] is the last
"""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

from data_prep.errors import InputError
from gan.explore.seeds import END, read_seeds

FILE = re.compile(r"(?P<file>.*\.npz)(\[(?P<index>-?\d+)\])?", re.IGNORECASE)
MOST_SEEDS = 10_000


@dataclasses.dataclass(frozen=True)
class FileKey:
    """Latents of a file: the one at `index`, or all."""

    file: Path
    index: int | None


def parse_word(word: str, *, flag: str) -> list[int] | FileKey:
    """Seeds, or latents of a file.

    Raises: InputError, naming the flag: it is neither.
    """
    if named := FILE.fullmatch(word):
        return FileKey(Path(named["file"]), None if named["index"] is None else int(named["index"]))
    seeds = read_seeds(word, flag=flag, most=MOST_SEEDS)
    if not seeds:
        raise InputError(
            f"{flag} {word}: it should be a seed (0 to {END - 1}), seeds such as 3,17,40-49, or a file of "
            "latents, FILE.npz or 'FILE.npz[120]'"
        )
    return seeds


def parse_words(words: Sequence[str], *, flag: str) -> list[list[int] | FileKey]:
    """`parse_word` of each; of all together there are not more seeds than of one."""
    parsed = [parse_word(word, flag=flag) for word in words]
    if sum(len(key) for key in parsed if not isinstance(key, FileKey)) > MOST_SEEDS:
        raise InputError(f"{flag}: more than {MOST_SEEDS} seeds; give at most so many")
    return parsed


def seeds_alone(words: Sequence[str], *, flag: str) -> list[int] | None:
    """All seeds in their order; None where a file is among the words."""
    parsed = parse_words(words, flag=flag)
    if any(isinstance(key, FileKey) for key in parsed):
        return None
    return [seed for key in parsed if not isinstance(key, FileKey) for seed in key]
