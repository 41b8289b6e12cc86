"""Items that were left out while the rest went on: told at once, and once more at the end."""

import sys
from collections.abc import Callable

from tqdm import tqdm

from data_prep.errors import WorkError

Report = Callable[[str, str], None]  # (name of an item that is left out, the reason)


class Failures:
    """Call it with an item's name and the reason; `leave` ends the work as failed if there were any."""

    def __init__(self, unit: str) -> None:
        self.unit = unit  # e.g. "page"
        self.reasons: dict[str, str] = {}

    def __call__(self, name: str, reason: str) -> None:
        self.reasons[name] = reason
        tqdm.write(f"left out: {reason}", file=sys.stderr)  # above the progress bar

    def leave(self) -> None:
        """Raises: WorkError: naming what was left out, if anything was."""
        if self.reasons:
            names = list(self.reasons)
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            plural = "s were" if len(names) > 1 else " was"
            raise WorkError(f"{len(names)} {self.unit}{plural} left out: {', '.join(names[:5])}{more}")
