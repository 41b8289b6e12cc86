"""Progress on stderr: a live bar on a terminal, a line now and then in a log file."""

import sys
from typing import Any

from tqdm import tqdm

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
