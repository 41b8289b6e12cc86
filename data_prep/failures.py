"""Items that were left out while the rest went on: told at once, and once more at the end."""

import sys
from collections.abc import Callable

from tqdm import tqdm

from data_prep.errors import WorkError
from data_prep.wording import counted, some

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
