"""Progress bars on stderr, items that failed while the rest went on, and counts in words."""

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


LOG_SEC = 20.0  # between lines where stderr is a file


def progress(total: int | None, *, unit: str, label: str, initial: int = 0, shown: bool = True) -> Any:
    """A tqdm bar with rate and ETA; use as a context manager and call `.update(n)`.

    Args:
        total: how many units there are; None if unknown.
        unit: e.g. "page", "img", "frame".
        label: what is going on, shown first.
        initial: units done before, when work goes on.
        shown: whether there is anything to see; one process of several speaks for all.
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


Report = Callable[[str, str], None]  # (name of an item that is left out, the reason)


class Failures:
    """Call it with an item's name and the reason; `leave` ends the work as failed if there were any."""

    def __init__(self, unit: str) -> None:
        self.unit = unit  # e.g. "page"
        self.reasons: dict[str, str] = {}

    def __call__(self, name: str, reason: str) -> None:
        self.reasons[name] = reason
        told = reason if name in reason else f"{name}: {reason}"
        tqdm.write(f"left out: {told}", file=sys.stderr)  # above the progress bar

    def leave(self) -> None:
        """Raises: WorkError: naming what was left out, if anything was."""
        if self.reasons:
            verb = "was" if len(self.reasons) == 1 else "were"
            raise WorkError(
                f"{counted(len(self.reasons), self.unit)} {verb} left out: {some(list(self.reasons))}"
            )
