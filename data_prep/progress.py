"""Progress bars on stderr, collected failures of items, and counts in words."""

import sys
from collections.abc import Callable
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


LOG_SEC = 20.0  # between lines if stderr is a file


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


Report = Callable[[str, str], None]  # called with (name of an item that is left out, reason)


class Failures:
    """Collects items that failed while the others succeeded: a `Report` that prints a line for each.

    Call `leave` at the end: it raises WorkError if there were any.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit  # e.g. "page"
        self.reasons: dict[str, str] = {}

    def __call__(self, name: str, reason: str) -> None:
        self.reasons[name] = reason
        message = reason if name in reason else f"{name}: {reason}"
        tqdm.write(f"left out: {message}", file=sys.stderr)  # above the progress bar

    def leave(self) -> None:
        """Raise WorkError naming the items that were left out, if any."""
        if self.reasons:
            verb = "was" if len(self.reasons) == 1 else "were"
            raise WorkError(
                f"{counted(len(self.reasons), self.unit)} {verb} left out: {some(list(self.reasons))}"
            )
