"""Cases of parametrised tests that only `make test-slow` runs."""

from typing import Any

import pytest


def slow(*values: Any) -> list[Any]:
    """Values of one argument."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def slow_rows(*rows: tuple[Any, ...]) -> list[Any]:
    """Values of several arguments."""
    return [pytest.param(*row, marks=pytest.mark.slow) for row in rows]
