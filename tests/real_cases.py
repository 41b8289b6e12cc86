"""Inputs that users reported, read from ../shared/cases; tests of them are skipped where it is absent."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "cases"


def case(name: str) -> Path:
    """Path of an input, or of the folder of one."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"no {path}")
    return path
