"""Results as JSON lines: one object per metric, with all that decides its values.

{"metric": "frechet", "values": {"frechet": ..., ...}, "generator", "data", "extractor", "images", "reals",
"seed", "truncation", ..., "nimg", "sec"}, and "name": "fid50k_full" or the like where it is one.
"""

import json
from pathlib import Path
from typing import Any

from data_prep.errors import InputError
from data_prep.outputs import replacing

FILE = "metrics.jsonl"


def read_results(path: Path) -> list[dict[str, Any]]:
    """The lines of a results file, none if there is no file; a last line cut by a kill is left out.

    Raises: InputError: it holds anything else.
    """
    if not path.exists():
        return []
    lines, texts = [], path.read_text(encoding="utf-8", errors="replace").splitlines()
    for i, text in enumerate(texts):
        try:
            line = json.loads(text)
            if not isinstance(line["metric"], str) or not isinstance(line["values"], dict):
                raise ValueError
            lines.append(line)
        except (ValueError, KeyError, TypeError):
            if i == len(texts) - 1 and lines:
                continue
            raise InputError(f"{path} holds no results of gan metrics; choose another --out") from None
    return lines


def find(lines: list[dict[str, Any]], settings: dict[str, Any]) -> dict[str, Any] | None:
    """The newest line that has all of `settings`, if any."""
    return next((line for line in reversed(lines) if settings.items() <= _flat(line).items()), None)


def append(path: Path, line: dict[str, Any]) -> None:
    """Add a line; the file is replaced whole."""
    lines = [*read_results(path), line]
    with replacing(path) as partial:
        partial.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def told(line: dict[str, Any]) -> str:
    """A line for the eye."""
    values = ", ".join(f"{name} {value:.5g}" for name, value in line["values"].items())
    return f"{line.get('name', line['metric'])}: {values}"


def _flat(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if not isinstance(value, dict)}
