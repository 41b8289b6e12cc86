"""Progress bars, warnings and failures of items on stderr, and counts in words.

Library functions print nothing: they take callbacks, `progress` to open a bar, `report` for items that are
left out and `warn` or `note` for messages, and do nothing with them by default. Commands pass `progress`,
`print_failure`, `print_warning` and `print_note`.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

from tqdm import tqdm

from data_prep.errors import WorkError


def counted(count: int, noun: str) -> str:
    """1, "page" -> "1 page"; 2, "page" -> "2 pages"; "class" becomes "classes"."""
    ending = "" if count == 1 else "es" if noun.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{count} {noun}{ending}"


def some(names: list[str], *, most: int = 5) -> str:
    """The first few of many names: "a, b, c, d, e and 3 more"."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


LOG_SEC = float(os.environ.get("INKLOOP_BAR_SEC", "20"))  # between lines if stderr is a file


def progress(total: int | None, *, unit: str, label: str, initial: int = 0, shown: bool = True) -> Any:
    """Return a tqdm bar with rate and ETA; use it as a context manager and call `.update(n)`.

    Args:
        total: number of units; None if unknown.
        unit: e.g. "page", "img", "frame".
        label: name of the task, shown first.
        initial: units done before, if work is resumed.
        shown: False disables the bar, e.g. in all processes but one.
    """
    live = sys.stderr.isatty()
    return tqdm(
        total=total,
        initial=initial,
        unit=unit,
        desc=label,
        dynamic_ncols=live,
        mininterval=0.2 if live else LOG_SEC,
        maxinterval=LOG_SEC,
        smoothing=0.1,
        leave=True,
        file=sys.stderr,
        disable=not shown,
    )


Progress = Callable[..., Any]  # opens a bar: `progress`, or a function of its arguments
Report = Callable[[str, str], None]  # called with (name of an item that is left out, reason)
Warn = Callable[[str], None]  # called with a warning
Note = Callable[[str], None]  # called with a message that is no warning


def no_progress(total: int | None, *, unit: str, label: str, initial: int = 0) -> Any:
    """Open a bar that is not shown; the default of library functions."""
    return progress(total, unit=unit, label=label, initial=initial, shown=False)


def ignore(*message: str) -> None:
    """Discard a message; the default of `report`, `warn` and `note`."""


def print_failure(name: str, reason: str) -> None:
    """Print an item that is left out on stderr, above the progress bar."""
    message = reason if name in reason else f"{name}: {reason}"
    tqdm.write(f"left out: {message}", file=sys.stderr)


def print_note(message: str) -> None:
    """Print a message on stderr, above the progress bar."""
    tqdm.write(message, file=sys.stderr)


def print_warning(message: str) -> None:
    """Print a warning on stderr, above the progress bar."""
    tqdm.write(f"warning: {message}", file=sys.stderr)


class Failures(dict[str, str]):
    """Items that failed while the others succeeded: name -> reason. A `Report` that passes each on, once."""

    def __init__(self, report: Report = ignore) -> None:
        super().__init__()
        self.report = report

    def __call__(self, name: str, reason: str) -> None:
        is_new = self.get(name) != reason
        self[name] = reason
        if is_new:
            self.report(name, reason)


def refuse_failures(failures: Mapping[str, str], unit: str) -> None:
    """Raise WorkError naming the items that were left out, if any.

    Args:
        failures: reasons by item.
        unit: what an item is, e.g. "page".
    """
    if failures:
        verb = "was" if len(failures) == 1 else "were"
        raise WorkError(f"{counted(len(failures), unit)} {verb} left out: {some(list(failures))}")
