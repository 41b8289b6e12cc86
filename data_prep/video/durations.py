"""Durations and times in the text of a flag: 80, 80s, 1m20s, 1:20, 1:02:03.5."""

import re

from data_prep.errors import InputError

UNITS_SEC = {"h": 3600.0, "m": 60.0, "s": 1.0}
PARTS = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m)?(?:(?P<s>\d+(?:\.\d*)?)s?)?")
CLOCK = re.compile(r"(?:(?P<h>\d+):)?(?P<m>\d+):(?P<s>\d+(?:\.\d*)?)")


def parse_seconds(text: str, *, flag: str) -> float:
    """Seconds of a text such as 80, 80s, 1m20s or 1:20. Raises InputError naming the flag."""
    text = text.strip()
    match = CLOCK.fullmatch(text) or (PARTS.fullmatch(text) if text else None)
    if match is None:
        raise InputError(f"{flag} {text}: must be a time, such as 80, 1.5s, 1m20s or 1:20")
    return sum(UNITS_SEC[unit] * float(value) for unit, value in match.groupdict().items() if value)


def format_seconds(seconds: float) -> str:
    """Seconds as m:ss.sss, without zeros at the end: 83.5 -> "1:23.5"."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    text = f"{minutes}:{rest / 1000:06.3f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
