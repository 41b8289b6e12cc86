"""Cases of parametrised tests that only `make test-slow` runs.

`slow` and `slow_rows` mark values where they are written out; `@pytest.mark.slow_cases("phase", ...)` names
cases by their ids.
"""

from typing import Any

import pytest


def slow(*values: Any) -> list[Any]:
    """Values of one argument."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]


def slow_rows(*rows: tuple[Any, ...]) -> list[Any]:
    """Values of several arguments."""
    return [pytest.param(*row, marks=pytest.mark.slow) for row in rows]


def mark_slow_cases(items: list[pytest.Item]) -> None:
    """Mark as slow the cases whose ids `slow_cases` names."""
    for item in items:
        named = {case for marker in item.iter_markers("slow_cases") for case in marker.args}
        if named and item.callspec.id in named:  # type: ignore[attr-defined]
            item.add_marker("slow")
