"""Seeds in words: 17, or 3,17,40-49. No jax here."""

import re

from data_prep.errors import InputError

WORDS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
END = 2**32  # seeds are below


def read_seeds(text: str, *, flag: str, most: int | None = None) -> list[int]:
    """'3,17,40-42' -> [3, 17, 40, 41, 42]; [] where the text names no seeds.

    Raises: InputError, naming the flag: a range runs backwards, or there are more than `most`.
    """
    seeds: list[int] = []
    for part in text.split(",") if WORDS.fullmatch(text) else ():
        first, _, last = part.partition("-")
        named = range(int(first), int(last or first) + 1)
        if not named:
            raise InputError(f"{flag} {text}: {part} runs backwards; give {last}-{first}")
        if named[-1] >= END:
            return []
        if most is not None and len(seeds) + len(named) > most:
            raise InputError(f"{flag} {text}: more than {most} seeds; give at most so many")
        seeds += named
    return seeds


def distinct_seeds(text: str, *, flag: str = "--seeds") -> list[int]:
    """Seeds that are named once each. Raises: InputError, naming the flag: the text is anything else."""
    seeds = read_seeds(text, flag=flag)
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"{flag} {text}: give distinct numbers and ranges, as in 0-63 or 3,17,40-49")
    return seeds
