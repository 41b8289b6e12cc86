"""Results as JSON lines: one object per metric, with everything that determines its values.

{"metric": "frechet", "values": {"frechet": ..., ...}, "generator", "data", "extractor", "images", "reals",
"seed", "truncation", ..., "nimg", "sec"}, and "name": "fid50k_full" or similar if applicable. A
training and `gan metrics` may append to one file concurrently.
"""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.outputs import replacing

FILE = "metrics.jsonl"
START = '{"metric": '  # start of a line


def read_results(path: Path) -> list[dict[str, Any]]:
    """Read the lines of a results file; [] if there is no file. A truncated line is skipped.

    Raises: InputError: the file holds anything else.
    """
    if not path.exists():
        return []
    lines = []
    for text in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        if not text or _is_cut(text):
            continue
        try:
            line = json.loads(text)
            if not isinstance(line["metric"], str) or not isinstance(line["values"], dict):
                raise ValueError
            lines.append(line)
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{path} is not a results file of gan metrics; choose another --out") from None
    return lines


def find(lines: list[dict[str, Any]], settings: dict[str, Any]) -> dict[str, Any] | None:
    """The newest line that has all of `settings`, if any."""
    return next((line for line in reversed(lines) if settings.items() <= _flat(line).items()), None)


def append(path: Path, line: dict[str, Any]) -> None:
    """Append a line in one write; other processes may append concurrently.

    Raises: InputError: the file holds something else.
    """
    read_results(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"metric": line["metric"]} | line) + "\n"
    with path.open("ab+", buffering=0) as file:
        if size := file.seek(0, os.SEEK_END):
            file.seek(size - 1)
            if file.read(1) != b"\n":  # the last line is truncated
                text = "\n" + text
        file.write(text.encode())


@contextlib.contextmanager
def replacing_among(path: Path) -> Iterator[Path]:
    """`data_prep.outputs.replacing` for a file that another process may write concurrently."""
    own = path.with_name(f"{path.stem}-{os.getpid()}{path.suffix}")
    with replacing(own) as partial:
        yield partial
    os.replace(own, path)


def summary(line: dict[str, Any]) -> str:
    """Name and values of a result, for the terminal."""
    values = ", ".join(f"{name} {value:.5g}" for name, value in line["values"].items())
    return f"{line.get('name', line['metric'])}: {values}"


def _is_cut(text: str) -> bool:
    """Whether a text is a truncated line of results."""
    if not text.startswith(START) and not START.startswith(text):
        return False
    try:
        json.loads(text)
    except ValueError:
        return True
    return False


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if not isinstance(value, dict)}
