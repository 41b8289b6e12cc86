"""Parse seeds: "17", "3,17,40-49". Imports no jax."""

import re

from data_prep.errors import InputError

SEEDS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")
END = 2**32  # seeds are below


def read_seeds(text: str, *, flag: str, most: int | None = None) -> list[int]:
    """'3,17,40-42' -> [3, 17, 40, 41, 42]; [] if the text does not name seeds.

    Raises: InputError, naming the flag: a range is reversed, or there are more than `most` seeds.
    """
    seeds: list[int] = []
    for part in text.split(",") if SEEDS.fullmatch(text) else ():
        first, _, last = part.partition("-")
        named = range(int(first), int(last or first) + 1)
        if not named:
            raise InputError(f"{flag} {text}: {part} runs backwards; give {last}-{first}")
        if named[-1] >= END:
            return []
        if most is not None and len(seeds) + len(named) > most:
            raise InputError(f"{flag} {text}: more than {most} seeds")
        seeds += named
    return seeds


def distinct_seeds(text: str, *, flag: str) -> list[int]:
    """Parse distinct seeds. Raises: InputError, naming the flag: the text is invalid or repeats a seed."""
    seeds = read_seeds(text, flag=flag)
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"{flag} {text}: must be distinct numbers and ranges, as in 0-63 or 3,17,40-49")
    return seeds
