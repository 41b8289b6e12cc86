"""Progress of a command, read from the bars that it prints."""

import dataclasses
import re

BAR = re.compile(
    r"(?:(?P<label>[^|\r\n]*?):\s+)?(?P<percent>\d+)%\|[^|]*\|\s*(?P<done>[\d.]+[kMG]?)/(?P<total>[\d.]+[kMG]?)"
    r"\s*\[(?P<spent>[\d:]+)<(?P<left>[\d:?]+)(?:,\s*(?P<rate>[^,\]]+))?"
)
COUNTER = re.compile(r"(?P<label>[^|\r\n:]+):\s+(?P<done>\d+)(?P<unit>[a-z]+)\s+\[(?P<spent>[\d:]+)")


@dataclasses.dataclass(frozen=True)
class Progress:
    """What the last bar of a command shows."""

    label: str = ""  # of the bar, e.g. "cut"
    fraction: float | None = None  # 0 to 1; None: unknown
    done: str = ""
    total: str = ""
    left: str = ""  # estimated time, e.g. 01:20
    rate: str = ""  # e.g. "22.1img/s"


def parse_bar(line: str) -> Progress | None:
    """The progress that a line shows; None: it is no progress bar.

    >>> parse_bar("cut:  50%|#####     | 2/4 [00:10<00:10,  5.00s/page]").fraction
    0.5
    """
    if bar := BAR.search(line):
        left = "" if "?" in bar["left"] else bar["left"]
        rate = "" if "?" in (bar["rate"] or "?") else bar["rate"].strip()
        label = (bar["label"] or "").strip()
        return Progress(label, int(bar["percent"]) / 100, bar["done"], bar["total"], left, rate)
    if counter := COUNTER.search(line):
        return Progress(counter["label"].strip(), None, counter["done"])
    return None
